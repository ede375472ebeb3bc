// Axes, units and frame numbers of Unreal: worked numbers, and laws against the character's own.
#include "GeFaceCore/Unreal.h"

#include <random>

#include "Test.h"

namespace {

using geface::Matrix3;
using geface::Placement;
using geface::Quaternion;
using geface::UnrealFromCharacter;
using geface::Vector3;

constexpr double kHalfPi = 1.5707963267948966;

bool Close(const Vector3& a, const Vector3& b) {
    return Near(a[0], b[0], 1e-9) && Near(a[1], b[1], 1e-9) && Near(a[2], b[2], 1e-9);
}

Vector3 Times(const Matrix3& m, const Vector3& v) {
    Vector3 out{};
    for (std::size_t i = 0; i < 9; ++i) out[i / 3] += m[i] * v[i % 3];
    return out;
}

Vector3 Plus(const Vector3& a, const Vector3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }

Vector3 Random(std::mt19937& random) {
    std::uniform_real_distribution<double> uniform(-2.0, 2.0);
    return {uniform(random), uniform(random), uniform(random)};
}

// Where a point of a bone lies in its parent.
Vector3 Placed(const Placement& p, const Vector3& v) {
    const Vector3 scaled = {v[0] * p.scale[0], v[1] * p.scale[1], v[2] * p.scale[2]};
    return Plus(p.translation_cm, geface::Rotated(p.rotation, scaled));
}

}  // namespace

TEST(left_forward_and_up_of_a_character_in_unreal) {
    EXPECT(Close(UnrealFromCharacter(Vector3{1, 0, 0}), {100, 0, 0}));
    EXPECT(Close(UnrealFromCharacter(Vector3{0, 0, 1}), {0, 100, 0}));
    EXPECT(Close(UnrealFromCharacter(Vector3{0, 0.5, 0}), {0, 0, 50}));
}

TEST(a_turn_of_the_head_by_a_quarter_in_unreal) {
    const Vector3 left = {1, 0, 0}, right = {-1, 0, 0}, face = {0, 1, 0}, crown = {0, 0, 1};
    const auto turn = [](double yaw, double pitch, double roll) {
        return UnrealFromCharacter(geface::HeadQuaternion(yaw, pitch, roll));
    };
    const Quaternion yaw = turn(kHalfPi, 0, 0);
    EXPECT(Near(yaw[2], -std::sqrt(0.5), 1e-12) && Near(yaw[3], std::sqrt(0.5), 1e-12));
    EXPECT(Near(yaw[0], 0, 1e-12) && Near(yaw[1], 0, 1e-12));
    EXPECT(Close(geface::Rotated(yaw, face), left) && Close(geface::Rotated(yaw, crown), crown));
    EXPECT(Close(geface::Rotated(turn(0, kHalfPi, 0), face), {0, 0, -1}));
    EXPECT(Close(geface::Rotated(turn(0, 0, kHalfPi), crown), right));
}

TEST(quaternions_turn_as_matrices_do) {
    std::mt19937 random(1);
    for (int i = 0; i < 500; ++i) {
        // Also angles next to none, where the series takes over.
        const double size = i % 3 == 0 ? 1e-5 : 1.0;
        Vector3 r = Random(random);
        for (double& number : r) number *= size;
        const Vector3 v = Random(random);
        const Quaternion q = geface::RotationQuaternion(r[0], r[1], r[2]);
        EXPECT(Near(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3], 1.0, 1e-12));
        EXPECT(Close(geface::Rotated(q, v), Times(geface::RotationMatrix(r[0], r[1], r[2]), v)));
        EXPECT(Close(geface::Rotated(geface::HeadQuaternion(r[0], r[1], r[2]), v),
                     Times(geface::HeadMatrix(r[0], r[1], r[2]), v)));
        const Vector3 s = Random(random);
        const Quaternion p = geface::RotationQuaternion(s[0], s[1], s[2]);
        EXPECT(Close(geface::Rotated(geface::Product(p, q), v),
                     geface::Rotated(p, geface::Rotated(q, v))));
        // Turning and changing axes commute.
        EXPECT(Close(UnrealFromCharacter(geface::Rotated(q, v)),
                     geface::Rotated(UnrealFromCharacter(q), UnrealFromCharacter(v))));
    }
}

