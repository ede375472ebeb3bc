#include "GeFaceCore/Json.h"

#include <algorithm>
#include <cstdlib>

#include "GeFaceCore/Bits.h"
#include "GeFaceCore/Utf8.h"

namespace geface {

const Json* Json::Find(std::string_view key) const {
    for (const auto& member : members) {
        if (member.name == key) return &member.value;
    }
    return nullptr;
}

namespace json {

// A decimal number without the C library, whose point depends on the locale. 17 digits count:
// numbers of 15 digits within 10^-22 and 10^22 come out exact, others to 14 digits and more.
class Decimal {
public:
    void Digit(char digit, bool after_point) {
        if (mantissa_ < 100'000'000'000'000'000u) {
            mantissa_ = 10 * mantissa_ + static_cast<std::uint64_t>(digit - '0');
            exponent_ -= after_point ? 1 : 0;
        } else {
            exponent_ += after_point ? 0 : 1;
        }
    }

    void Exponent(int value) { exponent_ += value; }

    double Value(bool negative) const {
        double value = static_cast<double>(mantissa_);
        if (mantissa_ != 0 && exponent_ != 0) value = Scaled(value);
        return negative ? -value : value;
    }

private:
    double Scaled(double value) const {
        const int size = std::min(std::abs(exponent_), 660);
        // Powers up to 10^22 are exact. Beyond them two steps, as 10^-330 is no double, but
        // 10^20 * 10^-330 is one.
        const int first = size <= 22 ? size : size / 2;
        const double power = Power(first), rest = Power(size - first);
        return exponent_ > 0 ? value * power * rest : value / power / rest;
    }

    static double Power(int exponent) {
        double power = 1.0;
        for (int i = 0; i < exponent; ++i) power *= 10.0;
        return power;
    }

    std::uint64_t mantissa_ = 0;
    int exponent_ = 0;
};

class Reader {
public:
    Reader(std::string_view text, std::string& error) : text_(text), error_(error) {}

    bool ReadAll(Json& value) {
        if (text_.size() > Json::kMaxBytes) return Refuse("is larger than 16 MiB");
        if (!Value(value, 1)) return false;
        SkipSpace();
        return at_ == text_.size() || Refuse("goes on after its value");
    }

private:
    bool Refuse(const char* why) {
        error_ = "JSON " + std::string(why) + ", at byte " + std::to_string(at_);
        return false;
    }

    char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool IsDigit() const { return Peek() >= '0' && Peek() <= '9'; }

