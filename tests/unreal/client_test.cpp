// The whole client against a server that comes and goes; eight hours of it.
#include "GeFaceCore/Client.h"

#include <cstdlib>
#include <random>

#include "GeFaceCore/Profile.h"
#include "Server.h"
#include "Test.h"

namespace {

using geface::Action;
using geface::Client;
using geface::ClientState;

void Give(Client& client, const geface::Message& message, double time_s) {
    client.Received(View(wire::EncodeAny(message)), time_s);
}

void Connect(Client& client, double time_s, const geface::Hello& hello = LayoutHello()) {
    EXPECT(client.Tick(time_s) == Action::Connect);
    client.Opened(time_s);
    Give(client, hello, time_s);
    EXPECT(client.State() == ClientState::Streaming);
}

Client Started() {
    Client client;
    client.Start();
    return client;
}

geface::Message Outgoing(Client& client) {
    Bytes bytes;
    geface::Message message;
    geface::Error error;
    if (client.TakeOutgoing(bytes)) geface::Decode(View(bytes), message, error);
    return message;
}

}  // namespace

TEST(a_client_does_nothing_before_it_is_started) {
    Client client;
    EXPECT(client.Tick(0) == Action::None && client.State() == ClientState::Stopped);
    EXPECT(client.Show(0, 0) == nullptr && client.Greeting() == nullptr);
    EXPECT(!client.Send(geface::Ping{0}));
}

TEST(a_face_is_shown_faded_and_brought_back) {
    Client client = Started();
    Connect(client, 100.0);
    Give(client, FrameAt(0, 5.0), 100.0);
    client.Show(0, 100.0);
    Give(client, FrameAt(1, 5.3), 100.3);
    const geface::Shown& shown = *client.Show(0, 100.3);
    EXPECT(shown.valid && shown.sequence == 1 && Near(shown.captured_at_s, 100.3, 1e-9));
    EXPECT(Near(shown.channels[3], static_cast<double>(Signal(5.3, 3)), 1e-9));
    geface::Frame lost;
    lost.sequence = 2;
    lost.captured_at_s = 5.4;
    Give(client, lost, 100.4);
    EXPECT(!client.Show(0, 100.4)->valid);
    EXPECT(Near(client.Show(0, 100.6)->channels[3], static_cast<double>(Signal(5.3, 3)), 1e-9));
    EXPECT(client.Show(0, 101.5)->channels[3] == 0.0);
    EXPECT(client.Show(1, 101.5) == nullptr);
}

TEST(pauses_grow_and_begin_anew_after_a_hello) {
    Client client = Started();
    double now_s = 0.0;
    for (const double pause_s : {0.5, 1.0, 2.0, 4.0, 8.0, 8.0}) {
        EXPECT(client.Tick(now_s) == Action::Connect);
        client.Closed(1006, now_s);
        EXPECT(client.State() == ClientState::Pausing && client.Reason() == "no server answers");
        EXPECT(client.Tick(now_s + pause_s - 0.01) == Action::None);
        now_s += pause_s;
    }
    Connect(client, now_s);
    client.Closed(1001, now_s);
    EXPECT(client.Tick(now_s + 0.49) == Action::None);
    EXPECT(client.Tick(now_s + 0.51) == Action::Connect);
}

TEST(no_other_try_after_a_mistake_of_ours) {
    for (const int code : {1002, 1007, 1008}) {
        Client client = Started();
        Connect(client, 0.0);
        client.Closed(code, 1.0);
        EXPECT(client.State() == ClientState::Refused && client.Tick(100.0) == Action::None);
        client.Start();
        EXPECT(client.Tick(101.0) == Action::Connect);
    }
    Client client = Started();
    EXPECT(client.Tick(0) == Action::Connect);
    client.HandshakeRefused(401);
    client.Closed(1006, 0.1);
    EXPECT(client.State() == ClientState::Refused && client.Reason() == "the server wants a token");
}

