// The jitter buffer through a bad network, by simulation.
#include "GeFaceCore/Jitter.h"

#include <algorithm>
#include <random>

#include "Server.h"
#include "Test.h"

namespace {

constexpr double kFrame_s = 1.0 / 60.0;

geface::JitterConfig Delayed(double delay_s, bool interpolate = false) {
    geface::JitterConfig config;
    config.delay_s = delay_s;
    config.interpolate = interpolate;
    return config;
}

struct Arrival {
    double time_s;
    geface::Frame frame;
};

struct Network {
    double loss = 0.0;
    double duplication = 0.0;
    double jitter_s = 0.0;  // ways take up to so much longer than the shortest
    double drift = 0.0;     // of the sender's clock
};

// What a 60 Hz sender's frames become on their way, by time of arrival on the receiver's clock.
std::vector<Arrival> Through(const Network& network, int count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::vector<Arrival> arrivals;
    for (int i = 0; i < count; ++i) {
        const double captured_s = 10.0 + i * kFrame_s;
        if (uniform(random) < network.loss) continue;
        const int copies = uniform(random) < network.duplication ? 2 : 1;
        for (int copy = 0; copy < copies; ++copy) {
            const double arrives_s = captured_s * (1.0 - network.drift) + 0.002 +
                                     network.jitter_s * uniform(random);
            arrivals.push_back({arrives_s, FrameAt(i, captured_s)});
        }
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.time_s < b.time_s; });
    return arrivals;
}

struct Outcome {
    int shown = 0;
    int steps_back = 0;
    double worst_age_s = 0.0;
    double worst_error = 0.0;  // of channel 0 against the signal at the time that is due
    std::size_t most_waiting = 0;
};

// Shows at 120 Hz what arrives; the sender's clock is known but for `offset_error_s`.
Outcome Play(geface::JitterBuffer& buffer, const std::vector<Arrival>& arrivals, double drift,
             double delay_s, double offset_error_s = 0.0) {
    Outcome outcome;
    std::size_t next = 0;
    double last_s = 0.0;
    const double end_s = arrivals.back().time_s;
    for (double now_s = arrivals.front().time_s + 0.2; now_s < end_s; now_s += 1.0 / 120.0) {
        while (next < arrivals.size() && arrivals[next].time_s <= now_s) {
            buffer.Push(arrivals[next++].frame);
        }
        outcome.most_waiting = std::max(outcome.most_waiting, buffer.Waiting());
        const double sender_s = now_s / (1.0 - drift) + offset_error_s;
        const auto frame = buffer.Show(sender_s);
        if (!frame) continue;
        ++outcome.shown;
        outcome.steps_back += frame->captured_at_s < last_s;
        last_s = frame->captured_at_s;
        const double due_s = sender_s - delay_s;
        outcome.worst_age_s = std::max(outcome.worst_age_s, due_s - frame->captured_at_s);
        const double error =
            std::fabs(static_cast<double>(frame->channels[0] - Signal(due_s, 0)));
        outcome.worst_error = std::max(outcome.worst_error, error);
    }
    return outcome;
}

}  // namespace

TEST(without_delay_the_newest_wins_at_once) {
    geface::JitterBuffer buffer;
    EXPECT(!buffer.Show(5.0));
    for (int i : {0, 1, 2}) buffer.Push(FrameAt(i, 10 + 0.1 * i));
    EXPECT(buffer.Show(0.0)->sequence == 2);  // whatever the clock says
    EXPECT(buffer.Waiting() == 0);
    EXPECT(buffer.Push(FrameAt(1, 10.1)) == geface::Pushed::Late);
    EXPECT(buffer.Push(FrameAt(2, 10.2)) == geface::Pushed::Duplicate);
    EXPECT(buffer.Late() == 1 && buffer.Duplicates() == 1);
}

TEST(frames_are_shown_by_time_of_capture) {
    geface::JitterBuffer buffer(Delayed(0.1));
    for (int i : {2, 0, 1, 1}) buffer.Push(FrameAt(i, 10 + 0.02 * i));
    EXPECT(buffer.Duplicates() == 1);
    EXPECT(!buffer.Show(10.09));
    EXPECT(buffer.Show(10.101)->sequence == 0);
    EXPECT(buffer.Show(10.121)->sequence == 1);
    EXPECT(buffer.Show(10.2)->sequence == 2);
    EXPECT(buffer.Push(FrameAt(1, 10.02)) == geface::Pushed::Late);
}

TEST(between_two_frames_lies_their_mean) {
    geface::JitterBuffer buffer(Delayed(0.1, true));
    geface::Frame first = FrameAt(0, 10.0), second = FrameAt(1, 10.02);
    first.channels[0] = 0.0f;
    second.channels[0] = 1.0f;
    buffer.Push(first);
    buffer.Push(second);
    EXPECT(Near(static_cast<double>(buffer.Show(10.105)->channels[0]), 0.25, 1e-6));
    EXPECT(Near(buffer.Show(10.11)->captured_at_s, 10.01, 1e-9));
    EXPECT(Near(static_cast<double>(buffer.Show(10.12)->channels[0]), 1.0, 1e-6));
}

