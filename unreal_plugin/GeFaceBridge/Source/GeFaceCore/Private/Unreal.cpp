#include "GeFaceCore/Unreal.h"

#include <algorithm>
#include <cmath>

#include "GeFaceCore/Bits.h"

namespace geface {

namespace unreal {

static Quaternion Inverse(const Quaternion& q) { return {-q[0], -q[1], -q[2], q[3]}; }

template <std::size_t N>
static bool AllFinite(const std::array<double, N>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](double n) { return IsFinite(n); });
}

}  // namespace unreal

Quaternion RotationQuaternion(double x, double y, double z) {
    const double angle = std::sqrt(x * x + y * y + z * z);
    // sin(a/2)/a, by its series where the angle is too small to divide by
    const double s = angle < 1e-4 ? 0.5 - angle * angle / 48 : std::sin(angle / 2) / angle;
    return {s * x, s * y, s * z, std::cos(angle / 2)};
}

Quaternion HeadQuaternion(double yaw_rad, double pitch_rad, double roll_rad) {
    const Quaternion tilted =
        Product(RotationQuaternion(pitch_rad, 0, 0), RotationQuaternion(0, 0, roll_rad));
    return Product(RotationQuaternion(0, yaw_rad, 0), tilted);
}

Quaternion Product(const Quaternion& a, const Quaternion& b) {
    return {a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
            a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
            a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
            a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]};
}

Vector3 Rotated(const Quaternion& rotation, const Vector3& v) {
    const Quaternion turned =
        Product(Product(rotation, {v[0], v[1], v[2], 0}), unreal::Inverse(rotation));
    return {turned[0], turned[1], turned[2]};
}

Vector3 UnrealFromCharacter(const Vector3& metres) {
    return {100 * metres[0], 100 * metres[2], 100 * metres[1]};
}

Quaternion UnrealFromCharacter(const Quaternion& q) { return {-q[0], -q[2], -q[1], q[3]}; }

Placement UnrealOffset(const BoneOffset& o, const Quaternion& turn) {
    Placement placed;
    const Vector3 translation_cm = UnrealFromCharacter(Vector3{o[0], o[1], o[2]});
    const Quaternion rotation =
        UnrealFromCharacter(Product(turn, RotationQuaternion(o[3], o[4], o[5])));
    const Vector3 scale = {1 + o[6], 1 + o[8], 1 + o[7]};
    if (unreal::AllFinite(translation_cm)) placed.translation_cm = translation_cm;
    if (unreal::AllFinite(rotation)) placed.rotation = rotation;
    if (unreal::AllFinite(scale)) placed.scale = scale;
    return placed;
}

Placement Posed(const Placement& rest, const Placement& component_from_parent,
                const Placement& offset) {
    const Quaternion& parent = component_from_parent.rotation;
    const Quaternion parent_inverse = unreal::Inverse(parent);
    Placement posed = rest;
    const Vector3 moved = Rotated(parent_inverse, offset.translation_cm);
    for (std::size_t i = 0; i < 3; ++i) {
        // Meshes from Blender often hang below a root that is scaled by 100.
        const double scale = component_from_parent.scale[i];
        posed.translation_cm[i] += scale != 0.0 ? moved[i] / scale : moved[i];
        posed.scale[i] *= offset.scale[i];
    }
    const Quaternion in_parent = Product(Product(parent_inverse, offset.rotation), parent);
    posed.rotation = Product(in_parent, rest.rotation);
    return posed;
}

Placement Chained(const Placement& component_from_parent, const Placement& parent_from_bone) {
    const Placement& parent = component_from_parent;
    Placement chained;
    Vector3 place = parent_from_bone.translation_cm;
    for (std::size_t i = 0; i < 3; ++i) place[i] *= parent.scale[i];
    const Vector3 turned = Rotated(parent.rotation, place);
    for (std::size_t i = 0; i < 3; ++i) {
        chained.translation_cm[i] = parent.translation_cm[i] + turned[i];
        chained.scale[i] = parent.scale[i] * parent_from_bone.scale[i];
    }
    chained.rotation = Product(parent.rotation, parent_from_bone.rotation);
    return chained;
}

Rate RateOf(double rate_hz) {
    if (!IsFinite(rate_hz) || rate_hz <= 0.0 || rate_hz > 1e5) return {};
    const double whole = std::round(rate_hz);
    if (std::fabs(rate_hz - whole) < 1e-3) return {static_cast<std::int32_t>(whole), 1};
    // Television's rates: a whole number times 1000/1001, off by 0.1 %.
    const double ntsc = std::round(rate_hz * 1.001);
    if (std::fabs(rate_hz * 1.001 - ntsc) < 5e-3) {
        return {static_cast<std::int32_t>(ntsc) * 1000, 1001};
    }
    return {static_cast<std::int32_t>(std::max(1.0, std::round(rate_hz * 1000))), 1000};
}

FrameNumber FrameNumberAt(double time_s, Rate rate) {
    const double frames = time_s * rate.numerator / rate.denominator;
    if (!IsFinite(frames) || std::fabs(frames) > 2e9) return {};
    const double whole = std::floor(frames);
    // A part that rounds to 1 in float is no part of this frame any more.
    const auto part = std::min(static_cast<float>(frames - whole), 0.999999f);
    return {static_cast<std::int32_t>(whole), part};
}

}  // namespace geface
