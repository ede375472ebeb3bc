#include "GeFaceCore/Msgpack.h"

#include <algorithm>
#include <limits>

#include "GeFaceCore/Bits.h"
#include "GeFaceCore/Utf8.h"

namespace geface::msgpack {

const Value* Value::Find(std::string_view key) const {
    if (kind != Kind::Map) return nullptr;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].text == key) return &items[i + 1];
    }
    return nullptr;
}

namespace {

class Reader {
public:
    Reader(ByteView data, Error& error) : data_(data), error_(error) {}

    bool ReadAll(Value& value) {
        if (!ReadValue(value, 1)) return false;
        if (value.kind != Kind::Map) return Refuse("message is no msgpack map, expected one");
        return at_ == data_.size || Refuse("message goes on after its map, expected one map");
    }

private:
    bool Refuse(const char* why) {
        error_ = {ErrorKind::Protocol, why};
        return false;
    }

    bool Unsigned(int byte_count, std::uint64_t& value) {
        const std::size_t count = static_cast<std::size_t>(byte_count);
        if (data_.size - at_ < count) return Refuse("message ends early, expected more bytes");
        value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value << 8 | data_.data[at_++];
        return true;
    }

    bool ReadValue(Value& value, std::size_t depth) {
        std::uint64_t tag = 0;
        if (!Unsigned(1, tag)) return false;
        if (tag < 0x80) return Integer(value, static_cast<std::int64_t>(tag));
        if (tag < 0x90) return Map(value, tag & 0x0f, depth);
        if (tag < 0xa0) return Array(value, tag & 0x0f, depth);
        if (tag < 0xc0) return Text(value, Kind::String, tag & 0x1f);
        if (tag >= 0xe0) return Integer(value, static_cast<std::int64_t>(tag) - 0x100);
        return ReadTagged(value, tag, depth);
    }

    bool ReadTagged(Value& value, std::uint64_t tag, std::size_t depth) {
        if (tag == 0xc0) return true;
        if (tag == 0xc2 || tag == 0xc3) {
            value.kind = Kind::Boolean;
            value.boolean = tag == 0xc3;
            return true;
        }
        if (tag == 0xca || tag == 0xcb) return Float(value, tag == 0xca ? 4 : 8);
        if (tag >= 0xcc && tag <= 0xcf) return UnsignedInteger(value, 1 << (tag - 0xcc));
        if (tag >= 0xd0 && tag <= 0xd3) return SignedInteger(value, 1 << (tag - 0xd0));
        return ReadCounted(value, tag, depth);
    }

    bool ReadCounted(Value& value, std::uint64_t tag, std::size_t depth) {
        std::uint64_t count = 0;
        switch (tag) {
            case 0xc4:
            case 0xc5:
            case 0xc6:
                return Unsigned(1 << (tag - 0xc4), count) && Text(value, Kind::Binary, count);
            case 0xd9:
            case 0xda:
            case 0xdb:
                return Unsigned(1 << (tag - 0xd9), count) && Text(value, Kind::String, count);
            case 0xdc:
            case 0xdd:
                return Unsigned(2 << (tag - 0xdc), count) && Array(value, count, depth);
            case 0xde:
            case 0xdf:
                return Unsigned(2 << (tag - 0xde), count) && Map(value, count, depth);
            case 0xc1:
                return Refuse("message holds the byte 0xc1, which msgpack never uses");
            default:
                return Refuse("message holds a msgpack extension, expected none");
        }
    }

    bool Integer(Value& value, std::int64_t number) {
        value.kind = Kind::Integer;
        value.integer = number;
        value.number = static_cast<double>(number);
        return true;
    }

    bool UnsignedInteger(Value& value, int byte_count) {
        std::uint64_t number = 0;
        if (!Unsigned(byte_count, number)) return false;
        constexpr auto limit = std::numeric_limits<std::int64_t>::max();
        Integer(value, static_cast<std::int64_t>(
                           std::min(number, static_cast<std::uint64_t>(limit))));
        value.number = static_cast<double>(number);
        return true;
    }

    bool SignedInteger(Value& value, int byte_count) {
        std::uint64_t bits = 0;
        if (!Unsigned(byte_count, bits)) return false;
        const std::uint64_t sign = std::uint64_t{1} << (8 * byte_count - 1);
        const std::uint64_t extended = (bits ^ sign) - sign;
        std::int64_t number;
        std::memcpy(&number, &extended, sizeof number);
        return Integer(value, number);
    }

