// The messages of geface.v1 (docs/protocol.md) and their bytes. Times are seconds of the server's
// clock unless a field says otherwise.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

constexpr int kProtocolMajor = 1;
constexpr int kProtocolMinor = 2;
constexpr const char* kSubprotocol = "geface.v1";

struct Channel {
    std::string name;
    std::string unit;  // "intensity", "rad" or "m"
    double low = 0.0;
    double high = 1.0;
};

struct Hello {
    int major = kProtocolMajor;
    int minor = kProtocolMinor;
    std::string session;  // differs after every start of a server
    std::string layout_id;
    std::vector<Channel> channels;
    std::vector<std::string> subjects;
    std::string source;
    double rate_hz = 0.0;  // 0 where it is unknown
    std::string server;
    std::string server_version;
};

struct Frame {
    std::int64_t sequence = 0;
    int subject = 0;
    double time_s = 0.0;         // of the source, from its first frame
    double captured_at_s = 0.0;  // of the server's clock
    bool valid = false;          // false while the face is lost: the channels mean nothing
    double confidence = 0.0;
    std::vector<float> channels;  // all finite; may be empty if not valid
};

enum class Level : std::uint8_t { Info, Warning, Failure };

struct Status {
    Level level = Level::Info;
    std::string text;
};

struct Dropped {
    int subject = 0;
    std::int64_t first_sequence = 0;
    std::int64_t count = 1;
};

struct Pong {
    double client_time_s = 0.0;  // as the ping had it
    double received_at_s = 0.0;
    double sent_at_s = 0.0;
};

enum class CalibrationKind : std::uint8_t { Neutral, Range, Clear };

struct Calibrate {
    double duration_s = 2.0;  // 0..60
    std::optional<int> subject;
    CalibrationKind kind = CalibrationKind::Neutral;
    std::vector<std::string> channels;  // of Range; none for all
};

struct Gain {
    std::string channel;
    double factor = 1.0;  // 0..10
};

struct Mark {
    std::string label;
};

struct Playback {
    std::optional<double> position_s;
    std::optional<double> speed;  // 0.01..100
    std::optional<bool> paused;
    std::optional<double> skip_s;  // from position_s, or from where the take stands
};

struct Ping {
    double client_time_s = 0.0;
};

enum class Mode : std::uint8_t { Newest, All };

struct Subscribe {
    Mode mode = Mode::Newest;
};

using Message = std::variant<std::monostate, Hello, Frame, Status, Dropped, Pong, Calibrate, Gain,
                             Mark, Playback, Ping, Subscribe>;
using ClientMessage = std::variant<Calibrate, Gain, Mark, Playback, Ping, Subscribe>;

enum class Decoded : std::uint8_t {
    Taken,
    Ignored,  // a type of a later minor version
    Refused,  // not geface.v1
};

// Reads one message. `message` is changed only if the answer is Taken, `error` if it is Refused.
GEFACECORE_API Decoded Decode(ByteView data, Message& message, Error& error);

// The canonical bytes of what a client may send; empty if a value is out of its range, as no server
// would take it.
GEFACECORE_API std::vector<std::uint8_t> Encode(const ClientMessage& message);

// The protocol's name of a message: "frame", "hello", ...
GEFACECORE_API const char* NameOf(const Message& message);

}  // namespace geface
