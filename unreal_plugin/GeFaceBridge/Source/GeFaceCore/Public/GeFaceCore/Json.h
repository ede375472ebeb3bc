// A small JSON reader (RFC 8259) with limits, for profiles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

struct JsonMember;

struct Json {
    enum class Kind : std::uint8_t { Null, Boolean, Number, String, Array, Object };

    static constexpr std::size_t kMaxBytes = 16u << 20;
    static constexpr int kMaxDepth = 32;

    Kind kind = Kind::Null;
    bool boolean = false;
    double number = 0.0;  // finite
    std::string text;
    std::vector<Json> items;
    std::vector<JsonMember> members;  // in the file's order, no key twice

    // The member of an object; null where there is none.
    GEFACECORE_API const Json* Find(std::string_view key) const;
    bool IsString(std::string_view value) const { return kind == Kind::String && text == value; }
};

// No std::pair: C++20's may not hold a type that is not complete yet.
struct JsonMember {
    std::string name;
    Json value;
};

// Reads one value and nothing after it.
GEFACECORE_API bool ReadJson(std::string_view text, Json& value, std::string& error);

}  // namespace geface
