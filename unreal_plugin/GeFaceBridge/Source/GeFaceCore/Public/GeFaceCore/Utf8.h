// Strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "GeFaceCore/Api.h"

namespace geface {

// How many characters (code points) the text has; none if it is not UTF-8.
GEFACECORE_API std::optional<std::size_t> CountCharacters(std::string_view text);

// Appends a code point up to U+10FFFF that is no surrogate.
GEFACECORE_API void AppendUtf8(std::string& text, std::uint32_t code_point);

}  // namespace geface