    bool Float(Value& value, int byte_count) {
        std::uint64_t bits = 0;
        if (!Unsigned(byte_count, bits)) return false;
        value.kind = Kind::Float;
        value.number = byte_count == 8 ? DoubleFromBits(bits)
                                       : static_cast<double>(
                                             FloatFromBits(static_cast<std::uint32_t>(bits)));
        return true;
    }

    bool Text(Value& value, Kind kind, std::uint64_t size) {
        if (data_.size - at_ < size) return Refuse("message ends early, expected more bytes");
        value.kind = kind;
        value.text = {reinterpret_cast<const char*>(data_.data) + at_,
                      static_cast<std::size_t>(size)};
        at_ += static_cast<std::size_t>(size);
        if (kind == Kind::String && !CountCharacters(value.text)) {
            return Refuse("message holds a string that is not UTF-8");
        }
        return true;
    }

    bool Enter(Value& value, Kind kind, std::uint64_t children, std::size_t depth) {
        if (depth > kMaxDepth) return Refuse("message nests deeper than 8 levels");
        // Each child has a byte at least: a count that the message cannot hold reserves nothing.
        if (children > data_.size - at_) return Refuse("message ends early, expected more bytes");
        value.kind = kind;
        value.items.resize(static_cast<std::size_t>(children));
        return true;
    }

    bool Array(Value& value, std::uint64_t count, std::size_t depth) {
        if (count > kMaxItems) return Refuse("message holds an array of more than 256 items");
        if (!Enter(value, Kind::Array, count, depth)) return false;
        for (Value& item : value.items) {
            if (!ReadValue(item, depth + 1)) return false;
        }
        return true;
    }

    bool Map(Value& value, std::uint64_t count, std::size_t depth) {
        if (count > kMaxKeys) return Refuse("message holds a map of more than 64 keys");
        if (!Enter(value, Kind::Map, 2 * count, depth)) return false;
        for (std::size_t i = 0; i < value.items.size(); i += 2) {
            if (!ReadKey(value, i, depth) || !ReadValue(value.items[i + 1], depth + 1)) return false;
        }
        return true;
    }

    bool ReadKey(Value& map, std::size_t at, std::size_t depth) {
        Value& key = map.items[at];
        if (!ReadValue(key, depth + 1)) return false;
        if (key.kind != Kind::String) return Refuse("a key is no string, expected a string");
        for (std::size_t i = 0; i < at; i += 2) {
            if (map.items[i].text == key.text) {
                return Refuse("key stands twice in a map, expected once");
            }
        }
        return true;
    }

    ByteView data_;
    Error& error_;
    std::size_t at_ = 0;
};

}  // namespace

bool Read(ByteView data, Value& value, Error& error) {
    if (data.size > kMaxBytes) {
        error = {ErrorKind::Protocol, "message has more than 65536 bytes"};
        return false;
    }
    return Reader(data, error).ReadAll(value);
}

void Writer::Put(std::uint64_t value, int byte_count) {
    for (int shift = 8 * (byte_count - 1); shift >= 0; shift -= 8) {
        bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

void Writer::Head(std::size_t count, std::uint8_t fix, std::size_t fix_limit, std::uint8_t tag16) {
    if (count < fix_limit) {
        Put(fix | count, 1);
    } else {
        Put(tag16, 1);
        Put(count, 2);
    }
}

void Writer::Map(std::size_t pairs) { Head(pairs, 0x80, 16, 0xde); }

void Writer::Array(std::size_t items) { Head(items, 0x90, 16, 0xdc); }

void Writer::String(std::string_view text) {
    if (text.size() >= 32 && text.size() < 256) {
        Put(0xd9, 1);
        Put(text.size(), 1);
    } else {
        Head(text.size(), 0xa0, 32, 0xda);
    }
    bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void Writer::Binary(ByteView data) {
    const bool is_short = data.size < 256;
    Put(is_short ? 0xc4 : 0xc5, 1);
    Put(data.size, is_short ? 1 : 2);
    bytes_.insert(bytes_.end(), data.data, data.data + data.size);
}

void Writer::Integer(std::uint64_t value) {
    if (value < 0x80) return Put(value, 1);
    const int width = value < 0x100 ? 0 : value < 0x10000 ? 1 : value < 0x100000000 ? 2 : 3;
    Put(static_cast<std::uint64_t>(0xcc + width), 1);
    Put(value, 1 << width);
}

void Writer::Number(double value) {
    Put(0xcb, 1);
    Put(BitsFromDouble(value), 8);
}

void Writer::Boolean(bool value) { Put(value ? 0xc3 : 0xc2, 1); }

void Writer::Nil() { Put(0xc0, 1); }

}  // namespace geface::msgpack
