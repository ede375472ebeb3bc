// Retarget profiles (rig/profiles/README.md): what the channels do to one character's bones and
// curves. Character's axes: x to the person's left, y up, z forward; metres, radians.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

// Translation from rest, rotation vector, scale - 1.
using BoneOffset = std::array<double, 9>;
using Matrix3 = std::array<double, 9>;   // row by row
using Matrix34 = std::array<double, 12>;  // upper three rows of an affine transform

struct PoseValues {
    std::vector<BoneOffset> bones;  // in the order of Profile::BoneNames; without the head's turn
    std::vector<double> curves;     // 0..1, in the order of Profile::CurveNames
};

class GEFACECORE_API Profile {
public:
    // Reads a profile of format version 2 for the generated layout. `error` says what is wrong.
    static std::optional<Profile> Parse(std::string_view text, std::string& error);

    const std::string& Target() const { return target_; }
    const std::string& HeadBone() const { return head_bone_; }  // empty: the character has none
    const std::vector<std::string>& BoneNames() const { return bone_names_; }
    const std::vector<std::string>& CurveNames() const { return curve_names_; }

    // `channels` are layout::kChannelCount numbers in wire order.
    void Evaluate(const double* channels, PoseValues& values) const;

private:
    friend class ProfileReader;
    struct Factor {
        std::size_t channel;
        double gain;
    };
    struct Driver {
        std::size_t pose;
        std::vector<Factor> factors;
    };
    struct Pose {
        std::vector<std::pair<std::size_t, BoneOffset>> bones;
        std::vector<std::pair<std::size_t, double>> curves;
    };

    std::string target_;
    std::string head_bone_;
    std::vector<Driver> drivers_;
    std::vector<Pose> poses_;
    std::vector<std::string> bone_names_;
    std::vector<std::string> curve_names_;
};

// The 52 ARKit curves, 0..1, in the order of layout::kArkitNames, from the generated table.
GEFACECORE_API void ArkitCurves(const double* channels, double* curves);

// exp of a rotation vector (Rodrigues), exact at zero angle.
GEFACECORE_API Matrix3 RotationMatrix(double x, double y, double z);

// R_y(yaw) R_x(pitch) R_z(roll): what the head bone turns by, before its own pose.
GEFACECORE_API Matrix3 HeadMatrix(double yaw_rad, double pitch_rad, double roll_rad);

GEFACECORE_API Matrix3 Product(const Matrix3& a, const Matrix3& b);

// T(B^T t) * (B^T R B) * S for a bone with the rest rotation B: parent_from_bone = rest * basis.
// `turn` comes before the bone's own rotation: HeadMatrix for the head bone, else the identity.
GEFACECORE_API Matrix34 BasisMatrix(const BoneOffset& offset, const Matrix3& character_from_bone,
                                    const Matrix3& turn = {1, 0, 0, 0, 1, 0, 0, 0, 1});

}  // namespace geface