TEST(a_server_of_another_kind_is_left) {
    Client garbage = Started(), text = Started(), silent = Started(), later = Started();
    for (Client* client : {&garbage, &text, &silent, &later}) {
        EXPECT(client->Tick(0) == Action::Connect);
        client->Opened(0);
    }
    garbage.Received(View(Bytes{0xc1}), 1);
    EXPECT(garbage.State() == ClientState::Refused && garbage.Tick(1) == Action::Close);
    EXPECT(garbage.Tick(2) == Action::None);
    text.ReceivedText(1);
    EXPECT(text.State() == ClientState::Refused && text.Tick(1) == Action::Close);
    EXPECT(silent.Tick(9.9) == Action::None && silent.Tick(10.1) == Action::Close);
    EXPECT(silent.Tick(10.7) == Action::Connect);
    geface::Hello hello = LayoutHello();
    hello.major = 2;
    Give(later, hello, 1);
    EXPECT(later.State() == ClientState::Refused);
    EXPECT(later.Reason().find("update this plugin") != std::string::npos);
}

TEST(pings_go_out_and_pongs_set_the_clock) {
    Client client = Started();
    Connect(client, 50.0);
    EXPECT(client.Tick(50.0) == Action::None);
    const geface::Message first = Outgoing(client);
    const auto* ping = std::get_if<geface::Ping>(&first);
    EXPECT(ping != nullptr && ping->client_time_s == 50.0);
    Give(client, geface::Pong{50.0, 7.0, 7.0}, 50.0);
    EXPECT(Near(*client.Connection().Clock().OffsetS(), -43.0, 1e-9));
    int pings = 0;
    for (double now_s = 50.0; now_s < 60.0; now_s += 0.01) {
        client.Tick(now_s);
        const geface::Message sent = Outgoing(client);
        pings += std::get_if<geface::Ping>(&sent) != nullptr;
    }
    EXPECT(pings >= 8 && pings <= 10);
}

TEST(a_socket_that_never_opens_is_left) {
    Client client = Started();
    EXPECT(client.Tick(0.0) == Action::Connect);
    EXPECT(client.Tick(9.9) == Action::None && client.Text() == "Connecting");
    EXPECT(client.Tick(10.0) == Action::Close && client.Text() == "Not responding: no server answers");
    EXPECT(client.Tick(10.5) == Action::Connect);
}

TEST(a_server_that_falls_silent_is_left_but_a_host_that_stood_still_is_not) {
    Client client = Started();
    Connect(client, 0.0);
    for (int i = 1; i <= 3; ++i) EXPECT(client.Tick(1000.0 * i) == Action::None);
    Give(client, FrameAt(0, 1.0), 3000.0);
    double now_s = 3000.0;
    while (client.Tick(now_s) == Action::None && now_s < 3100.0) now_s += 0.1;
    EXPECT(Near(now_s, 3015.0, 0.3) && client.State() == ClientState::Pausing);
    EXPECT(client.Text() == "Not responding: the server fell silent");
}

TEST(the_sockets_own_words_tell_a_refusal_from_an_absence) {
    Client absent = Started();
    EXPECT(absent.Tick(0.0) == Action::Connect);
    absent.Unreachable("connect failed", 0.1);
    EXPECT(absent.State() == ClientState::Pausing);
    EXPECT(absent.Reason() == "no server answers (connect failed)");
    EXPECT(absent.Tick(0.7) == Action::Connect);
    absent.Unreachable("HS: ws upgrade response not 101", 0.8);
    EXPECT(absent.State() == ClientState::Pausing);
    EXPECT(absent.Reason().find("a server answers but does not let us in") == 0);
    for (const char* error : {"HS: ws upgrade unauthorized", "Unauthorized", "status 401"}) {
        Client refused = Started();
        EXPECT(refused.Tick(0.0) == Action::Connect);
        refused.Unreachable(error, 0.1);
        EXPECT_OF(error, refused.Text() == "Refused: the server wants a token");
    }
    Client origin = Started();
    EXPECT(origin.Tick(0.0) == Action::Connect);
    origin.Unreachable("HTTP 403 Forbidden", 0.1);
    EXPECT(origin.Text() == "Refused: the server refuses this origin");
}

