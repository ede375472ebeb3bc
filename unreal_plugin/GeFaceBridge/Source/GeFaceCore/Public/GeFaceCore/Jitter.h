// Evens out when frames arrive, and puts them in the order in which they were captured.
#pragma once

#include <deque>
#include <optional>

#include "GeFaceCore/Messages.h"

namespace geface {

struct JitterConfig {
    double delay_s = 0.0;        // how long a frame waits for earlier ones, from its capture; >= 0
    bool interpolate = false;    // between the frames around the time that is shown
    std::size_t capacity = 128;  // frames that wait at most, >= 2; beyond it the oldest goes
    double stale_s = 1.0;        // a face that sends nothing for so long counts as lost
};

enum class Pushed : std::uint8_t { Kept, Duplicate, Late };

// Frames of one subject. All times are of the server's clock. Memory is bounded by the capacity.
class GEFACECORE_API JitterBuffer {
public:
    explicit JitterBuffer(JitterConfig config = {});

    // Frames may come in any order; one that was captured before what is shown comes too late.
    Pushed Push(Frame frame);

    // The frame to show at a time that normally rises: the newest captured at least `delay_s` ago,
    // or, if asked for, what lies between it and the next. None before the first. A silence longer
    // than `stale_s` gives a frame that is not valid.
    std::optional<Frame> Show(double time_s);

    // Forget everything: another session's clock and sequence begin.
    void Reset();

    void SetDelayS(double delay_s) { config_.delay_s = delay_s; }

    std::size_t Waiting() const { return frames_.size(); }
    std::int64_t Late() const { return late_; }
    std::int64_t Duplicates() const { return duplicates_; }
    std::int64_t Overflowed() const { return overflowed_; }

private:
    Frame Between(const Frame& before, const Frame& after, double time_s) const;

    JitterConfig config_;
    std::deque<Frame> frames_;  // by time of capture
    std::optional<Frame> shown_;
    std::int64_t late_ = 0;
    std::int64_t duplicates_ = 0;
    std::int64_t overflowed_ = 0;
};

}  // namespace geface
