#include "GeFaceCore/Messages.h"

#include <cstdio>
#include <string_view>
#include <type_traits>

#include "GeFaceCore/Bits.h"
#include "GeFaceCore/Msgpack.h"
#include "GeFaceCore/Utf8.h"

namespace geface {

using msgpack::Kind;
using msgpack::Value;

namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxChannels = 256;
constexpr std::size_t kMaxSubjects = 16;
constexpr std::int64_t kMaxSafeInteger = (std::int64_t{1} << 53) - 1;
constexpr double kLargest = 1.7976931348623157e308;

const char* const kLevels[] = {"info", "warning", "error"};
const char* const kModes[] = {"newest", "all"};
const char* const kKinds[] = {"neutral", "range", "clear"};

std::string Show(const Value* value) {
    char text[40];
    if (value == nullptr) return "missing";
    switch (value->kind) {
        case Kind::Nil:
            return "nil";
        case Kind::Boolean:
            return value->boolean ? "true" : "false";
        case Kind::Integer:
        case Kind::Float:
            std::snprintf(text, sizeof text, "%g", value->number);
            return text;
        case Kind::String:
            return "the string '" + std::string(value->text.substr(0, 48)) + "'";
        case Kind::Binary:
            return "a bin of " + std::to_string(value->text.size()) + " bytes";
        case Kind::Array:
            return "an array of " + std::to_string(value->items.size());
        default:
            return "a map";
    }
}

// Where a value stands, as text only when something is wrong there: "hello.channels[3].name".
struct Where {
    const char* kind;
    const char* key;
    std::ptrdiff_t index = -1;
    const char* part = "";

    Where At(std::size_t i) const { return {kind, key, static_cast<std::ptrdiff_t>(i), ""}; }
    Where Part(const char* name) const { return {kind, key, index, name}; }
    std::string Text() const {
        const std::string text = std::string(kind) + "." + key;
        return index < 0 ? text : text + "[" + std::to_string(index) + "]" + part;
    }
};

// Checked readers: what was found and what was expected goes to the error, `where` in front.
class Checker {
public:
    explicit Checker(Error& error) : error_(error) {}

    bool Wrong(const Where& where, const Value* value, const char* expected) {
        error_ = {ErrorKind::Protocol, where.Text() + " is " + Show(value) + ", expected " + expected};
        return false;
    }

    bool Boolean(const Value* value, const Where& where, bool& out) {
        if (value == nullptr || value->kind != Kind::Boolean) {
            return Wrong(where, value, "true or false");
        }
        out = value->boolean;
        return true;
    }

    template <typename Integer>
    bool Integers(const Value* value, const Where& where, std::int64_t low,
                  std::int64_t high, Integer& out) {
        const bool is = value != nullptr && value->kind == Kind::Integer;
        if (!is || value->integer < low || value->integer > high) {
            return Wrong(where, value, "an integer in its range");
        }
        out = static_cast<Integer>(value->integer);
        return true;
    }

    bool Number(const Value* value, const Where& where, double low, double high,
                double& out) {
        const bool is =
            value != nullptr && (value->kind == Kind::Integer || value->kind == Kind::Float);
        if (!is || !IsFinite(value->number) || value->number < low || value->number > high) {
            return Wrong(where, value, "a finite number in its range");
        }
        out = value->number;
        return true;
    }

    bool Text(const Value* value, const Where& where, std::size_t low, std::size_t high,
              std::string& out) {
        if (value == nullptr || value->kind != Kind::String) {
            return Wrong(where, value, "a string");
        }
        const std::size_t count = CountCharacters(value->text).value_or(high + 1);
        if (count < low || count > high) return Wrong(where, value, "a string of its length");
        out = value->text;
        return true;
    }

    template <typename Choice, std::size_t N>
    bool OneOf(const Value* value, const Where& where, const char* const (&words)[N],
               Choice& out) {
        for (std::size_t i = 0; value != nullptr && value->kind == Kind::String && i < N; ++i) {
            if (value->text == words[i]) {
                out = static_cast<Choice>(i);
                return true;
            }
        }
        return Wrong(where, value, "one of its words");
    }

    bool Array(const Value* value, const Where& where, std::size_t low, std::size_t high) {
        if (value == nullptr || value->kind != Kind::Array) return Wrong(where, value, "an array");
        if (value->items.size() >= low && value->items.size() <= high) return true;
        return Wrong(where, value, "an array of its length");
    }