TEST(a_delay_can_be_changed_while_faces_stream) {
    Client client = Started();
    Connect(client, 0.0);
    client.SetDelayS(0.2);
    Give(client, FrameAt(0, 5.0), 0.0);
    EXPECT(!client.Show(0, 0.1)->valid && client.Show(0, 0.21)->valid);
    client.SetDelayS(0.0);
    Give(client, FrameAt(1, 5.3), 0.3);
    EXPECT(client.Show(0, 0.3)->sequence == 1);
    client.SetDelayS(0.2);
    client.Closed(1001, 0.4);
    Connect(client, 1.0, LayoutHello("second", 2));  // faces made anew have it too
    Give(client, FrameAt(0, 9.0, 1), 1.0);
    EXPECT(!client.Show(1, 1.1)->valid && client.Show(1, 1.21)->valid);
}

TEST(commands_are_sent_only_if_a_server_would_take_them) {
    Client client = Started();
    EXPECT(!client.Send(geface::Calibrate{}));
    Connect(client, 0.0);
    EXPECT(client.Send(geface::Calibrate{}) && client.Send(geface::Gain{"AU12_L", 1.5}));
    EXPECT(!client.Send(geface::Gain{"AU12_L", 11.0}) && !client.Send(geface::Gain{"", 1.0}));
    const geface::Message sent = Outgoing(client);
    EXPECT(std::get_if<geface::Calibrate>(&sent) != nullptr);
    int more = 0;
    while (client.Send(geface::Mark{"x"})) ++more;
    EXPECT(more < 100);  // of a host that never takes them
}

TEST(a_subscription_to_all_is_made_at_every_hello) {
    geface::ClientConfig config;
    config.mode = geface::Mode::All;
    Client client(config);
    client.Start();
    Connect(client, 0.0);
    const geface::Message sent = Outgoing(client);
    const auto* subscribe = std::get_if<geface::Subscribe>(&sent);
    EXPECT(subscribe != nullptr && subscribe->mode == geface::Mode::All);
}

TEST(a_restart_keeps_the_schema_and_another_layout_changes_it) {
    Client client = Started();
    Connect(client, 0.0);
    EXPECT(client.Schema() == 1);
    for (int i = 0; i < 30; ++i) {
        Give(client, FrameAt(1000 + i, 9000.0 + 0.1 * i), 0.1 * i);
        client.Show(0, 0.1 * i);
    }
    const double before = client.Show(0, 3.0)->channels[0];
    client.Closed(1001, 3.0);
    Connect(client, 3.6, LayoutHello("second"));
    EXPECT(client.Schema() == 1);
    // Another clock, another sequence; and what is shown does not jump.
    Give(client, FrameAt(0, 2.0), 3.6);
    EXPECT(Near(client.Show(0, 3.6)->channels[0], before, 0.6));
    EXPECT(client.Show(0, 3.6)->valid && client.Show(0, 3.6)->sequence == 0);
    client.Closed(1001, 4.0);
    Connect(client, 4.6, LayoutHello("third", 2));
    EXPECT(client.Schema() == 2 && client.Show(1, 4.6) != nullptr);
}

TEST(status_messages_wait_within_bounds) {
    Client client = Started();
    Connect(client, 0.0);
    for (int i = 0; i < 100; ++i) {
        Give(client, geface::Status{geface::Level::Info, std::to_string(i)}, 0.0);
    }
    const std::deque<geface::Status> status = client.TakeStatus();
    EXPECT(status.size() == 64 && status.back().text == "99");
    EXPECT(client.TakeStatus().empty());
}

TEST(a_stopped_client_hears_nothing) {
    Client client = Started();
    Connect(client, 0.0);
    client.Stop();
    Give(client, FrameAt(0, 1.0), 0.0);
    client.Closed(1000, 0.1);
    EXPECT(client.State() == ClientState::Stopped && client.Tick(100.0) == Action::None);
}

