// A server for tests: its own clock, its hello and frames with channels that say when they are.
#pragma once

#include <cmath>

#include "GeFaceCore/GeneratedLayout.h"
#include "Wire.h"

inline geface::Hello LayoutHello(const std::string& session = "first", std::size_t subjects = 1) {
    geface::Hello hello;
    hello.session = session;
    hello.layout_id = geface::layout::kLayoutId;
    for (const auto& c : geface::layout::kChannels) {
        hello.channels.push_back({c.name, c.unit, c.low, c.high});
    }
    for (std::size_t i = 0; i < subjects; ++i) hello.subjects.push_back("face");
    hello.rate_hz = 60.0;
    hello.server = "test";
    return hello;
}

// A channel's value at a time of capture: smooth, and another for every channel.
inline float Signal(double time_s, std::size_t channel) {
    return static_cast<float>(0.5 + 0.5 * std::sin(2.0 * time_s + static_cast<double>(channel)));
}

inline geface::Frame FrameAt(std::int64_t sequence, double captured_at_s, int subject = 0) {
    geface::Frame frame;
    frame.sequence = sequence;
    frame.subject = subject;
    frame.captured_at_s = frame.time_s = captured_at_s;
    frame.valid = true;
    frame.confidence = 0.9;
    for (std::size_t i = 0; i < geface::layout::kChannelCount; ++i) {
        frame.channels.push_back(Signal(captured_at_s, i));
    }
    return frame;
}
