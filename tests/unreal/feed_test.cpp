// What Live Link is told: names, properties, bones, and frames in an order that it can keep.
#include "GeFaceCore/Feed.h"

#include <algorithm>
#include <random>

#include "GeFaceCore/Json.h"
#include "Server.h"
#include "Test.h"

namespace {

using geface::Client;
using geface::Connection;
using geface::Feed;
using geface::SubjectFrame;
namespace layout = geface::layout;

std::optional<geface::Profile> Packaged(const std::string& name) {
    std::string error;
    auto profile = geface::Profile::Parse(
        ReadText(Golden() + "/../../../rig/profiles/" + name + ".json"), error);
    EXPECT_OF(error, profile.has_value());
    return profile;
}

Feed FeedOf(geface::Role role, geface::Curves curves, const std::string& profile = "") {
    Connection connection;
    connection.role = role;
    connection.curves = curves;
    return Feed(connection, profile.empty() ? std::nullopt : Packaged(profile));
}

Feed ArkitFeed() { return FeedOf(geface::Role::Basic, geface::Curves::Arkit); }

void Give(Client& client, const geface::Message& message, double time_s) {
    client.Received(View(wire::EncodeAny(message)), time_s);
}

Client Streaming(double time_s, const geface::Hello& hello = LayoutHello()) {
    Client client;
    client.Start();
    EXPECT(client.Tick(time_s) == geface::Action::Connect);
    client.Opened(time_s);
    Give(client, hello, time_s);
    return client;
}

geface::Frame FrameOf(std::int64_t sequence, double captured_at_s,
                      const std::vector<float>& channels) {
    geface::Frame frame = FrameAt(sequence, captured_at_s);
    frame.channels = channels;
    return frame;
}

float ValueOf(const Feed& feed, const SubjectFrame& frame, const std::string& name) {
    const auto& names = feed.Schema().properties;
    const auto found = std::find(names.begin(), names.end(), name);
    EXPECT_OF(name, found != names.end() && frame.properties.size() == names.size());
    return found == names.end() ? -99.0f
                                : frame.properties[static_cast<std::size_t>(found - names.begin())];
}

// The frame after the way back to a face that was never seen before, which takes a quarter second.
const SubjectFrame& Settled(Feed& feed, Client& client, const std::vector<float>& channels) {
    const SubjectFrame* last = nullptr;
    feed.Update(client);
    for (int i = 0; i <= 40; ++i) {
        const double now_s = 100.0 + i / 60.0;
        Give(client, FrameOf(i, now_s, channels), now_s);
        last = feed.Next(client, 0, now_s);
        EXPECT(last != nullptr);
    }
    return *last;
}

std::vector<float> ChannelsOf(const geface::Json& values) {
    std::vector<float> channels(layout::kChannelCount);
    for (const auto& [name, value] : values.members) {
        for (std::size_t i = 0; i < channels.size(); ++i) {
            if (name == layout::kChannels[i].name) channels[i] = static_cast<float>(value.number);
        }
    }
    return channels;
}

std::vector<float> With(const std::vector<std::pair<std::string, float>>& values) {
    std::vector<float> channels(layout::kChannelCount);
    for (const auto& [name, value] : values) {
        for (std::size_t i = 0; i < channels.size(); ++i) {
            if (name == layout::kChannels[i].name) channels[i] = value;
        }
    }
    return channels;
}

}  // namespace

TEST(subjects_have_names_that_live_link_can_keep_apart) {
    using Names = std::vector<std::string>;
    EXPECT(geface::SubjectNames("", {"Ann", "Ben"}) == (Names{"Ann", "Ben"}));
    EXPECT(geface::SubjectNames("stage_", {"face", "Face", "FACE"}) ==
           (Names{"stage_face", "stage_Face_b", "stage_FACE_c"}));
    EXPECT(geface::SubjectNames("", {"", "none", "None"}) == (Names{"face", "face_b", "face_c"}));
    EXPECT(geface::SubjectNames("", {"a", "a_b", "a"}) == (Names{"a", "a_b", "a_c"}));
}

