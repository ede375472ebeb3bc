// A whole client but its socket and clock: when to connect and to give up, what to send, which face
// to show. The host hands events and the time in and does what Tick says.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "GeFaceCore/Jitter.h"
#include "GeFaceCore/Presence.h"
#include "GeFaceCore/Session.h"

namespace geface {

// The HTTP status that a socket's error text tells of, 0 if it tells of none. libwebsockets, which
// Unreal uses on most platforms, says "unauthorized" for 401 and no number.
GEFACECORE_API int HandshakeStatus(std::string_view error);

struct ClientConfig {
    std::string expected_layout_id;  // empty: any
    Mode mode = Mode::Newest;
    JitterConfig jitter;
    PresenceConfig presence;
    double first_pause_s = 0.5;  // before connecting again; doubles with every failure
    double last_pause_s = 8.0;
    double greeting_s = 10.0;  // a server that says nothing for so long is given up
    double silence_s = 15.0;   // the same once it has spoken: it answers pings every five seconds
};

enum class ClientState : std::uint8_t {
    Stopped,
    Connecting,  // a socket is being opened
    Greeting,    // open, the server has not said hello
    Streaming,
    Pausing,  // broken; another try follows
    Refused,  // no other try: another version, a wrong token, a mistake of ours
};

enum class Action : std::uint8_t { None, Connect, Close };

// What to show of a face now.
struct Shown {
    std::vector<double> channels;  // in the order of hello's; rest before the first frame
    bool valid = false;
    double confidence = 0.0;
    std::int64_t sequence = 0;
    double time_s = 0.0;         // of the source
    double captured_at_s = 0.0;  // of our clock
};

class GEFACECORE_API Client {
public:
    explicit Client(ClientConfig config = {});

    void Start();
    void Stop();  // the host closes its socket; Opened, Closed and Received are passed over then

    // What the host has to do with its socket now; each answer is given once.
    Action Tick(double time_s);

    void Opened(double time_s);
    void Received(ByteView data, double time_s);
    void ReceivedText(double time_s);
    void Closed(int code, double time_s);  // also of a connection that never opened: 1006

    // For people with a wrong token or origin: no other try follows.
    void HandshakeRefused(int http_status);

    // A connection that never opened, in the words of the host's socket: a refusal if they name
    // one that trying again does not change, else as Closed.
    void Unreachable(std::string_view error, double time_s);

    // From now on; frames that wait already are kept. 0..1
    void SetDelayS(double delay_s);

    // A message for the server; false if there is no connection or the message is not allowed.
    bool Send(const ClientMessage& message);
    // The next bytes that wait to be sent; false if none do.
    bool TakeOutgoing(std::vector<std::uint8_t>& bytes);

    // Server's status messages since the last call, at most the newest 64.
    std::deque<Status> TakeStatus();

    // What a subject shows at `time_s` of our clock; null if there is no such subject.
    const Shown* Show(std::size_t subject, double time_s);

    ClientState State() const { return state_; }
    const std::string& Reason() const { return reason_; }  // of the last failure, for people
    std::string Text() const;  // state and reason in one line, for people
    // What the last server announced, also while the connection is broken; null before.
    const Hello* Greeting() const { return hello_ ? &*hello_ : nullptr; }
    // Rises with every hello that announces other channels or subjects than before.
    int Schema() const { return schema_; }
    const Session& Connection() const { return *session_; }

private:
    struct Face {
        JitterBuffer jitter;
        Presence presence;
        Shown shown;
    };

    void Fail(std::string reason, bool for_ever, double time_s);
    void Pause(double time_s);
    void Adopt(const Hello& hello);
    void Take(Frame&& frame, double time_s);
    void SendPing(double time_s);
    bool IsSilent(double time_s);
    double ServerTimeS(double time_s) const;

    ClientConfig config_;
    ClientState state_ = ClientState::Stopped;
    std::string reason_;
    std::unique_ptr<Session> session_;
    std::optional<Hello> hello_;
    std::vector<Face> faces_;
    std::deque<std::vector<std::uint8_t>> outgoing_;
    std::deque<Status> status_;
    int schema_ = 0;
    bool wants_close_ = false;
    double pause_s_;
    double next_s_ = 0.0;  // of the next try, or the end of patience with opening and greeting
    double silent_s_ = 0.0;  // how long the server has said nothing
    double ticked_s_ = 0.0;
    double next_ping_s_ = 0.0;
    int pings_ = 0;
    std::optional<double> arrival_offset_s_;  // for the clock's offset before the first pong
};

}  // namespace geface
