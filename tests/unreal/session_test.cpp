// A session takes what a server may send, in the order in which it may.
#include "GeFaceCore/Session.h"

#include "Server.h"
#include "Test.h"

namespace {

geface::Decoded Give(geface::Session& session, const geface::Message& message,
                     double time_s = 0.0) {
    geface::Message read;
    geface::Error error;
    return session.Receive(View(wire::EncodeAny(message)), time_s, read, error);
}

std::string Refusal(geface::Session& session, const Bytes& bytes) {
    geface::Message read;
    geface::Error error;
    const bool refused = session.Receive(View(bytes), 0, read, error) == geface::Decoded::Refused;
    return refused ? error.text : "";
}

constexpr auto kTaken = geface::Decoded::Taken;
constexpr auto kRefused = geface::Decoded::Refused;

}  // namespace

TEST(hello_comes_first_and_once) {
    geface::Session before;
    EXPECT(Refusal(before, wire::Encode(FrameAt(0, 1))) ==
           "server's first message is frame, expected hello");
    geface::Session twice;
    EXPECT(Give(twice, LayoutHello()) == kTaken);
    EXPECT(Give(twice, LayoutHello()) == kRefused);
}

TEST(nothing_follows_a_refusal) {
    geface::Session session;
    EXPECT(Give(session, LayoutHello()) == kTaken);
    EXPECT(!Refusal(session, {0xc1}).empty());
    EXPECT(Give(session, FrameAt(0, 1)) == kRefused);
    EXPECT(session.Received() == 0);
}

TEST(another_layout_is_a_matter_of_versions) {
    geface::Session session("fedcba9876543210");
    geface::Message message;
    geface::Error error;
    const Bytes bytes = wire::Encode(LayoutHello());
    EXPECT(session.Receive(View(bytes), 0, message, error) == kRefused);
    EXPECT(error.kind == geface::ErrorKind::Version);
    EXPECT(error.text.find(geface::layout::kLayoutId) != std::string::npos);
    geface::Session same(geface::layout::kLayoutId);
    EXPECT(Give(same, LayoutHello()) == kTaken);
}

TEST(a_clients_message_from_a_server_is_refused) {
    geface::Session session;
    Give(session, LayoutHello());
    EXPECT(Refusal(session, wire::Encode(geface::Ping{1.0})) ==
           "server sent ping after its hello, which it may not");
}

TEST(sequences_count_what_is_missed_per_subject) {
    geface::Session session;
    Give(session, LayoutHello("", 2));
    for (const auto& [sequence, subject] :
         std::vector<std::pair<int, int>>{{10, 0}, {11, 0}, {3, 1}, {14, 0}, {5, 1}}) {
        EXPECT(Give(session, FrameAt(sequence, 1, subject)) == kTaken);
    }
    EXPECT(session.Received() == 5);
    EXPECT(session.Missed() == 3);  // 12, 13 of one and 4 of the other
    EXPECT(Give(session, FrameAt(14, 1, 0)) == kRefused);
}

TEST(frames_keep_to_the_hello) {
    geface::Session subject, count, lost;
    for (geface::Session* session : {&subject, &count, &lost}) Give(*session, LayoutHello());
    EXPECT(Give(subject, FrameAt(0, 1, 1)) == kRefused);
    geface::Frame frame = FrameAt(0, 1);
    frame.channels.pop_back();
    EXPECT(Give(count, frame) == kRefused);
    frame.valid = false;
    frame.channels.clear();
    EXPECT(Give(lost, frame) == kTaken);
}

TEST(the_clocks_offset_is_that_of_the_quickest_exchange) {
    geface::ClockFilter clock;
    EXPECT(!clock.OffsetS());
    // The server's clock is 100 s ahead; the way back takes 40 ms longer than the way there.
    clock.Add({1.0, 101.01, 101.02}, 1.07);
    EXPECT(Near(*clock.OffsetS(), 99.98, 1e-9) && Near(*clock.RoundTripS(), 0.06, 1e-9));
    clock.Add({2.0, 102.001, 102.001}, 2.002);
    EXPECT(Near(*clock.OffsetS(), 100.0, 1e-9) && Near(*clock.RoundTripS(), 0.002, 1e-9));
    clock.Add({3.0, 103.5, 103.5}, 3.6);
    EXPECT(Near(*clock.OffsetS(), 100.0, 1e-9));
}

TEST(the_clocks_offset_follows_a_clock_that_drifts) {
    geface::ClockFilter clock;
    for (int i = 0; i < 5760; ++i) {  // eight hours, a ping each 5 s
        const double now_s = 5.0 * i;
        const double server_s = now_s * (1.0 + 50e-6);
        const double way_s = i == 0 ? 1e-6 : 0.001;  // the first of all is the quickest ever
        clock.Add({now_s - way_s, server_s, server_s}, now_s + way_s);
        EXPECT(Near(*clock.OffsetS(), server_s - now_s, 0.003));
    }
    EXPECT(Near(*clock.OffsetS(), 1.44, 0.01));
}

TEST(latency_is_told_on_the_servers_clock) {
    geface::Session session;
    Give(session, LayoutHello());
    EXPECT(!session.LatencyS(FrameAt(0, 101.0), 1.05));
    Give(session, geface::Pong{1.0, 101.0, 101.0}, 1.0);
    EXPECT(Near(*session.LatencyS(FrameAt(0, 101.0), 1.05), 0.05, 1e-9));
}
