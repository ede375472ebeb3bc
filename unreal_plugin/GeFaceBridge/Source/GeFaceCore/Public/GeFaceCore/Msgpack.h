// Bounded msgpack: what docs/protocol.md allows, and nothing beyond it.
#pragma once

#include <string_view>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface::msgpack {

constexpr std::size_t kMaxBytes = 65536;
constexpr std::size_t kMaxDepth = 8;  // levels of arrays and maps; the outer map is the first
constexpr std::size_t kMaxItems = 256;
constexpr std::size_t kMaxKeys = 64;

enum class Kind : std::uint8_t { Nil, Boolean, Integer, Float, String, Binary, Array, Map };

struct Value {
    Kind kind = Kind::Nil;
    bool boolean = false;
    std::int64_t integer = 0;  // of an Integer; above the largest int64 it is the largest int64
    double number = 0.0;       // of an Integer or a Float; may be NaN or infinite
    std::string_view text;     // of a String (valid UTF-8) or a Binary; points into the message
    std::vector<Value> items;  // of an Array; of a Map key, value, key, value...

    // The value under a key of a map; null where there is none.
    GEFACECORE_API const Value* Find(std::string_view key) const;
};

// Reads one map with string keys, none of them twice, and nothing after it. On failure `error` says
// why and `value` holds something.
GEFACECORE_API bool Read(ByteView data, Value& value, Error& error);

// Writes the canonical form: integers as short as they go, numbers as float64.
class GEFACECORE_API Writer {
public:
    void Map(std::size_t pairs);
    void Array(std::size_t items);
    void String(std::string_view text);
    void Binary(ByteView data);
    void Integer(std::uint64_t value);
    void Number(double value);
    void Boolean(bool value);
    void Nil();

    std::vector<std::uint8_t> Take() { return static_cast<std::vector<std::uint8_t>&&>(bytes_); }

private:
    void Put(std::uint64_t value, int byte_count);
    void Head(std::size_t count, std::uint8_t fix, std::size_t fix_limit, std::uint8_t tag16);

    std::vector<std::uint8_t> bytes_;
};

}  // namespace geface::msgpack
