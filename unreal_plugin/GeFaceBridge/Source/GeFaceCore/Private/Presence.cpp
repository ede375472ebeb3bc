#include "GeFaceCore/Presence.h"

#include <algorithm>

namespace geface {

Presence::Presence(std::size_t count, PresenceConfig config)
    : config_(config), live_(count), from_(count), shown_(count) {}

const std::vector<double>& Presence::Show(const float* channels, double time_s) {
    if (channels != nullptr) {
        Return(channels, time_s);
    } else {
        Leave(time_s);
    }
    return shown_;
}

void Presence::Return(const float* channels, double time_s) {
    if (lost_s_) {
        const double away_s = time_s - *lost_s_;
        if (away_s > config_.hold_s || !back_s_) {
            from_ = shown_;
            back_s_ = time_s;
        } else {
            *back_s_ += away_s;  // a way back that was interrupted goes on where it was
        }
        lost_s_.reset();
    }
    const double share = Eased((time_s - *back_s_) / std::max(config_.return_s, 1e-9));
    for (std::size_t i = 0; i < shown_.size(); ++i) {
        shown_[i] = from_[i] + share * (static_cast<double>(channels[i]) - from_[i]);
    }
}

void Presence::Leave(double time_s) {
    if (!lost_s_) {
        lost_s_ = time_s;
        live_ = shown_;  // whatever is shown is what fades
    }
    const double gone_s = time_s - *lost_s_ - config_.hold_s;
    const double left = 1.0 - Eased(gone_s / std::max(config_.fade_s, 1e-9));
    for (std::size_t i = 0; i < shown_.size(); ++i) shown_[i] = live_[i] * left;
}

double Eased(double share) {
    const double t = std::clamp(share, 0.0, 1.0);
    return t * t * (3.0 - 2.0 * t);
}

}  // namespace geface
