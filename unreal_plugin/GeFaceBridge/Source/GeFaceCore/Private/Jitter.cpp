#include "GeFaceCore/Jitter.h"

#include <algorithm>

namespace geface {

JitterBuffer::JitterBuffer(JitterConfig config) : config_(config) {
    config_.capacity = std::max<std::size_t>(config_.capacity, 2);
}

Pushed JitterBuffer::Push(Frame frame) {
    const auto same = [&](const Frame& other) { return other.sequence == frame.sequence; };
    if ((shown_ && same(*shown_)) || std::any_of(frames_.begin(), frames_.end(), same)) {
        ++duplicates_;
        return Pushed::Duplicate;
    }
    if (shown_ && frame.captured_at_s <= shown_->captured_at_s) {
        ++late_;
        return Pushed::Late;
    }
    // From the back: almost every frame is the newest.
    auto place = frames_.end();
    while (place != frames_.begin() && (place - 1)->captured_at_s > frame.captured_at_s) --place;
    frames_.insert(place, static_cast<Frame&&>(frame));
    if (frames_.size() > config_.capacity) {
        // Its turn may be far off by a wrong clock: it is shown rather than lost.
        shown_ = static_cast<Frame&&>(frames_.front());
        frames_.pop_front();
        ++overflowed_;
    }
    return Pushed::Kept;
}

std::optional<Frame> JitterBuffer::Show(double time_s) {
    const double due_s = time_s - config_.delay_s;
    const bool at_once = config_.delay_s <= 0;
    while (!frames_.empty() && (at_once || frames_.front().captured_at_s <= due_s)) {
        shown_ = static_cast<Frame&&>(frames_.front());
        frames_.pop_front();
    }
    if (!shown_) return std::nullopt;
    const Frame& newest = frames_.empty() ? *shown_ : frames_.back();
    if (time_s - newest.captured_at_s > config_.stale_s + config_.delay_s) {
        Frame silent = *shown_;
        silent.valid = false;
        silent.confidence = 0.0;
        return silent;
    }
    if (config_.interpolate && !frames_.empty() && shown_->valid && frames_.front().valid) {
        return Between(*shown_, frames_.front(), due_s);
    }
    return shown_;
}

Frame JitterBuffer::Between(const Frame& before, const Frame& after, double time_s) const {
    const double span_s = after.captured_at_s - before.captured_at_s;
    const double share = std::clamp((time_s - before.captured_at_s) / span_s, 0.0, 1.0);
    Frame mixed = before;
    mixed.captured_at_s += share * span_s;
    mixed.time_s += share * (after.time_s - before.time_s);
    mixed.confidence += share * (after.confidence - before.confidence);
    for (std::size_t i = 0; i < std::min(mixed.channels.size(), after.channels.size()); ++i) {
        mixed.channels[i] += static_cast<float>(share) * (after.channels[i] - mixed.channels[i]);
    }
    return mixed;
}

void JitterBuffer::Reset() {
    frames_.clear();
    shown_.reset();
}

}  // namespace geface
