#include "GeFaceCore/Utf8.h"

namespace geface {
namespace utf8 {

// Length of the well-formed sequence at the start of `text`; 0 if there is none.
static std::size_t SequenceLength(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    // The second byte's range rules out overlong forms, surrogates and what lies above U+10FFFF.
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
    }
    return length;
}

}  // namespace utf8

std::optional<std::size_t> CountCharacters(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        const std::size_t length = utf8::SequenceLength(text);
        if (length == 0) return std::nullopt;
        text.remove_prefix(length);
        ++count;
    }
    return count;
}

void AppendUtf8(std::string& text, std::uint32_t code_point) {
    const auto tail = [&](int shift) {
        text.push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3f)));
    };
    if (code_point < 0x80) {
        text.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x800) {
        text.push_back(static_cast<char>(0xc0 | (code_point >> 6)));
        tail(0);
    } else if (code_point < 0x10000) {
        text.push_back(static_cast<char>(0xe0 | (code_point >> 12)));
        tail(6);
        tail(0);
    } else {
        text.push_back(static_cast<char>(0xf0 | (code_point >> 18)));
        tail(12);
        tail(6);
        tail(0);
    }
}

}  // namespace geface