    bool Take(char wanted) {
        if (at_ >= text_.size() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    void SkipSpace() {
        while (Take(' ') || Take('\n') || Take('\r') || Take('\t')) {
        }
    }

    bool Word(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return Refuse("holds an unknown word");
        at_ += word.size();
        return true;
    }

    bool Value(Json& value, int depth) {
        if (depth > Json::kMaxDepth) return Refuse("nests deeper than 32 levels");
        SkipSpace();
        switch (Peek()) {
            case '{':
                return Object(value, depth);
            case '[':
                return Array(value, depth);
            case '"':
                value.kind = Json::Kind::String;
                return String(value.text);
            case 't':
            case 'f':
                value.kind = Json::Kind::Boolean;
                value.boolean = Peek() == 't';
                return Word(value.boolean ? "true" : "false");
            case 'n':
                return Word("null");
            default:
                return Number(value);
        }
    }

    bool Array(Json& value, int depth) {
        value.kind = Json::Kind::Array;
        Take('[');
        SkipSpace();
        if (Take(']')) return true;
        do {
            value.items.emplace_back();
            if (!Value(value.items.back(), depth + 1)) return false;
            SkipSpace();
        } while (Take(','));
        return Take(']') || Refuse("array lacks its end");
    }

    bool Object(Json& value, int depth) {
        value.kind = Json::Kind::Object;
        Take('{');
        SkipSpace();
        if (Take('}')) return true;
        do {
            SkipSpace();
            value.members.emplace_back();
            auto& member = value.members.back();
            if (!String(member.name)) return false;
            SkipSpace();
            if (!Take(':')) return Refuse("object lacks a colon");
            if (!Value(member.value, depth + 1)) return false;
            SkipSpace();
        } while (Take(','));
        if (!Take('}')) return Refuse("object lacks its end");
        return KeysDiffer(value);
    }

    bool KeysDiffer(const Json& object) {
        std::vector<std::string_view> keys;
        for (const auto& member : object.members) keys.push_back(member.name);
        std::sort(keys.begin(), keys.end());
        const bool twice = std::adjacent_find(keys.begin(), keys.end()) != keys.end();
        return !twice || Refuse("object has a key twice");
    }

    bool String(std::string& out) {
        if (!Take('"')) return Refuse("lacks a string");
        while (at_ < text_.size() && text_[at_] != '"') {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) {
                return Refuse("string holds a control character");
            }
            if (text_[at_] == '\\') {
                if (!Escape(out)) return false;
            } else {
                out.push_back(text_[at_++]);
            }
        }
        if (!Take('"')) return Refuse("string lacks its end");
        return CountCharacters(out).has_value() || Refuse("string is not UTF-8");
    }

    bool Escape(std::string& out) {
        constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
        ++at_;
        if (Take('u')) return UnicodeEscape(out);
        const std::size_t found = from.find(Peek());
        if (at_ >= text_.size() || found == from.npos) return Refuse("string has a wrong escape");
        out.push_back(to[found]);
        ++at_;
        return true;
    }

    bool UnicodeEscape(std::string& out) {
        std::uint32_t high = 0, low = 0;
        if (!Hex4(high)) return false;
        if (high < 0xd800 || high > 0xdfff) {
            AppendUtf8(out, high);
            return true;
        }
        const bool pair = high < 0xdc00 && Take('\\') && Take('u') && Hex4(low) && low >= 0xdc00 &&
                          low <= 0xdfff;
        if (!pair) return Refuse("string has half a surrogate pair");
        AppendUtf8(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        return true;
    }

    bool Hex4(std::uint32_t& value) {
        constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
        for (int i = 0; i < 4; ++i) {
            const std::size_t found = at_ < text_.size() ? digits.find(text_[at_]) : digits.npos;
            if (found == digits.npos) return Refuse("string has a wrong escape");
            value = value << 4 | static_cast<std::uint32_t>(found % 16);
            ++at_;
        }
        return true;
    }

    bool Number(Json& value) {
        Decimal decimal;
        const bool negative = Take('-');
        if (!IsDigit()) return Refuse("lacks a value");
        if (Peek() == '0') {
            ++at_;
            if (IsDigit()) return Refuse("number begins with 0");
        }
        while (IsDigit()) decimal.Digit(text_[at_++], false);
        if (Take('.')) {
            if (!IsDigit()) return Refuse("number ends in a point");
            while (IsDigit()) decimal.Digit(text_[at_++], true);
        }
        if ((Take('e') || Take('E')) && !Exponent(decimal)) return false;
        value.kind = Json::Kind::Number;
        value.number = decimal.Value(negative);
        return IsFinite(value.number) || Refuse("number is too large");
    }

    bool Exponent(Decimal& decimal) {
        const bool negative = Take('-');
        if (!negative) Take('+');
        if (!IsDigit()) return Refuse("number lacks its exponent");
        int exponent = 0;
        while (IsDigit()) exponent = std::min(10 * exponent + (text_[at_++] - '0'), 100000);
        decimal.Exponent(negative ? -exponent : exponent);
        return true;
    }

    std::string_view text_;
    std::string& error_;
    std::size_t at_ = 0;
};

}  // namespace json

bool ReadJson(std::string_view text, Json& value, std::string& error) {
    return json::Reader(text, error).ReadAll(value);
}

}  // namespace geface
