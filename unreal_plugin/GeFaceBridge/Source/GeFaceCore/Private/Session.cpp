#include "GeFaceCore/Session.h"

namespace geface {

void ClockFilter::Add(const Pong& pong, double time_s) {
    const double held_s = pong.sent_at_s - pong.received_at_s;
    const double there_s = pong.received_at_s - pong.client_time_s;
    const double back_s = pong.sent_at_s - time_s;
    exchanges_[count_ % exchanges_.size()] = {(there_s + back_s) / 2,
                                              time_s - pong.client_time_s - held_s};
    ++count_;
}

const ClockFilter::Exchange* ClockFilter::Best() const {
    const Exchange* best = nullptr;
    for (std::size_t i = 0; i < exchanges_.size() && i < count_; ++i) {
        const Exchange& exchange = exchanges_[i];
        if (best == nullptr || exchange.round_trip_s <= best->round_trip_s) best = &exchange;
    }
    return best;
}

std::optional<double> ClockFilter::OffsetS() const {
    const Exchange* best = Best();
    return best == nullptr ? std::nullopt : std::optional<double>(best->offset_s);
}

std::optional<double> ClockFilter::RoundTripS() const {
    const Exchange* best = Best();
    return best == nullptr ? std::nullopt : std::optional<double>(best->round_trip_s);
}

Session::Session(std::string expected_layout_id)
    : expected_layout_id_(static_cast<std::string&&>(expected_layout_id)) {}

Decoded Session::Receive(ByteView data, double time_s, Message& message, Error& error) {
    if (failure_.kind != ErrorKind::None) {
        error = failure_;
        return Decoded::Refused;
    }
    Message read;
    Decoded decoded = Decode(data, read, failure_);
    if (decoded == Decoded::Taken) {
        const bool taken =
            hello_ ? Follow(read, time_s, failure_) : Welcome(read, failure_);
        if (!taken) decoded = Decoded::Refused;
    }
    if (decoded == Decoded::Taken) message = static_cast<Message&&>(read);
    if (decoded == Decoded::Refused) error = failure_;
    return decoded;
}

std::optional<double> Session::LatencyS(const Frame& frame, double time_s) const {
    const std::optional<double> offset_s = clock_.OffsetS();
    if (!offset_s) return std::nullopt;
    return time_s + *offset_s - frame.captured_at_s;
}

bool Session::Welcome(const Message& message, Error& error) {
    const Hello* hello = std::get_if<Hello>(&message);
    if (hello == nullptr) {
        error = {ErrorKind::Protocol,
                 std::string("server's first message is ") + NameOf(message) + ", expected hello"};
        return false;
    }
    if (!expected_layout_id_.empty() && hello->layout_id != expected_layout_id_) {
        error = {ErrorKind::Version, "the server's layout is " + hello->layout_id + ", expected " +
                                         expected_layout_id_ +
                                         ": install the same version on both sides"};
        return false;
    }
    hello_ = *hello;
    return true;
}

bool Session::Follow(const Message& message, double time_s, Error& error) {
    if (const Frame* frame = std::get_if<Frame>(&message)) return Count(*frame, error);
    if (const Pong* pong = std::get_if<Pong>(&message)) {
        clock_.Add(*pong, time_s);
        return true;
    }
    if (std::get_if<Status>(&message) || std::get_if<Dropped>(&message)) return true;
    error = {ErrorKind::Protocol, std::string("server sent ") + NameOf(message) +
                                      " after its hello, which it may not"};
    return false;
}

bool Session::Count(const Frame& frame, Error& error) {
    const std::size_t subject = static_cast<std::size_t>(frame.subject);
    if (subject >= hello_->subjects.size()) {
        error = {ErrorKind::Protocol, "frame.subject is " + std::to_string(subject) +
                                          ", expected less than " +
                                          std::to_string(hello_->subjects.size())};
        return false;
    }
    const std::size_t found = frame.channels.size();
    const std::size_t expected = hello_->channels.size();
    if (found != expected && (frame.valid || found != 0)) {
        error = {ErrorKind::Protocol, "frame.channels holds " + std::to_string(found) +
                                          " channels, expected " + std::to_string(expected)};
        return false;
    }
    const std::int64_t last = last_sequence_[subject].value_or(frame.sequence - 1);
    if (frame.sequence <= last) {
        error = {ErrorKind::Protocol, "frame.sequence is " + std::to_string(frame.sequence) +
                                          " after " + std::to_string(last) +
                                          ", expected it to rise"};
        return false;
    }
    missed_ += frame.sequence - last - 1;
    received_ += 1;
    last_sequence_[subject] = frame.sequence;
    return true;
}

}  // namespace geface