TEST(properties_are_what_the_curves_say) {
    const auto arkit = ArkitFeed().Schema().properties;
    EXPECT(arkit.size() == 52 + 6 + 6 && arkit[0] == "EyeBlinkLeft" && arkit[51] == "TongueOut");
    const Feed au = FeedOf(geface::Role::Basic, geface::Curves::ActionUnits);
    EXPECT(au.Schema().properties.size() == layout::kChannelCount);
    EXPECT(au.Schema().properties[0] == "AU01_L" && au.Schema().properties.back() ==
                                                        "HeadTranslationZ");
    const Feed both = FeedOf(geface::Role::Basic, geface::Curves::Both);
    EXPECT(both.Schema().properties.size() == 43 + 64 && both.Schema().bones.empty());
    // A profile's curves come on top, but not twice: ARKit's own differ by their capitals.
    EXPECT(FeedOf(geface::Role::Basic, geface::Curves::Arkit, "arkit52").Schema().properties ==
           arkit);
    EXPECT(FeedOf(geface::Role::Basic, geface::Curves::Arkit, "vrm").Schema().properties.size() >
           arkit.size());
}

TEST(arkit_curves_are_the_golden_ones) {
    geface::Json golden;
    std::string error;
    EXPECT(geface::ReadJson(ReadText(Golden() + "/retarget_v2.json"), golden, error));
    const auto& cases =
        golden.Find("profiles")->Find("arkit52")->Find("cases")->members;
    EXPECT(cases.size() >= 3);
    for (const auto& [about, json] : cases) {
        Feed feed = ArkitFeed();
        Client client = Streaming(99.0);
        const SubjectFrame& frame = Settled(feed, client, ChannelsOf(*json.Find("channels")));
        const geface::Json& curves = *json.Find("curves");
        for (std::size_t i = 0; i < layout::kArkitCount; ++i) {
            const geface::Json* expected = curves.Find(layout::kArkitNames[i]);
            EXPECT_OF(about + " " + layout::kArkitNames[i],
                      Near(static_cast<double>(frame.properties[i]),
                           expected ? expected->number : 0.0, 1e-6));
        }
    }
}

TEST(the_heads_turn_and_place_are_properties) {
    Feed feed = FeedOf(geface::Role::Basic, geface::Curves::Both);
    Client client = Streaming(99.0);
    const SubjectFrame& frame =
        Settled(feed, client, With({{"head_yaw", 0.25f}, {"head_pitch", 0.5f}, {"head_roll", -1.0f},
                                    {"head_x", 0.01f}, {"head_y", 0.02f}, {"head_z", 0.03f},
                                    {"gaze_yaw", 0.125f}, {"gaze_pitch", -0.25f}}));
    const std::pair<const char*, float> expected[] = {
        {"HeadYaw", 0.25f},      {"HeadPitch", -0.5f},       {"HeadRoll", -1.0f},
        {"LeftEyeYaw", -0.125f}, {"RightEyePitch", -0.25f},  {"RightEyeRoll", 0.0f},
        {"gaze_yaw", 0.125f},    {"HeadTranslationX", 1.0f}, {"HeadTranslationY", 3.0f},
        {"HeadTranslationZ", 2.0f}};
    for (const auto& [name, value] : expected) {
        EXPECT_OF(name, Near(static_cast<double>(ValueOf(feed, frame, name)),
                             static_cast<double>(value), 1e-6));
    }
    EXPECT(frame.bones.empty());
}

TEST(bones_are_the_profiles_below_one_root_and_the_head_turns) {
    for (const char* name : {"geface", "makehuman", "rigify", "vrm"}) {
        Feed feed = FeedOf(geface::Role::Animation, geface::Curves::Arkit, name);
        const geface::SubjectSchema& schema = feed.Schema();
        EXPECT_OF(name, schema.bones.size() >= 3 && schema.bones[0] == "root");
        EXPECT_OF(name, schema.parents.size() == schema.bones.size() && schema.parents[0] == -1);
        EXPECT_OF(name, std::count(schema.parents.begin(), schema.parents.end(), 0) + 1 ==
                            static_cast<std::ptrdiff_t>(schema.bones.size()));
        const auto profile = Packaged(name);
        const auto& names = schema.bones;
        const auto head = std::find(names.begin(), names.end(), profile->HeadBone());
        EXPECT_OF(name, head != names.end() && std::count(names.begin(), names.end(), *head) == 1);
        Client client = Streaming(99.0);
        const SubjectFrame& frame = Settled(feed, client, With({{"head_yaw", 0.5f}}));
        EXPECT_OF(name, frame.bones.size() == names.size());
        const auto& turn = frame.bones[static_cast<std::size_t>(head - names.begin())].rotation;
        EXPECT_OF(name, Near(turn[2], -std::sin(0.25), 1e-6) &&
                            Near(turn[3], std::cos(0.25), 1e-6));
    }
}