    bool Texts(const Value* value, const Where& where, std::size_t low, std::size_t high,
               std::size_t shortest, std::vector<std::string>& out) {
        if (!Array(value, where, low, high)) return false;
        out.resize(value->items.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (!Text(&value->items[i], where.At(i), shortest, kMaxName, out[i])) return false;
        }
        return true;
    }

    Error& Failure() { return error_; }

private:
    Error& error_;
};

// The fields of one message by their keys.
class Fields {
public:
    Fields(const Value& map, const char* kind, Error& error)
        : map_(map), kind_(kind), check_(error) {}

    const Value* Find(const char* key) const { return map_.Find(key); }
    bool Has(const char* key) const { return Find(key) != nullptr; }
    bool HasValue(const char* key) const { return Has(key) && Find(key)->kind != Kind::Nil; }
    Where Of(const char* key) const { return {kind_, key}; }
    Checker& Check() { return check_; }

    bool Boolean(const char* key, bool& out) {
        return check_.Boolean(Find(key), Of(key), out);
    }
    template <typename Integer>
    bool Integers(const char* key, std::int64_t low, std::int64_t high, Integer& out) {
        return check_.Integers(Find(key), Of(key), low, high, out);
    }
    bool Number(const char* key, double& out, double low = -kLargest, double high = kLargest) {
        return check_.Number(Find(key), Of(key), low, high, out);
    }
    bool Text(const char* key, std::size_t low, std::size_t high, std::string& out) {
        return check_.Text(Find(key), Of(key), low, high, out);
    }
    template <typename Choice, std::size_t N>
    bool OneOf(const char* key, const char* const (&words)[N], Choice& out) {
        return check_.OneOf(Find(key), Of(key), words, out);
    }
    bool Subject(int& out) { return Integers("subject", 0, kMaxSubjects - 1, out); }

private:
    const Value& map_;
    const char* kind_;
    Checker check_;
};

bool ReadVersion(Fields& f, Hello& m) {
    const Value* value = f.Find("version");
    const Where where = f.Of("version");
    if (!f.Check().Array(value, where, 2, 2)) return false;
    if (!f.Check().Integers(&value->items[0], where, 0, 65535, m.major)) return false;
    if (!f.Check().Integers(&value->items[1], where, 0, 65535, m.minor)) return false;
    if (m.major == kProtocolMajor) return true;
    const std::string update = m.major > kProtocolMajor
                                   ? "update this plugin"
                                   : "update the server with `pip install --upgrade geface-bridge`";
    f.Check().Failure() = {ErrorKind::Version, "the server speaks geface.v" +
                                                   std::to_string(m.major) + ", this plugin " +
                                                   kSubprotocol + ": " + update};
    return false;
}

bool ReadChannel(Checker& check, const Value& value, const Where& where, Channel& channel) {
    if (!check.Array(&value, where, 4, 4)) return false;
    const bool read =
        check.Text(&value.items[0], where.Part(".name"), 1, kMaxName, channel.name) &&
        check.Text(&value.items[1], where.Part(".unit"), 0, kMaxName, channel.unit) &&
        check.Number(&value.items[2], where.Part(".low"), -kLargest, kLargest, channel.low) &&
        check.Number(&value.items[3], where.Part(".high"), -kLargest, kLargest, channel.high);
    if (read && !(channel.low < channel.high)) {
        return check.Wrong(where, &value.items[2], "less than its high");
    }
    return read;
}

bool ReadChannels(Fields& f, std::vector<Channel>& channels) {
    const Value* value = f.Find("channels");
    const Where where = f.Of("channels");
    if (!f.Check().Array(value, where, 1, kMaxChannels)) return false;
    channels.resize(value->items.size());
    for (std::size_t i = 0; i < channels.size(); ++i) {
        if (!ReadChannel(f.Check(), value->items[i], where.At(i), channels[i])) {
            return false;
        }
        for (std::size_t j = 0; j < i; ++j) {
            if (channels[j].name == channels[i].name) {
                return f.Check().Wrong(where, &value->items[i].items[0], "distinct names");
            }
        }
    }
    return true;
}

bool ReadFloats(Fields& f, std::vector<float>& floats) {
    const Value* value = f.Find("channels");
    const Where where = f.Of("channels");
    if (value == nullptr || value->kind != Kind::Binary || value->text.size() % 4 != 0 ||
        value->text.size() > 4 * kMaxChannels) {
        return f.Check().Wrong(where, value, "a bin of up to 256 little-endian float32");
    }
    floats.resize(value->text.size() / 4);
    for (std::size_t i = 0; i < floats.size(); ++i) {
        const auto* b = reinterpret_cast<const std::uint8_t*>(value->text.data()) + 4 * i;
        const std::uint32_t bits = b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 |
                                   std::uint32_t{b[3]} << 24;
        if (!IsFiniteFloatBits(bits)) {
            return f.Check().Wrong(where.At(i), nullptr, "finite numbers");
        }
        floats[i] = FloatFromBits(bits);
    }
    return true;
}

bool ReadFields(Fields& f, Hello& m) {
    return ReadVersion(f, m) && f.Text("session", 0, kMaxName, m.session) &&
           f.Text("layout_id", 1, kMaxName, m.layout_id) && ReadChannels(f, m.channels) &&
           f.Check().Texts(f.Find("subjects"), f.Of("subjects"), 1, kMaxSubjects, 0,
                           m.subjects) &&
           f.Text("source", 0, kMaxText, m.source) && f.Number("rate_hz", m.rate_hz, 0, 1000) &&
           f.Text("server", 0, kMaxName, m.server) &&
           f.Text("server_version", 0, kMaxName, m.server_version);
}

bool ReadFields(Fields& f, Frame& m) {
    return f.Integers("sequence", 0, kMaxSafeInteger, m.sequence) && f.Subject(m.subject) &&
           f.Number("time_s", m.time_s) && f.Number("captured_at_s", m.captured_at_s) &&
           f.Boolean("valid", m.valid) && f.Number("confidence", m.confidence, 0, 1) &&
           ReadFloats(f, m.channels);
}

bool ReadFields(Fields& f, Status& m) {
    return f.OneOf("level", kLevels, m.level) && f.Text("text", 0, kMaxText, m.text);
}

bool ReadFields(Fields& f, Dropped& m) {
    return f.Subject(m.subject) && f.Integers("first_sequence", 0, kMaxSafeInteger, m.first_sequence) &&
           f.Integers("count", 1, kMaxSafeInteger, m.count);
}

bool ReadFields(Fields& f, Pong& m) {
    return f.Number("client_time_s", m.client_time_s) &&
           f.Number("received_at_s", m.received_at_s) && f.Number("sent_at_s", m.sent_at_s);
}

bool ReadFields(Fields& f, Calibrate& m) {
    int subject = 0;
    if (f.Has("duration_s") && !f.Number("duration_s", m.duration_s, 0, 60)) return false;
    if (f.HasValue("subject")) {
        if (!f.Subject(subject)) return false;
        m.subject = subject;
    }
    if (f.Has("kind") && !f.OneOf("kind", kKinds, m.kind)) return false;
    return !f.Has("channels") || f.Check().Texts(f.Find("channels"), f.Of("channels"), 0,
                                                 kMaxChannels, 1, m.channels);
}

bool ReadFields(Fields& f, Gain& m) {
    return f.Text("channel", 1, kMaxName, m.channel) && f.Number("factor", m.factor, 0, 10);
}

bool ReadFields(Fields& f, Mark& m) { return f.Text("label", 0, kMaxText, m.label); }

bool ReadFields(Fields& f, Playback& m) {
    double number = 0;
    bool flag = false;
    if (f.HasValue("position_s")) {
        if (!f.Number("position_s", number)) return false;
        m.position_s = number;
    }
    if (f.HasValue("speed")) {
        if (!f.Number("speed", number, 0.01, 100)) return false;
        m.speed = number;
    }
    if (f.HasValue("paused")) {
        if (!f.Boolean("paused", flag)) return false;
        m.paused = flag;
    }
    if (f.HasValue("skip_s")) {
        if (!f.Number("skip_s", number)) return false;
        m.skip_s = number;
    }
    return true;
}

bool ReadFields(Fields& f, Ping& m) { return f.Number("client_time_s", m.client_time_s); }

bool ReadFields(Fields& f, Subscribe& m) { return f.OneOf("mode", kModes, m.mode); }

constexpr const char* kNames[] = {"",     "hello",     "frame", "status", "dropped",  "pong",
                                  "calibrate", "gain", "mark",  "playback", "ping", "subscribe"};
static_assert(std::variant_size_v<Message> == sizeof kNames / sizeof kNames[0]);

// The alternative of Message whose name is the type.
template <std::size_t I = 1>
Decoded ReadAs(std::string_view type, const Value& map, Message& message, Error& error) {
    if constexpr (I == std::variant_size_v<Message>) {
        return Decoded::Ignored;
    } else {
        if (type != kNames[I]) return ReadAs<I + 1>(type, map, message, error);
        std::variant_alternative_t<I, Message> read;
        Fields fields(map, kNames[I], error);
        if (!ReadFields(fields, read)) return Decoded::Refused;
        message = static_cast<decltype(read)&&>(read);
        return Decoded::Taken;
    }
}

template <typename T>
void WriteOptional(msgpack::Writer& w, const std::optional<T>& value) {
    if (!value) return w.Nil();
    if constexpr (std::is_same_v<T, bool>) {
        w.Boolean(*value);
    } else if constexpr (std::is_same_v<T, int>) {
        w.Integer(static_cast<std::uint64_t>(*value));
    } else {
        w.Number(*value);
    }
}

void Begin(msgpack::Writer& w, const char* type, std::size_t fields) {
    w.Map(fields + 1);
    w.String("type");
    w.String(type);
}

void Write(msgpack::Writer& w, const Calibrate& m) {
    const bool kind = m.kind != CalibrationKind::Neutral;
    Begin(w, "calibrate", 2u + (kind ? 1u : 0u) + (m.channels.empty() ? 0u : 1u));
    w.String("duration_s");
    w.Number(m.duration_s);
    w.String("subject");
    WriteOptional(w, m.subject);
    if (kind) {
        w.String("kind");
        w.String(kKinds[static_cast<int>(m.kind)]);
    }
    if (m.channels.empty()) return;
    w.String("channels");
    w.Array(m.channels.size());
    for (const std::string& name : m.channels) w.String(name);
}

void Write(msgpack::Writer& w, const Gain& m) {
    Begin(w, "gain", 2);
    w.String("channel");
    w.String(m.channel);
    w.String("factor");
    w.Number(m.factor);
}

void Write(msgpack::Writer& w, const Mark& m) {
    Begin(w, "mark", 1);
    w.String("label");
    w.String(m.label);
}

void Write(msgpack::Writer& w, const Playback& m) {
    Begin(w, "playback", m.skip_s ? 4 : 3);
    w.String("position_s");
    WriteOptional(w, m.position_s);
    w.String("speed");
    WriteOptional(w, m.speed);
    w.String("paused");
    WriteOptional(w, m.paused);
    if (!m.skip_s) return;
    w.String("skip_s");
    w.Number(*m.skip_s);
}

void Write(msgpack::Writer& w, const Ping& m) {
    Begin(w, "ping", 1);
    w.String("client_time_s");
    w.Number(m.client_time_s);
}

void Write(msgpack::Writer& w, const Subscribe& m) {
    Begin(w, "subscribe", 1);
    w.String("mode");
    w.String(kModes[static_cast<int>(m.mode)]);
}

template <std::size_t I = 0>
void WriteAny(msgpack::Writer& w, const ClientMessage& message) {
    if constexpr (I < std::variant_size_v<ClientMessage>) {
        if (const auto* m = std::get_if<I>(&message)) return Write(w, *m);
        WriteAny<I + 1>(w, message);
    }
}

}  // namespace

Decoded Decode(ByteView data, Message& message, Error& error) {
    Value map;
    if (!msgpack::Read(data, map, error)) return Decoded::Refused;
    const Value* type = map.Find("type");
    if (type == nullptr || type->kind != Kind::String) {
        Checker(error).Wrong({"message", "type"}, type, "a string");
        return Decoded::Refused;
    }
    return ReadAs(type->text, map, message, error);
}

std::vector<std::uint8_t> Encode(const ClientMessage& message) {
    msgpack::Writer writer;
    WriteAny(writer, message);
    std::vector<std::uint8_t> bytes = writer.Take();
    Message back;
    Error error;
    // Our own reader says whether a server takes it.
    if (Decode({bytes.data(), bytes.size()}, back, error) != Decoded::Taken) bytes.clear();
    return bytes;
}

const char* NameOf(const Message& message) { return kNames[message.index()]; }

}  // namespace geface