TEST(nothing_lies_between_a_face_and_none) {
    geface::JitterBuffer buffer(Delayed(0.1, true));
    buffer.Push(FrameAt(0, 10.0));
    geface::Frame lost;
    lost.sequence = 1;
    lost.captured_at_s = 10.02;
    buffer.Push(lost);
    EXPECT(buffer.Show(10.11)->valid);
    EXPECT(buffer.Show(10.11)->channels[0] == Signal(10.0, 0));
    EXPECT(!buffer.Show(10.13)->valid);
}

TEST(a_silence_is_a_loss) {
    geface::JitterBuffer buffer(Delayed(0.1));
    buffer.Push(FrameAt(0, 10.0));
    EXPECT(buffer.Show(11.09)->valid);
    EXPECT(!buffer.Show(11.11)->valid);
    buffer.Push(FrameAt(1, 11.1));
    EXPECT(buffer.Show(11.21)->valid);
}

TEST(a_buffer_that_is_full_shows_its_oldest) {
    geface::JitterConfig config = Delayed(0.1);
    config.capacity = 4;
    geface::JitterBuffer buffer(config);
    for (int i = 0; i < 10; ++i) buffer.Push(FrameAt(i, 1000.0 + i));  // a clock gone wrong
    EXPECT(buffer.Waiting() == 4 && buffer.Overflowed() == 6);
    EXPECT(buffer.Show(0.0)->sequence == 5);
}

TEST(a_reset_forgets_the_other_clock) {
    geface::JitterBuffer buffer(Delayed(0.05));
    buffer.Push(FrameAt(500, 9000.0));
    EXPECT(buffer.Show(9000.1)->sequence == 500);
    buffer.Reset();
    EXPECT(!buffer.Show(1.0));
    EXPECT(buffer.Push(FrameAt(0, 1.0)) == geface::Pushed::Kept);
    EXPECT(buffer.Show(1.06)->sequence == 0);
}

TEST(reordering_within_the_delay_is_undone) {
    for (unsigned seed = 0; seed < 10; ++seed) {
        const Network network{0.0, 0.1, 0.05, 0.0};
        const std::vector<Arrival> arrivals = Through(network, 1200, seed);
        geface::JitterBuffer buffer(Delayed(0.06));
        const Outcome outcome = Play(buffer, arrivals, 0.0, 0.06);
        EXPECT(outcome.shown > 2000 && outcome.steps_back == 0);
        EXPECT(buffer.Late() == 0 && buffer.Duplicates() > 60);
        EXPECT(outcome.worst_age_s < kFrame_s + 1e-6);  // nothing is missing
        EXPECT(outcome.most_waiting <= 16);
    }
}

TEST(loss_shows_older_frames_and_interpolation_bridges_it) {
    const std::vector<Arrival> arrivals = Through({0.1, 0.0, 0.02, 0.0}, 3000, 1);
    geface::JitterBuffer stepped(Delayed(0.15)), smooth(Delayed(0.15, true));
    const Outcome steps = Play(stepped, arrivals, 0.0, 0.15);
    const Outcome lines = Play(smooth, arrivals, 0.0, 0.15);
    EXPECT(steps.steps_back == 0 && lines.steps_back == 0);
    EXPECT(steps.worst_age_s > kFrame_s && steps.worst_age_s < 10 * kFrame_s);
    EXPECT(lines.worst_error < 0.25 * steps.worst_error);
}

TEST(without_delay_reordering_drops_and_never_steps_back) {
    const std::vector<Arrival> arrivals = Through({0.1, 0.1, 0.05, 0.0}, 3000, 2);
    geface::JitterBuffer buffer;
    const Outcome outcome = Play(buffer, arrivals, 0.0, 0.0);
    EXPECT(outcome.steps_back == 0 && buffer.Late() > 0 && buffer.Waiting() <= 128);
    EXPECT(outcome.worst_age_s < 0.2);
}

TEST(a_clock_that_drifts_costs_no_frame) {
    for (const double drift : {-200e-6, 200e-6}) {
        const std::vector<Arrival> arrivals = Through({0.0, 0.0, 0.01, drift}, 36000, 3);
        geface::JitterBuffer buffer(Delayed(0.05, true));
        // The offset is known to 3 ms, as session_test shows of the clock's filter.
        const Outcome outcome = Play(buffer, arrivals, drift, 0.05, 0.003);
        EXPECT(outcome.steps_back == 0 && buffer.Late() == 0 && buffer.Overflowed() == 0);
        EXPECT(outcome.worst_age_s < kFrame_s && outcome.worst_error < 1e-3);
    }
}