// Eight hours at 60 Hz in the bytes of the wire: a clock that drifts by 50 ppm, 1 % loss, a restart
// of the server every half hour, a face that goes and comes. GEFACE_HOURS shortens it.
TEST(hours_of_traffic_neither_drift_nor_pile_up) {
    const char* wanted = std::getenv("GEFACE_HOURS");
    const double hours = wanted != nullptr ? std::atof(wanted) : 8.0;
    constexpr double drift = 50e-6, frame_s = 1.0 / 60.0, delay_s = 0.03;
    std::mt19937 random(7);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    geface::ClientConfig config;
    config.jitter.delay_s = delay_s;
    Client client(config);
    client.Start();
    const auto server_s = [&](double now_s) { return 40.0 + now_s * (1.0 + drift); };
    double worst_age_s = 0.0, worst_error = 0.0, worst_offset_s = 0.0, began_s = 0.0;
    std::int64_t sequence = 0, shown = 0, restarts = 0;
    double curves[geface::layout::kArkitCount];
    Bytes sent;
    for (std::int64_t tick = 0; tick < static_cast<std::int64_t>(hours * 3600 * 60); ++tick) {
        const double now_s = static_cast<double>(tick) * frame_s;
        if (client.State() == ClientState::Streaming && tick % 108000 == 107999) {
            client.Closed(1001, now_s);
            ++restarts;
        }
        if (client.Tick(now_s) == Action::Connect) {
            client.Opened(now_s);
            Give(client, LayoutHello(std::to_string(tick)), now_s);
            sequence = 0;
            began_s = now_s;
        }
        while (client.TakeOutgoing(sent)) {
            geface::Message message;
            geface::Error error;
            geface::Decode(View(sent), message, error);
            const auto* ping = std::get_if<geface::Ping>(&message);
            const double late_s = 0.01 * uniform(random);
            if (ping) {
                const double at_s = server_s(now_s) + late_s / 3;
                Give(client, geface::Pong{ping->client_time_s, at_s, at_s}, now_s + late_s);
            }
        }
        if (client.State() != ClientState::Streaming) continue;
        const bool face = tick % 18000 >= 300;  // away for 5 s of every 5 minutes
        geface::Frame frame = FrameAt(sequence++, server_s(now_s) - 0.004);
        frame.valid = face;
        if (uniform(random) >= 0.01) Give(client, frame, now_s);
        const geface::Shown& now = *client.Show(0, now_s);
        // The clock is known and the face has been back for long enough.
        if (!now.valid || now_s < began_s + 1.0 || tick % 18000 < 360) continue;
        ++shown;
        const double due_s = server_s(now_s) - delay_s;
        const double offset_s = client.Connection().Clock().OffsetS().value_or(1e9);
        worst_offset_s = std::max(worst_offset_s, std::fabs(server_s(now_s) - now_s - offset_s));
        worst_age_s = std::max(worst_age_s, std::fabs(due_s - now.time_s));
        worst_error = std::max(worst_error, std::fabs(now.channels[0] -
                                                      static_cast<double>(Signal(now.time_s, 0))));
        geface::ArkitCurves(now.channels.data(), curves);
        worst_error = std::max(worst_error, curves[0] - 1.0);
    }
    std::printf("     %.2f h: %lld frames shown, %lld restarts, clock off by %.1f ms, age %.1f ms\n",
                hours, static_cast<long long>(shown), static_cast<long long>(restarts),
                1000 * worst_offset_s, 1000 * worst_age_s);
    EXPECT(static_cast<double>(shown) > hours * 3600 * 60 * 0.95);
    EXPECT(worst_error < 1e-6);
    EXPECT(worst_offset_s < frame_s);
    EXPECT(worst_age_s < 4 * frame_s);  // a frame, the next two lost, and 8 ms of the clock
}