// A bone at any rest below any parent: what BasisMatrix says in the character's axes is what
// transforms say in Unreal's.
TEST(bones_are_posed_as_the_profiles_define_it) {
    std::mt19937 random(2);
    for (int i = 0; i < 300; ++i) {
        const Vector3 parent = Random(random), rest = Random(random), place = Random(random);
        const Vector3 move = Random(random), turn = Random(random), head = Random(random);
        const geface::BoneOffset offset = {move[0], move[1], move[2], turn[0], turn[1],
                                           turn[2], 0.25,    -0.125,  0.5};
        const Matrix3 parent_turn = geface::RotationMatrix(parent[0], parent[1], parent[2]);
        const Matrix3 rest_turn = geface::RotationMatrix(rest[0], rest[1], rest[2]);
        const geface::Matrix34 basis =
            geface::BasisMatrix(offset, geface::Product(parent_turn, rest_turn),
                                geface::HeadMatrix(head[0], head[1], head[2]));
        const Vector3 point = Random(random);
        Vector3 in_bone{};
        for (std::size_t k = 0; k < 3; ++k) {
            in_bone[k] = basis[4 * k + 3];
            for (std::size_t j = 0; j < 3; ++j) in_bone[k] += basis[4 * k + j] * point[j];
        }
        const Vector3 expected = UnrealFromCharacter(Plus(place, Times(rest_turn, in_bone)));

        Placement at_rest, at_parent;
        at_rest.translation_cm = UnrealFromCharacter(place);
        at_rest.rotation =
            UnrealFromCharacter(geface::RotationQuaternion(rest[0], rest[1], rest[2]));
        at_parent.rotation =
            UnrealFromCharacter(geface::RotationQuaternion(parent[0], parent[1], parent[2]));
        const Placement posed =
            geface::Posed(at_rest, at_parent,
                          geface::UnrealOffset(offset, geface::HeadQuaternion(head[0], head[1],
                                                                              head[2])));
        const Vector3 found = Placed(posed, UnrealFromCharacter(point));
        EXPECT(Near(found[0], expected[0], 1e-6) && Near(found[1], expected[1], 1e-6) &&
               Near(found[2], expected[2], 1e-6));
    }
}

TEST(a_centimetre_stays_one_below_a_scaled_root) {
    Placement root, offset;
    root.scale = {100, 100, 100};
    offset.translation_cm = {0, 0, 1};
    const Placement posed = geface::Posed(Placement(), root, offset);
    EXPECT(Close(posed.translation_cm, {0, 0, 0.01}));
    EXPECT(Close(geface::Chained(root, posed).translation_cm, {0, 0, 1}));
    EXPECT(Close(geface::Chained(root, posed).scale, {100, 100, 100}));
}

TEST(bones_chain_as_points_do) {
    std::mt19937 random(4);
    for (int i = 0; i < 100; ++i) {
        Placement a, b;
        const Vector3 r = Random(random), s = Random(random), point = Random(random);
        a = {Random(random), geface::RotationQuaternion(r[0], r[1], r[2]), {2, 2, 2}};
        b = {Random(random), geface::RotationQuaternion(s[0], s[1], s[2]), {3, 1, 0.5}};
        EXPECT(Close(Placed(geface::Chained(a, b), point), Placed(a, Placed(b, point))));
    }
}

TEST(an_offset_that_is_no_number_is_the_rest) {
    const double huge = 1e308 * 10;
    const Placement broken = geface::UnrealOffset({huge, 0, 0, huge, 0, 0, huge, 0, 0});
    EXPECT(Close(broken.translation_cm, {0, 0, 0}) && Close(broken.scale, {1, 1, 1}));
    EXPECT(broken.rotation == (Quaternion{0, 0, 0, 1}));
}

TEST(rates_are_fractions) {
    const std::array<double, 3> rates[] = {
        {30, 30, 1},          {29.97, 30000, 1001}, {30000.0 / 1001, 30000, 1001},
        {23.976, 24000, 1001}, {59.94, 60000, 1001}, {60, 60, 1},
        {25.0000001, 25, 1},  {12.5, 12500, 1000},  {0, 60, 1},
        {-1, 60, 1},          {1e9, 60, 1},         {119.88, 120000, 1001},
    };
    for (const auto& [rate_hz, numerator, denominator] : rates) {
        const geface::Rate rate = geface::RateOf(rate_hz);
        EXPECT_OF(std::to_string(rate_hz),
                  rate.numerator == numerator && rate.denominator == denominator);
    }
}

TEST(frames_are_counted_in_the_rate) {
    const geface::FrameNumber half = geface::FrameNumberAt(1.25, {30, 1});
    EXPECT(half.frame == 37 && Near(static_cast<double>(half.subframe), 0.5, 1e-6));
    EXPECT(geface::FrameNumberAt(1001.0, {30000, 1001}).frame == 30000);
    const geface::FrameNumber before = geface::FrameNumberAt(-0.25, {2, 1});
    EXPECT(before.frame == -1 && before.subframe == 0.5f);
    EXPECT(geface::FrameNumberAt(1e300, {60, 1}).frame == 0);
    const geface::FrameNumber almost = geface::FrameNumberAt(std::nextafter(1.0, 0.0), {1, 1});
    EXPECT(almost.frame == 0 && almost.subframe < 1.0f);
}
