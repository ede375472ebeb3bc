// Numbers and their bits. Unreal may compile with fast maths, where std::isfinite is always true
// and infinities are not to be had: finiteness is read from the exponent's bits.
#pragma once

#include <cstdint>
#include <cstring>

namespace geface {

inline float FloatFromBits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline double DoubleFromBits(std::uint64_t bits) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline std::uint64_t BitsFromDouble(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline bool IsFiniteFloatBits(std::uint32_t bits) { return (bits & 0x7f800000u) != 0x7f800000u; }

inline bool IsFinite(double value) {
    constexpr std::uint64_t exponent = 0x7ff0000000000000u;
    return (BitsFromDouble(value) & exponent) != exponent;
}

}  // namespace geface