TEST(bones_move_by_the_profile_in_unreals_axes) {
    Feed feed = FeedOf(geface::Role::Animation, geface::Curves::ActionUnits, "geface");
    const auto profile = Packaged("geface");
    const std::vector<float> channels = With({{"AU26", 1.0f}, {"AU12_L", 0.5f}});
    const std::vector<double> wide(channels.begin(), channels.end());
    geface::PoseValues pose;
    profile->Evaluate(wide.data(), pose);
    Client client = Streaming(99.0);
    const SubjectFrame& frame = Settled(feed, client, channels);
    double moved_cm = 0.0;
    for (std::size_t i = 0; i < pose.bones.size(); ++i) {
        const geface::BoneOffset& o = pose.bones[i];
        const geface::Placement& found = frame.bones[i + 1];
        EXPECT(Near(found.translation_cm[0], 100 * o[0], 1e-4));
        EXPECT(Near(found.translation_cm[1], 100 * o[2], 1e-4));
        EXPECT(Near(found.translation_cm[2], 100 * o[1], 1e-4));
        EXPECT(Near(found.scale[1], 1 + o[8], 1e-6));
        moved_cm += std::fabs(found.translation_cm[2]);
    }
    EXPECT(moved_cm > 0.1);
}

TEST(a_subject_is_announced_once_for_each_schema) {
    Connection connection;
    connection.subject_prefix = "x_";
    Feed feed(connection, std::nullopt);
    Client client;
    client.Start();
    EXPECT(feed.Update(client).announced.empty() && feed.Names().empty());
    EXPECT(feed.Next(client, 0, 0.0) == nullptr);
    client.Tick(0.0);
    client.Opened(0.0);
    geface::Hello two = LayoutHello("first", 2);
    two.subjects = {"Ann", "Ben"};
    Give(client, two, 0.0);
    geface::SubjectChanges changes = feed.Update(client);
    EXPECT(changes.removed.empty() && changes.announced == (std::vector<std::size_t>{0, 1}));
    EXPECT(feed.Names() == (std::vector<std::string>{"x_Ann", "x_Ben"}));
    EXPECT(feed.Update(client).announced.empty());
    client.Closed(1001, 1.0);
    EXPECT(client.Tick(2.0) == geface::Action::Connect);
    client.Opened(2.0);
    two.session = "second";
    Give(client, two, 2.0);
    EXPECT(feed.Update(client).announced.empty());  // Live Link would drop what it has buffered
    client.Closed(1001, 3.0);
    EXPECT(client.Tick(4.0) == geface::Action::Connect);
    client.Opened(4.0);
    two.subjects = {"Ben", "Cid"};
    Give(client, two, 4.0);
    changes = feed.Update(client);
    EXPECT(changes.removed == (std::vector<std::string>{"x_Ann"}));
    EXPECT(changes.announced.size() == 2 && feed.Names()[1] == "x_Cid");
}

