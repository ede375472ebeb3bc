// Made by `python -m rig.codegen` from rig/face_layout.json and rig/profiles/arkit52.json.
// Not to be edited.
#pragma once

#include <cstddef>

namespace geface::layout {

// Equal ids mean equal channels.
constexpr const char* kLayoutId = "eff262a23cb21c9f";

struct Channel {
    const char* name;
    const char* unit;   // "intensity", "rad" or "m"
    double low, high;   // the range it normally keeps to
    const char* au;     // FACS number, "" if it is no action unit
    const char* label;  // in words, "" if it is no action unit
};

constexpr std::size_t kChannelCount = 49;
constexpr Channel kChannels[kChannelCount] = {
    {"AU01_L", "intensity", 0.0, 1.0, "1", "inner brow raiser"},
    {"AU01_R", "intensity", 0.0, 1.0, "1", "inner brow raiser"},
    {"AU02_L", "intensity", 0.0, 1.0, "2", "outer brow raiser"},
    {"AU02_R", "intensity", 0.0, 1.0, "2", "outer brow raiser"},
    {"AU04_L", "intensity", 0.0, 1.0, "4", "brow lowerer"},
    {"AU04_R", "intensity", 0.0, 1.0, "4", "brow lowerer"},
    {"AU05_L", "intensity", 0.0, 1.0, "5", "upper lid raiser"},
    {"AU05_R", "intensity", 0.0, 1.0, "5", "upper lid raiser"},
    {"AU06_L", "intensity", 0.0, 1.0, "6", "cheek raiser"},
    {"AU06_R", "intensity", 0.0, 1.0, "6", "cheek raiser"},
    {"AU07_L", "intensity", 0.0, 1.0, "7", "lid tightener"},
    {"AU07_R", "intensity", 0.0, 1.0, "7", "lid tightener"},
    {"AU09_L", "intensity", 0.0, 1.0, "9", "nose wrinkler"},
    {"AU09_R", "intensity", 0.0, 1.0, "9", "nose wrinkler"},
    {"AU10_L", "intensity", 0.0, 1.0, "10", "upper lip raiser"},
    {"AU10_R", "intensity", 0.0, 1.0, "10", "upper lip raiser"},
    {"AU12_L", "intensity", 0.0, 1.0, "12", "lip corner puller"},
    {"AU12_R", "intensity", 0.0, 1.0, "12", "lip corner puller"},
    {"AU14_L", "intensity", 0.0, 1.0, "14", "dimpler"},
    {"AU14_R", "intensity", 0.0, 1.0, "14", "dimpler"},
    {"AU15_L", "intensity", 0.0, 1.0, "15", "lip corner depressor"},
    {"AU15_R", "intensity", 0.0, 1.0, "15", "lip corner depressor"},
    {"AU16_L", "intensity", 0.0, 1.0, "16", "lower lip depressor"},
    {"AU16_R", "intensity", 0.0, 1.0, "16", "lower lip depressor"},
    {"AU17", "intensity", 0.0, 1.0, "17", "chin raiser"},
    {"AU18", "intensity", 0.0, 1.0, "18", "lip pucker"},
    {"AU20_L", "intensity", 0.0, 1.0, "20", "lip stretcher"},
    {"AU20_R", "intensity", 0.0, 1.0, "20", "lip stretcher"},
    {"AU22", "intensity", 0.0, 1.0, "22", "lip funneler"},
    {"AU23", "intensity", 0.0, 1.0, "23", "lip tightener"},
    {"AU24", "intensity", 0.0, 1.0, "24", "lip pressor"},
    {"AU25", "intensity", 0.0, 1.0, "25", "lips part"},
    {"AU26", "intensity", 0.0, 1.0, "26", "jaw drop"},
    {"AU30L", "intensity", 0.0, 1.0, "30L", "jaw to the left"},
    {"AU30R", "intensity", 0.0, 1.0, "30R", "jaw to the right"},
    {"AU43_L", "intensity", 0.0, 1.0, "43", "eyes closed"},
    {"AU43_R", "intensity", 0.0, 1.0, "43", "eyes closed"},
    {"AU19", "intensity", 0.0, 1.0, "19", "tongue show"},
    {"AU28", "intensity", 0.0, 1.0, "28", "lips suck"},
    {"AU29", "intensity", 0.0, 1.0, "29", "jaw thrust"},
    {"AU34", "intensity", 0.0, 1.0, "34", "cheek puff"},
    {"gaze_yaw", "rad", -0.6109, 0.6109, "", ""},
    {"gaze_pitch", "rad", -0.4363, 0.4363, "", ""},
    {"head_yaw", "rad", -3.1416, 3.1416, "", ""},
    {"head_pitch", "rad", -3.1416, 3.1416, "", ""},
    {"head_roll", "rad", -3.1416, 3.1416, "", ""},
    {"head_x", "m", -10.0, 10.0, "", ""},
    {"head_y", "m", -10.0, 10.0, "", ""},
    {"head_z", "m", -10.0, 10.0, "", ""},
};

// Mirror image: mirrored[i] = kMirrorSign[i] * channels[kMirrorOf[i]].
constexpr std::size_t kMirrorOf[kChannelCount] = {
    1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 17, 16, 19, 18, 21, 20, 23, 22, 24, 25,
    27, 26, 28, 29, 30, 31, 32, 34, 33, 36, 35, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
};
constexpr double kMirrorSign[kChannelCount] = {
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
    1.0, 1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0,
};

// ARKit's shapes, in the order of Live Link Face. A driver's weight is the product of
// max(0, gain * channel) over its factors; it adds weight * value to its terms' curves,
// which are clipped to 0..1 in the end (rig/profiles/README.md).
struct ArkitFactor {
    std::size_t channel;
    double gain;
};
struct ArkitTerm {
    std::size_t curve;
    double value;
};
struct ArkitDriver {
    std::size_t first_factor, factor_count;
    std::size_t first_term, term_count;
};

constexpr std::size_t kArkitCount = 52;
constexpr const char* kArkitNames[kArkitCount] = {
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
    "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft",
    "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight",
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
    "tongueOut",
};
constexpr ArkitFactor kArkitFactors[] = {
    {0, 1.0}, {1, 1.0}, {2, 1.0}, {3, 1.0}, {4, 1.0}, {5, 1.0}, {6, 1.0}, {7, 1.0}, {8, 1.0},
    {9, 1.0}, {10, 1.0}, {11, 1.0}, {12, 1.0}, {13, 1.0}, {14, 1.0}, {15, 1.0}, {16, 1.0},
    {17, 1.0}, {18, 1.0}, {19, 1.0}, {20, 1.0}, {21, 1.0}, {22, 1.0}, {23, 1.0}, {24, 1.0},
    {25, 1.0}, {26, 1.0}, {27, 1.0}, {28, 1.0}, {29, 1.0}, {30, 1.0}, {31, 1.0}, {32, 1.0},
    {33, 1.0}, {34, 1.0}, {35, 1.0}, {36, 1.0}, {37, 1.0}, {38, 1.0}, {39, 1.0}, {40, 1.0},
    {41, 1.0}, {41, -1.0}, {42, 1.0}, {42, -1.0}, {35, 1.0}, {42, 1.0}, {35, 1.0}, {6, 1.0},
    {36, 1.0}, {42, 1.0}, {36, 1.0}, {7, 1.0}, {30, 1.0}, {32, 1.0}, {38, 1.0}, {32, 1.0},
    {24, 1.0}, {32, 1.0}, {25, 1.0}, {32, 1.0}, {29, 1.0}, {32, 1.0},
};
constexpr ArkitTerm kArkitTerms[] = {
    {43, 0.95}, {43, 0.95}, {44, 1.4}, {45, 1.4}, {41, 1.2}, {42, 1.2}, {6, 1.2}, {13, 1.2},
    {47, 1.7}, {48, 1.7}, {5, 1.177}, {12, 1.177}, {49, 2.213}, {50, 2.213}, {39, 1.386},
    {40, 1.386}, {23, 0.944}, {24, 0.944}, {27, 1.392}, {28, 1.392}, {25, 1.417}, {26, 1.417},
    {37, 1.487}, {38, 1.487}, {33, 1.3}, {34, 0.5}, {20, 1.3}, {29, 1.304}, {30, 1.304}, {19, 1.3},
    {20, 0.274}, {31, 0.339}, {32, 0.504}, {35, 0.464}, {36, 0.464}, {31, 0.399}, {32, 0.408},
    {33, 0.42}, {37, 0.395}, {38, 0.395}, {39, 0.414}, {40, 0.414}, {17, 0.75}, {15, 1.5},
    {16, 1.5}, {0, 1.0}, {7, 1.0}, {51, 1.0}, {17, 0.2}, {31, 1.2}, {32, 1.452}, {14, 1.5},
    {46, 1.383}, {3, 1.637}, {9, 1.637}, {2, 1.637}, {10, 1.637}, {1, 2.292}, {8, 2.292},
    {4, 2.292}, {11, 2.292}, {0, -0.614}, {6, -1.2}, {7, -0.614}, {13, -1.2}, {18, 0.75},
    {18, 0.75}, {18, 0.375}, {18, 0.375}, {18, 0.488},
};
constexpr ArkitDriver kArkitDrivers[] = {
    {0, 1, 0, 1}, {1, 1, 1, 1}, {2, 1, 2, 1}, {3, 1, 3, 1}, {4, 1, 4, 1}, {5, 1, 5, 1},
    {6, 1, 6, 1}, {7, 1, 7, 1}, {8, 1, 8, 1}, {9, 1, 9, 1}, {10, 1, 10, 1}, {11, 1, 11, 1},
    {12, 1, 12, 1}, {13, 1, 13, 1}, {14, 1, 14, 1}, {15, 1, 15, 1}, {16, 1, 16, 1}, {17, 1, 17, 1},
    {18, 1, 18, 1}, {19, 1, 19, 1}, {20, 1, 20, 1}, {21, 1, 21, 1}, {22, 1, 22, 1}, {23, 1, 23, 1},
    {24, 1, 24, 2}, {25, 1, 26, 1}, {26, 1, 27, 1}, {27, 1, 28, 1}, {28, 1, 29, 1}, {29, 1, 30, 3},
    {30, 1, 33, 5}, {31, 1, 38, 4}, {32, 1, 42, 1}, {33, 1, 43, 1}, {34, 1, 44, 1}, {35, 1, 45, 1},
    {36, 1, 46, 1}, {37, 1, 47, 2}, {38, 1, 49, 2}, {39, 1, 51, 1}, {40, 1, 52, 1}, {41, 1, 53, 2},
    {42, 1, 55, 2}, {43, 1, 57, 2}, {44, 1, 59, 2}, {45, 2, 61, 1}, {47, 2, 62, 1}, {49, 2, 63, 1},
    {51, 2, 64, 1}, {53, 2, 65, 1}, {55, 2, 66, 1}, {57, 2, 67, 1}, {59, 2, 68, 1}, {61, 2, 69, 1},
};

}  // namespace geface::layout
