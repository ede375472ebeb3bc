// A client's end of one connection without the connection: bytes and the time go in, messages come
// out. The same as ClientSession in geface_bridge/protocol/session.py.
#pragma once

#include <array>
#include <optional>

#include "GeFaceCore/Messages.h"

namespace geface {

// The server's clock against ours: of the last eight exchanges the quickest counts (RFC 5905,
// section 10), so that the answer is good and yet follows clocks that drift apart.
class GEFACECORE_API ClockFilter {
public:
    void Add(const Pong& pong, double time_s);

    // Server's clock minus ours; off by half of RoundTripS at most. None before the first pong.
    std::optional<double> OffsetS() const;
    std::optional<double> RoundTripS() const;

private:
    struct Exchange {
        double offset_s;
        double round_trip_s;
    };
    const Exchange* Best() const;

    std::array<Exchange, 8> exchanges_{};
    std::size_t count_ = 0;
};

class GEFACECORE_API Session {
public:
    // A layout other than the expected one is refused; empty takes any.
    explicit Session(std::string expected_layout_id = {});

    // Takes one binary websocket message, received at `time_s` of our clock. After a refusal
    // nothing but refusals follows: the connection is to be closed.
    Decoded Receive(ByteView data, double time_s, Message& message, Error& error);

    // What the server announced; null before.
    const Hello* Greeting() const { return hello_ ? &*hello_ : nullptr; }
    const ClockFilter& Clock() const { return clock_; }
    std::int64_t Received() const { return received_; }  // frames
    std::int64_t Missed() const { return missed_; }      // frames that sequence numbers show lost

    // Age of a frame at `time_s` of our clock; none before the first pong.
    std::optional<double> LatencyS(const Frame& frame, double time_s) const;

private:
    bool Welcome(const Message& message, Error& error);
    bool Follow(const Message& message, double time_s, Error& error);
    bool Count(const Frame& frame, Error& error);

    std::string expected_layout_id_;
    std::optional<Hello> hello_;
    ClockFilter clock_;
    std::array<std::optional<std::int64_t>, 16> last_sequence_;
    std::int64_t received_ = 0;
    std::int64_t missed_ = 0;
    Error failure_;
};

}  // namespace geface