TEST(a_frame_is_told_once_with_its_times_and_metadata) {
    Feed feed = ArkitFeed();
    geface::Hello hello = LayoutHello();
    hello.rate_hz = 29.97;
    Client client = Streaming(50.0, hello);
    feed.Update(client);
    const SubjectFrame* rest = feed.Next(client, 0, 50.0);
    EXPECT(rest != nullptr && rest->metadata[0].second == "false");
    EXPECT(std::all_of(rest->properties.begin(), rest->properties.end(),
                       [](float value) { return value == 0.0f; }));
    EXPECT(feed.Next(client, 0, 50.1) == nullptr);
    geface::Frame frame = FrameAt(7, 900.0);
    frame.time_s = 2.0;
    frame.confidence = 0.756;
    Give(client, frame, 51.0);
    const SubjectFrame* told = feed.Next(client, 0, 51.02);
    EXPECT(told != nullptr && Near(told->world_time_s, 51.0, 1e-9));
    EXPECT(told->scene_rate.numerator == 30000 && told->scene_rate.denominator == 1001);
    EXPECT(told->scene_frame.frame == 59);  // 2 s · 29.97
    const std::pair<const char*, const char*> metadata[] = {
        {"valid", "true"}, {"confidence", "0.76"}, {"sequence", "7"}};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT(std::string(told->metadata[i].first) == metadata[i].first);
        EXPECT(told->metadata[i].second == metadata[i].second);
    }
    EXPECT(feed.Next(client, 1, 51.02) == nullptr);
}

TEST(a_lost_face_fades_to_rest_and_then_nothing_is_told) {
    Feed feed = ArkitFeed();
    Client client = Streaming(99.0);
    const std::vector<float> smile = With({{"AU12_L", 1.0f}});
    EXPECT(ValueOf(feed, Settled(feed, client, smile), "MouthSmileLeft") > 0.5f);
    client.Closed(1001, 100.7);
    double now_s = 100.7, last_world_s = 0.0;
    float value = 1.0f;
    int told = 0;
    for (; now_s < 104.0; now_s += 1.0 / 60) {
        const SubjectFrame* frame = feed.Next(client, 0, now_s);
        if (frame == nullptr) continue;
        ++told;
        const float next = ValueOf(feed, *frame, "MouthSmileLeft");
        EXPECT(next <= value && frame->world_time_s > last_world_s);
        value = next;
        last_world_s = frame->world_time_s;
    }
    EXPECT(value == 0.0f && told > 30 && told < 60);
}

TEST(times_rise_and_are_never_of_the_future_whatever_the_network_does) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Feed feed = ArkitFeed();
    Client client;
    client.Start();
    double last_world_s = -1e9, server_s = 5000.0;
    std::int64_t sequence = 0;
    int told = 0;
    for (double now_s = 0.0; now_s < 120.0; now_s += 0.002 + 0.03 * uniform(random)) {
        if (client.Tick(now_s) == geface::Action::Connect) {
            client.Opened(now_s);
            server_s = 10000.0 * uniform(random);
            Give(client, LayoutHello(std::to_string(now_s)), now_s);
            sequence = 0;
        }
        // A clock that jumps as pongs come: half a second to and fro.
        const double at_s = server_s + now_s + uniform(random) - 0.5;
        if (uniform(random) < 0.2) Give(client, geface::Pong{now_s - 0.01, at_s, at_s}, now_s);
        Give(client, FrameAt(sequence++, server_s + now_s - 0.05 * uniform(random)), now_s);
        if (uniform(random) < 0.01) client.Closed(1001, now_s);
        feed.Update(client);
        const SubjectFrame* frame = feed.Next(client, 0, now_s);
        if (frame == nullptr) continue;
        ++told;
        EXPECT(frame->world_time_s > last_world_s && frame->world_time_s <= now_s);
        last_world_s = frame->world_time_s;
    }
    EXPECT(told > 1000);
}

TEST(no_channel_however_large_makes_a_number_that_is_none) {
    for (const float huge : {3e38f, -3e38f, 1e10f}) {
        Feed feed = FeedOf(geface::Role::Animation, geface::Curves::Both, "geface");
        Client client = Streaming(99.0);
        const std::vector<float> channels(layout::kChannelCount, huge);
        const SubjectFrame& frame = Settled(feed, client, channels);
        for (const float value : frame.properties) EXPECT(std::isfinite(value));
        for (const geface::Placement& bone : frame.bones) {
            for (std::size_t i = 0; i < 3; ++i) {
                EXPECT(std::isfinite(bone.translation_cm[i]) && std::isfinite(bone.scale[i]));
                EXPECT(std::isfinite(bone.rotation[i]));
            }
        }
    }
}
