// A small JSON reader (RFC 8259) with limits, for profiles.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

struct Json {
    enum class Kind : std::uint8_t { Null, Boolean, Number, String, Array, Object };

    static constexpr std::size_t kMaxBytes = 16u << 20;
    static constexpr int kMaxDepth = 32;

    Kind kind = Kind::Null;
    bool boolean = false;
    double number = 0.0;  // finite
    std::string text;
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> members;  // in the file's order, no key twice

    // The member of an object; null where there is none.
    const Json* Find(std::string_view key) const;
    bool IsString(std::string_view value) const { return kind == Kind::String && text == value; }
};

// Reads one value and nothing after it.
GEFACECORE_API bool ReadJson(std::string_view text, Json& value, std::string& error);

}  // namespace geface
