#include "GeFaceCore/Client.h"

#include <algorithm>
#include <limits>

namespace geface {

namespace client {

constexpr std::size_t kMaxStatus = 64;
constexpr std::size_t kMaxOutgoing = 64;  // the server takes 120 messages at once
constexpr int kQuickPings = 8;            // at first, to know the clock soon
constexpr double kQuickPing_s = 0.25;
constexpr double kPing_s = 5.0;
// A host that stood still (a dialog, a breakpoint) has not listened: longer steps do not count.
constexpr double kLongestTick_s = 0.5;

static bool SameSchema(const Hello& a, const Hello& b) {
    const auto same = [](const Channel& x, const Channel& y) {
        return x.name == y.name && x.unit == y.unit && x.low == y.low && x.high == y.high;
    };
    return a.subjects == b.subjects && a.channels.size() == b.channels.size() &&
           std::equal(a.channels.begin(), a.channels.end(), b.channels.begin(), same);
}

}  // namespace client

int HandshakeStatus(std::string_view error) {
    const auto has = [error](const char* word) {
        return error.find(word) != std::string_view::npos;
    };
    if (has("401") || has("nauthorized")) return 401;
    if (has("403") || has("orbidden")) return 403;
    return 0;
}

Client::Client(ClientConfig config)
    : config_(static_cast<ClientConfig&&>(config)),
      session_(std::make_unique<Session>()),
      pause_s_(config_.first_pause_s) {}

void Client::Start() {
    if (state_ != ClientState::Stopped && state_ != ClientState::Refused) return;
    state_ = ClientState::Pausing;
    pause_s_ = config_.first_pause_s;
    next_s_ = -std::numeric_limits<double>::max();
    wants_close_ = false;
}

void Client::Stop() {
    state_ = ClientState::Stopped;
    outgoing_.clear();
    wants_close_ = false;
}

Action Client::Tick(double time_s) {
    if (wants_close_) {
        wants_close_ = false;
        return Action::Close;
    }
    if (state_ == ClientState::Pausing && time_s >= next_s_) {
        state_ = ClientState::Connecting;
        next_s_ = time_s + config_.greeting_s;
        return Action::Connect;
    }
    const bool opens = state_ == ClientState::Connecting;
    if ((opens || state_ == ClientState::Greeting) && time_s >= next_s_) {
        Fail(opens ? "no server answers" : "the server says nothing: is it geface-bridge?", false,
             time_s);
        wants_close_ = false;
        return Action::Close;
    }
    if (IsSilent(time_s)) {
        Fail("the server fell silent", false, time_s);
        wants_close_ = false;
        return Action::Close;
    }
    if (state_ == ClientState::Streaming && time_s >= next_ping_s_) SendPing(time_s);
    return Action::None;
}

bool Client::IsSilent(double time_s) {
    const double step_s = std::clamp(time_s - ticked_s_, 0.0, client::kLongestTick_s);
    ticked_s_ = time_s;
    silent_s_ += step_s;
    return state_ == ClientState::Streaming && silent_s_ > config_.silence_s;
}

void Client::Opened(double time_s) {
    if (state_ != ClientState::Connecting) return;
    state_ = ClientState::Greeting;
    next_s_ = time_s + config_.greeting_s;
    session_ = std::make_unique<Session>(config_.expected_layout_id);
    outgoing_.clear();
}

void Client::Received(ByteView data, double time_s) {
    if (state_ != ClientState::Greeting && state_ != ClientState::Streaming) return;
    silent_s_ = 0.0;
    Message message;
    Error error;
    const Decoded decoded = session_->Receive(data, time_s, message, error);
    if (decoded == Decoded::Refused) return Fail(error.text, true, time_s);
    if (const Hello* hello = std::get_if<Hello>(&message)) Adopt(*hello);
    if (Frame* frame = std::get_if<Frame>(&message)) Take(static_cast<Frame&&>(*frame), time_s);
    if (Status* status = std::get_if<Status>(&message)) {
        if (status_.size() == client::kMaxStatus) status_.pop_front();
        status_.push_back(static_cast<Status&&>(*status));
    }
}

void Client::ReceivedText(double time_s) {
    if (state_ != ClientState::Greeting && state_ != ClientState::Streaming) return;
    Fail("server sent text, expected a binary message", true, time_s);
}

void Client::Closed(int code, double time_s) {
    if (state_ == ClientState::Stopped || state_ == ClientState::Refused) return;
    if (state_ == ClientState::Pausing) return;  // by our own wish
    const bool our_mistake = code == 1002 || code == 1007 || code == 1008;
    const bool never_opened = state_ == ClientState::Connecting;
    Fail(never_opened ? "no server answers" : "closed with code " + std::to_string(code),
         our_mistake, time_s);
    wants_close_ = false;
}

void Client::HandshakeRefused(int http_status) {
    state_ = ClientState::Refused;
    reason_ = http_status == 401   ? "the server wants a token"
              : http_status == 403 ? "the server refuses this origin"
                                   : "the server answers " + std::to_string(http_status);
}

void Client::Unreachable(std::string_view error, double time_s) {
    if (state_ == ClientState::Connecting) {
        const int status = HandshakeStatus(error);
        if (status == 401 || status == 403) return HandshakeRefused(status);
    }
    Closed(1006, time_s);
    if (state_ != ClientState::Pausing || error.empty()) return;
    // libwebsockets' words for every answer but 101 and 401: of 400, 403 and 503 alike.
    const bool answered = error.find("not 101") != std::string_view::npos;
    reason_ = (answered ? "a server answers but does not let us in: is it geface-bridge, of the "
                          "same version, and may this host connect?"
                        : reason_) +
              " (" + std::string(error) + ")";
}

void Client::SetDelayS(double delay_s) {
    config_.jitter.delay_s = delay_s;
    for (Face& face : faces_) face.jitter.SetDelayS(delay_s);
}

std::string Client::Text() const {
    switch (state_) {
        case ClientState::Stopped:
            return "Stopped";
        case ClientState::Connecting:
        case ClientState::Greeting:
            return reason_.empty() ? "Connecting" : "Connecting again: " + reason_;
        case ClientState::Streaming:
            return "Active";
        case ClientState::Pausing:
            return reason_.empty() ? "Connecting" : "Not responding: " + reason_;
        default:
            return "Refused: " + reason_;
    }
}

bool Client::Send(const ClientMessage& message) {
    if (state_ != ClientState::Streaming || outgoing_.size() >= client::kMaxOutgoing) return false;
    std::vector<std::uint8_t> bytes = Encode(message);
    if (bytes.empty()) return false;
    outgoing_.push_back(static_cast<std::vector<std::uint8_t>&&>(bytes));
    return true;
}

bool Client::TakeOutgoing(std::vector<std::uint8_t>& bytes) {
    if (outgoing_.empty()) return false;
    bytes = static_cast<std::vector<std::uint8_t>&&>(outgoing_.front());
    outgoing_.pop_front();
    return true;
}

std::deque<Status> Client::TakeStatus() {
    std::deque<Status> taken;
    taken.swap(status_);
    return taken;
}

const Shown* Client::Show(std::size_t subject, double time_s) {
    if (subject >= faces_.size()) return nullptr;
    Face& face = faces_[subject];
    const std::optional<Frame> frame = face.jitter.Show(ServerTimeS(time_s));
    const bool valid = frame && frame->valid;
    face.shown.channels = face.presence.Show(valid ? frame->channels.data() : nullptr, time_s);
    face.shown.valid = valid;
    face.shown.confidence = valid ? frame->confidence : 0.0;
    if (frame) {
        face.shown.sequence = frame->sequence;
        face.shown.time_s = frame->time_s;
        face.shown.captured_at_s = time_s - (ServerTimeS(time_s) - frame->captured_at_s);
    }
    return &face.shown;
}

void Client::Fail(std::string reason, bool for_ever, double time_s) {
    reason_ = static_cast<std::string&&>(reason);
    outgoing_.clear();
    wants_close_ = true;
    if (for_ever) {
        state_ = ClientState::Refused;
    } else {
        Pause(time_s);
    }
}

void Client::Pause(double time_s) {
    state_ = ClientState::Pausing;
    next_s_ = time_s + pause_s_;
    pause_s_ = std::min(2 * pause_s_, config_.last_pause_s);
}

void Client::Adopt(const Hello& hello) {
    const bool same_schema = hello_ && client::SameSchema(*hello_, hello);
    if (same_schema) {
        // A server's restart starts clock and sequence anew; what is shown goes on from where it is.
        for (Face& face : faces_) face.jitter.Reset();
    } else {
        faces_.clear();
        for (std::size_t i = 0; i < hello.subjects.size(); ++i) {
            faces_.push_back({JitterBuffer(config_.jitter),
                              Presence(hello.channels.size(), config_.presence), Shown()});
        }
        ++schema_;
    }
    hello_ = hello;
    state_ = ClientState::Streaming;
    reason_.clear();
    pause_s_ = config_.first_pause_s;
    pings_ = 0;
    next_ping_s_ = -std::numeric_limits<double>::max();
    arrival_offset_s_.reset();
    if (config_.mode != Mode::Newest) Send(Subscribe{config_.mode});
}

void Client::Take(Frame&& frame, double time_s) {
    if (!arrival_offset_s_) arrival_offset_s_ = frame.captured_at_s - time_s;
    faces_[static_cast<std::size_t>(frame.subject)].jitter.Push(static_cast<Frame&&>(frame));
}

void Client::SendPing(double time_s) {
    Send(Ping{time_s});
    ++pings_;
    next_ping_s_ = time_s + (pings_ < client::kQuickPings ? client::kQuickPing_s : client::kPing_s);
}

double Client::ServerTimeS(double time_s) const {
    const std::optional<double> offset_s = session_->Clock().OffsetS();
    return time_s + (offset_s ? *offset_s : arrival_offset_s_.value_or(0.0));
}

}  // namespace geface
