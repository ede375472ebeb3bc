// What a character shows while a face comes and goes: hold, fade to rest, come back. The same as
// geface_bridge/motion/presence.py.
#pragma once

#include <optional>
#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

struct PresenceConfig {
    double hold_s = 0.3;     // a shorter loss is not to be seen
    double fade_s = 0.7;     // how long the way to rest takes
    double return_s = 0.25;  // how long the way back to the live face takes
};

// Channels to show for one subject. Times are handed in and do not fall.
class GEFACECORE_API Presence {
public:
    explicit Presence(std::size_t count, PresenceConfig config = {});

    // `channels` are `count` floats of a valid frame, null while the face is lost.
    const std::vector<double>& Show(const float* channels, double time_s);

private:
    void Return(const float* channels, double time_s);
    void Leave(double time_s);

    PresenceConfig config_;
    std::vector<double> live_;
    std::vector<double> from_;  // where the way back began
    std::vector<double> shown_;
    std::optional<double> lost_s_ = 0.0;
    std::optional<double> back_s_;  // none: no face was ever seen
};

// Hermite step of a share of the way, 0..1.
GEFACECORE_API double Eased(double share);

}  // namespace geface
