// Unreal's axes, units and frame numbers, in plain numbers so that they can be tested without it.
//
// A skeletal mesh stands in Unreal as the mannequin does, its left at +x, its face at +y, its crown
// at +z, in centimetres; that is also where Unreal's glTF import puts the head of rig/assets. The
// character's axes are x left, y up, z forward, in metres. So unreal = 100 P character, where P
// swaps y and z. P mirrors: Unreal is left-handed. A rotation R becomes P R P, which is the
// quaternion (-x, -z, -y, w).
#pragma once

#include <array>
#include <cstdint>

#include "GeFaceCore/Profile.h"

namespace geface {

using Vector3 = std::array<double, 3>;
using Quaternion = std::array<double, 4>;  // x, y, z, w; of length 1

struct Placement {
    Vector3 translation_cm{0, 0, 0};
    Quaternion rotation{0, 0, 0, 1};
    Vector3 scale{1, 1, 1};
};

// exp of a rotation vector, as RotationMatrix but a quaternion.
GEFACECORE_API Quaternion RotationQuaternion(double x, double y, double z);

// As HeadMatrix but a quaternion.
GEFACECORE_API Quaternion HeadQuaternion(double yaw_rad, double pitch_rad, double roll_rad);

// First b, then a.
GEFACECORE_API Quaternion Product(const Quaternion& a, const Quaternion& b);

GEFACECORE_API Vector3 Rotated(const Quaternion& rotation, const Vector3& vector);

GEFACECORE_API Vector3 UnrealFromCharacter(const Vector3& metres);
GEFACECORE_API Quaternion UnrealFromCharacter(const Quaternion& rotation);

// What a bone does beside its rest, in Unreal's component axes, with `turn` (HeadQuaternion for the
// head bone) before its own rotation. A number that is not finite becomes that of the rest.
GEFACECORE_API Placement UnrealOffset(const BoneOffset& offset,
                                      const Quaternion& turn = {0, 0, 0, 1});

// parent_from_bone of a bone that rests at `rest` in its parent, which rests at
// `component_from_parent` in the component: BasisMatrix in the words of transforms.
GEFACECORE_API Placement Posed(const Placement& rest, const Placement& component_from_parent,
                               const Placement& offset);

// component_from_bone of a bone at `parent_from_bone`.
GEFACECORE_API Placement Chained(const Placement& component_from_parent,
                                 const Placement& parent_from_bone);

// A rate as a fraction: 30000/1001 for what rounds to 29.97, 60/1 where it is unknown.
struct Rate {
    std::int32_t numerator = 60;
    std::int32_t denominator = 1;
};
GEFACECORE_API Rate RateOf(double rate_hz);

struct FrameNumber {
    std::int32_t frame = 0;
    float subframe = 0.0f;  // 0 <= subframe < 1
};
GEFACECORE_API FrameNumber FrameNumberAt(double time_s, Rate rate);

}  // namespace geface
