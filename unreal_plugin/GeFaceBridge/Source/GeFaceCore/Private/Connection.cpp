#include "GeFaceCore/Connection.h"

#include <algorithm>
#include <array>

#include "GeFaceCore/Bits.h"
#include "GeFaceCore/Utf8.h"

namespace geface {

namespace connection {

constexpr std::array<const char*, 7> kKeys = {"url",    "token",   "subject-prefix", "role",
                                              "curves", "profile", "delay_ms"};
constexpr std::array<const char*, 2> kRoles = {"basic", "animation"};
constexpr std::array<const char*, 3> kCurves = {"au", "arkit", "both"};

static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static std::string_view Trimmed(std::string_view text) {
    while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
    return text;
}

static bool IsControl(char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
}

static int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static std::string Escaped(std::string_view value) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool outer_blank = IsBlank(c) && (i == 0 || i + 1 == value.size());
        if (c == '%' || c == ';' || IsControl(c) || outer_blank) {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

static bool Unescape(std::string_view value, std::string& out) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '%') {
            out += value[i];
            continue;
        }
        const int high = i + 2 < value.size() ? HexDigit(value[i + 1]) : -1;
        const int low = high < 0 ? -1 : HexDigit(value[i + 2]);
        if (low < 0) return false;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

// The names in quotes, for an error.
template <std::size_t N>
static std::string Listed(const std::array<const char*, N>& names) {
    std::string out;
    for (const char* name : names) out += (out.empty() ? "" : ", ") + std::string(name);
    return out;
}

template <std::size_t N>
static std::optional<std::size_t> Find(const std::array<const char*, N>& names,
                                       std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (name == names[i]) return i;
    }
    return std::nullopt;
}

static bool StartsWith(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

static std::string_view AfterScheme(std::string_view url) {
    if (StartsWith(url, "ws://")) return url.substr(5);
    if (StartsWith(url, "wss://")) return url.substr(6);
    return {};
}

class Reader {
public:
    explicit Reader(std::string& error) : error_(error) {}

    bool Read(std::string_view text) {
        if (text.size() > Connection::kMaxBytes) return Refuse("it is longer than 8192 bytes");
        if (!CountCharacters(text)) return Refuse("it is not UTF-8");
        while (!text.empty()) {
            const std::size_t end = text.find(';');
            const std::string_view part = Trimmed(text.substr(0, end));
            if (!part.empty() && !ReadPart(part)) return false;
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        }
        if (found.role == Role::Animation && found.profile.empty()) {
            return Refuse("role=animation needs a profile: write profile=... or role=basic");
        }
        return true;
    }

    Connection found;

private:
    bool Refuse(const std::string& why) {
        error_ = "connection string: " + why;
        return false;
    }

    bool ReadPart(std::string_view part) {
        const std::size_t equals = part.find('=');
        const std::string name(Trimmed(part.substr(0, equals)));
        if (equals == std::string_view::npos) {
            return Refuse("'" + name + "' has no value: write key=value, as in url=ws://...");
        }
        const std::optional<std::size_t> key = Find(kKeys, name);
        if (!key) return Refuse("unknown key '" + name + "', expected " + Listed(kKeys));
        if (seen_[*key]) return Refuse("'" + name + "' stands there twice");
        seen_[*key] = true;
        std::string value;
        if (!Unescape(Trimmed(part.substr(equals + 1)), value)) {
            return Refuse("a % in '" + name + "' needs two hexadecimal digits: write % as %25");
        }
        for (const char c : value) {
            if (IsControl(c)) return Refuse("'" + name + "' holds a control character");
        }
        if (!CountCharacters(value)) return Refuse("'" + name + "' is not UTF-8");
        return Take(*key, value);
    }

    bool Take(std::size_t key, const std::string& value) {
        switch (key) {
            case 0:
                return TakeUrl(value);
            case 1:
                found.token = value;
                return true;
            case 2:
                found.subject_prefix = value;
                return true;
            case 3:
                return TakeChoice("role", kRoles, value, found.role);
            case 4:
                return TakeChoice("curves", kCurves, value, found.curves);
            case 5:
                found.profile = value;
                return true;
            default:
                return TakeDelay(value);
        }
    }

    bool TakeUrl(const std::string& value) {
        const std::string host = AfterScheme(value).empty() ? std::string() : HostOf(value);
        if (host.empty() || host.front() == ':' || value.find(' ') != std::string::npos) {
            return Refuse("url is '" + value + "', expected ws://host:port or wss://host:port");
        }
        found.url = value;
        return true;
    }

    template <std::size_t N, typename Enum>
    bool TakeChoice(const char* key, const std::array<const char*, N>& names,
                    const std::string& value, Enum& choice) {
        const std::optional<std::size_t> index = Find(names, value);
        if (!index) {
            return Refuse(std::string(key) + " is '" + value + "', expected " + Listed(names));
        }
        choice = static_cast<Enum>(*index);
        return true;
    }

    // Digits and one point, read by hand: strtod follows the computer's locale.
    bool TakeDelay(const std::string& value) {
        double number = 0.0, unit = 0.0;
        bool has_digit = false, is_number = value.size() <= 16;
        for (const char c : value) {
            const bool is_digit = c >= '0' && c <= '9';
            is_number = is_number && (is_digit || (c == '.' && unit == 0.0));
            has_digit = has_digit || is_digit;
            if (c == '.') unit = 1.0;
            if (!is_digit) continue;
            if (unit == 0.0) number = number * 10 + (c - '0');
            if (unit > 0.0) number += (c - '0') * (unit /= 10);
        }
        if (!is_number || !has_digit || number > 1000 * Connection::kMaxDelayS) {
            return Refuse("delay_ms is '" + value + "', expected a number from 0 to 1000");
        }
        found.delay_s = number / 1000;
        return true;
    }

    std::string& error_;
    std::array<bool, kKeys.size()> seen_{};
};

// To a thousandth, without the locale's comma; what no delay can be becomes the nearest that can.
static std::string Milliseconds(double seconds) {
    const double delay_s =
        IsFinite(seconds) ? std::clamp(seconds, 0.0, Connection::kMaxDelayS) : 0.0;
    const auto micro = static_cast<long long>(delay_s * 1e6 + 0.5);
    std::string text = std::to_string(micro / 1000);
    if (micro % 1000 == 0) return text;
    std::string part = std::to_string(1000 + micro % 1000).substr(1);
    while (part.back() == '0') part.pop_back();
    return text + "." + part;
}

}  // namespace connection

std::optional<Connection> ParseConnection(std::string_view text, std::string& error) {
    connection::Reader reader(error);
    if (!reader.Read(text)) return std::nullopt;
    return reader.found;
}

std::string ConnectionText(const Connection& c) {
    using namespace connection;
    std::string text = "url=" + Escaped(c.url);
    if (!c.token.empty()) text += ";token=" + Escaped(c.token);
    text += ";subject-prefix=" + Escaped(c.subject_prefix);
    text += std::string(";role=") + kRoles[static_cast<std::size_t>(c.role)];
    text += std::string(";curves=") + kCurves[static_cast<std::size_t>(c.curves)];
    text += ";profile=" + Escaped(c.profile);
    return text + ";delay_ms=" + Milliseconds(c.delay_s);
}

std::string HostOf(std::string_view url) {
    const std::string_view rest = connection::AfterScheme(url);
    if (rest.empty()) return std::string(url);
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t at = host.rfind('@');
    return std::string(at == std::string_view::npos ? host : host.substr(at + 1));
}

}  // namespace geface
