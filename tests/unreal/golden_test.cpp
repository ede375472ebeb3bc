// The golden vectors that bind every implementation: tests/contract/golden.
#include <array>

#include "GeFaceCore/Json.h"
#include "GeFaceCore/GeneratedLayout.h"
#include "GeFaceCore/Presence.h"
#include "GeFaceCore/Profile.h"
#include "Test.h"
#include "Wire.h"

namespace {

using geface::Json;
namespace layout = geface::layout;

Json Load(const std::string& name) {
    Json json;
    std::string error;
    EXPECT_OF(name + ": " + error, geface::ReadJson(ReadText(Golden() + "/" + name), json, error));
    return json;
}

bool Is(const Json& json, const std::string& text) { return json.IsString(text); }
bool Is(const Json& json, double number) {
    return json.kind == Json::Kind::Number && json.number == number;
}
bool Is(const Json& json, float number) {
    return json.kind == Json::Kind::Number && static_cast<float>(json.number) == number;
}
bool Is(const Json& json, bool flag) {
    return json.kind == Json::Kind::Boolean && json.boolean == flag;
}
bool Is(const Json& json, int number) { return Is(json, static_cast<double>(number)); }
bool Is(const Json& json, std::int64_t number) { return Is(json, static_cast<double>(number)); }

bool Is(const Json& json, const geface::Channel& c) {
    return json.items.size() == 4 && Is(json.items[0], c.name) && Is(json.items[1], c.unit) &&
           Is(json.items[2], c.low) && Is(json.items[3], c.high);
}

template <typename T>
bool Is(const Json& json, const std::optional<T>& value) {
    return value ? Is(json, *value) : json.kind == Json::Kind::Null;
}

template <typename T>
bool Is(const Json& json, const std::vector<T>& values) {
    bool same = json.items.size() == values.size();
    for (std::size_t i = 0; same && i < values.size(); ++i) same = Is(json.items[i], values[i]);
    return same;
}

// Whether a message is what the vector's JSON object says.
class Fields {
public:
    explicit Fields(const Json& json) : json_(json) {}

    template <typename T>
    Fields& Has(const char* key, const T& value) {
        const Json* found = json_.Find(key);
        same_ = same_ && found != nullptr && Is(*found, value);
        ++count_;
        return *this;
    }
    bool AllOf() const { return same_ && count_ + 1 == json_.members.size(); }

private:
    const Json& json_;
    bool same_ = true;
    std::size_t count_ = 0;
};

bool Same(const Json& j, const geface::Hello& m) {
    return Fields(j)
        .Has("version", std::vector<int>{m.major, m.minor})
        .Has("session", m.session)
        .Has("layout_id", m.layout_id)
        .Has("channels", m.channels)
        .Has("subjects", m.subjects)
        .Has("source", m.source)
        .Has("rate_hz", m.rate_hz)
        .Has("server", m.server)
        .Has("server_version", m.server_version)
        .AllOf();
}
bool Same(const Json& j, const geface::Frame& m) {
    return Fields(j)
        .Has("sequence", m.sequence)
        .Has("subject", m.subject)
        .Has("time_s", m.time_s)
        .Has("captured_at_s", m.captured_at_s)
        .Has("valid", m.valid)
        .Has("confidence", m.confidence)
        .Has("channels", m.channels)
        .AllOf();
}
bool Same(const Json& j, const geface::Status& m) {
    const char* const levels[] = {"info", "warning", "error"};
    const std::string level = levels[static_cast<int>(m.level)];
    return Fields(j).Has("level", level).Has("text", m.text).AllOf();
}
bool Same(const Json& j, const geface::Dropped& m) {
    return Fields(j)
        .Has("subject", m.subject)
        .Has("first_sequence", m.first_sequence)
        .Has("count", m.count)
        .AllOf();
}
bool Same(const Json& j, const geface::Pong& m) {
    return Fields(j)
        .Has("client_time_s", m.client_time_s)
        .Has("received_at_s", m.received_at_s)
        .Has("sent_at_s", m.sent_at_s)
        .AllOf();
}
bool Same(const Json& j, const geface::Calibrate& m) {
    const char* const kinds[] = {"neutral", "range", "clear"};
    const std::string kind = kinds[static_cast<int>(m.kind)];
    return Fields(j)
        .Has("duration_s", m.duration_s)
        .Has("subject", m.subject)
        .Has("kind", kind)
        .Has("channels", m.channels)
        .AllOf();
}
bool Same(const Json& j, const geface::Gain& m) {
    return Fields(j).Has("channel", m.channel).Has("factor", m.factor).AllOf();
}
bool Same(const Json& j, const geface::Mark& m) { return Fields(j).Has("label", m.label).AllOf(); }
bool Same(const Json& j, const geface::Playback& m) {
    return Fields(j)
        .Has("position_s", m.position_s)
        .Has("speed", m.speed)
        .Has("paused", m.paused)
        .Has("skip_s", m.skip_s)
        .AllOf();
}
bool Same(const Json& j, const geface::Ping& m) {
    return Fields(j).Has("client_time_s", m.client_time_s).AllOf();
}
bool Same(const Json& j, const geface::Subscribe& m) {
    const std::string mode = m.mode == geface::Mode::All ? "all" : "newest";
    return Fields(j).Has("mode", mode).AllOf();
}
bool Same(const Json&, std::monostate) { return false; }

template <std::size_t I = 0>
bool SameAny(const Json& json, const geface::Message& message) {
    if constexpr (I < std::variant_size_v<geface::Message>) {
        if (const auto* m = std::get_if<I>(&message)) return Same(json, *m);
        return SameAny<I + 1>(json, message);
    } else {
        return false;
    }
}

std::string FirstWord(const std::string& text) { return text.substr(0, text.find(' ')); }

std::vector<double> Channels(const Json& values) {
    std::vector<double> channels(layout::kChannelCount);
    for (const auto& [name, value] : values.members) {
        for (std::size_t i = 0; i < channels.size(); ++i) {
            if (name == layout::kChannels[i].name) channels[i] = value.number;
        }
    }
    return channels;
}

void CheckCase(const geface::Profile& profile, const std::string& about, const Json& json) {
    geface::PoseValues found;
    profile.Evaluate(Channels(*json.Find("channels")).data(), found);
    const Json& bones = *json.Find("bones");
    const Json& curves = *json.Find("curves");
    std::size_t named = 0;
    for (std::size_t i = 0; i < profile.BoneNames().size(); ++i) {
        const Json* expected = bones.Find(profile.BoneNames()[i]);
        named += expected != nullptr;
        for (std::size_t k = 0; k < 9; ++k) {
            const double number = expected ? expected->items[k].number : 0.0;
            EXPECT_OF(about + " " + profile.BoneNames()[i],
                      Near(found.bones[i][k], number, 1e-6));
        }
    }
    for (std::size_t i = 0; i < profile.CurveNames().size(); ++i) {
        const Json* expected = curves.Find(profile.CurveNames()[i]);
        named += expected != nullptr;
        EXPECT_OF(about + " " + profile.CurveNames()[i],
                  Near(found.curves[i], expected ? expected->number : 0.0, 1e-6));
    }
    EXPECT_OF(about, named == bones.members.size() + curves.members.size());
}

geface::Profile Packaged(const std::string& name) {
    std::string error;
    const std::string path = Golden() + "/../../../rig/profiles/" + name + ".json";
    auto profile = geface::Profile::Parse(ReadText(path), error);
    EXPECT_OF(name + ": " + error, profile.has_value());
    return profile.value_or(geface::Profile());
}

// JSON text of a value: profiles are read from text.
std::string Text(const Json& json) {
    std::string out;
    char number[32];
    switch (json.kind) {
        case Json::Kind::Null:
            return "null";
        case Json::Kind::Boolean:
            return json.boolean ? "true" : "false";
        case Json::Kind::Number:
            std::snprintf(number, sizeof number, "%.17g", json.number);
            return number;
        case Json::Kind::String:
            return '"' + json.text + '"';
        case Json::Kind::Array:
            for (const Json& item : json.items) out += (out.empty() ? "" : ",") + Text(item);
            return "[" + out + "]";
        default:
            for (const auto& [key, value] : json.members) {
                out += (out.empty() ? "\"" : ",\"") + key + "\":" + Text(value);
            }
            return "{" + out + "}";
    }
}

}  // namespace

TEST(canonical_bytes_are_read_and_written) {
    const Json golden = Load("geface_v1.json");
    const auto& vectors = golden.Find("canonical")->items;
    EXPECT(vectors.size() >= 25);
    for (const Json& vector : vectors) {
        const std::string name = vector.Find("name")->text;
        const Bytes bytes = FromHex(vector.Find("hex")->text);
        geface::Message message;
        geface::Error error;
        const bool read = geface::Decode(View(bytes), message, error) == geface::Decoded::Taken;
        EXPECT_OF(name + ": " + error.text, read);
        const Json& json = *vector.Find("message");
        EXPECT_OF(name, json.Find("type")->text == geface::NameOf(message));
        EXPECT_OF(name, SameAny(json, message));
        EXPECT_OF(name, wire::EncodeAny(message) == bytes);
    }
}

TEST(other_writings_are_accepted) {
    const Json golden = Load("geface_v1.json");
    EXPECT(golden.Find("accepted")->items.size() >= 10);
    for (const Json& vector : golden.Find("accepted")->items) {
        const Bytes bytes = FromHex(vector.Find("hex")->text);
        geface::Message message;
        geface::Error error;
        const bool read = geface::Decode(View(bytes), message, error) == geface::Decoded::Taken;
        EXPECT_OF(vector.Find("name")->text + error.text, read);
        EXPECT_OF(vector.Find("name")->text, SameAny(*vector.Find("message"), message));
    }
}

TEST(types_of_a_later_minor_are_ignored) {
    const Json golden = Load("geface_v1.json");
    EXPECT(golden.Find("ignored")->items.size() >= 2);
    for (const Json& vector : golden.Find("ignored")->items) {
        const Bytes bytes = FromHex(vector.Find("hex")->text);
        geface::Message message;
        geface::Error error;
        EXPECT_OF(vector.Find("name")->text,
                  geface::Decode(View(bytes), message, error) == geface::Decoded::Ignored);
    }
}

TEST(what_the_specification_refuses_is_refused_for_the_same_reason) {
    const Json golden = Load("geface_v1.json");
    EXPECT(golden.Find("refused")->items.size() >= 48);
    for (const Json& vector : golden.Find("refused")->items) {
        const std::string name = vector.Find("name")->text;
        const Bytes bytes = FromHex(vector.Find("hex")->text);
        geface::Message message;
        geface::Error error;
        EXPECT_OF(name, geface::Decode(View(bytes), message, error) == geface::Decoded::Refused);
        const bool is_version = Is(*vector.Find("kind"), std::string("VersionError"));
        EXPECT_OF(name, error.kind == (is_version ? geface::ErrorKind::Version
                                                  : geface::ErrorKind::Protocol));
        const Json* text = vector.Find("error");
        if (text != nullptr) {
            EXPECT_OF(name + ": " + error.text, FirstWord(text->text) == FirstWord(error.text));
        }
    }
}

TEST(profiles_move_bones_and_curves_as_numpy_does) {
    const Json golden = Load("retarget_v2.json");
    EXPECT(golden.Find("layout_id")->IsString(layout::kLayoutId));
    const auto& profiles = golden.Find("profiles")->members;
    EXPECT(profiles.size() >= 4);
    for (const auto& [name, part] : profiles) {
        const geface::Profile profile = Packaged(name);
        for (const auto& [about, json] : part.Find("cases")->members) {
            CheckCase(profile, name + " " + about, json);
        }
    }
    const Json& worked = *golden.Find("worked");
    std::string error;
    const auto profile = geface::Profile::Parse(Text(*worked.Find("profile")), error);
    EXPECT_OF(error, profile.has_value());
    EXPECT(profile->HeadBone().empty());
    for (const auto& [about, json] : worked.Find("cases")->members) {
        CheckCase(*profile, about, json);
    }
}

TEST(the_generated_arkit_table_is_the_profile) {
    const geface::Profile profile = Packaged("arkit52");
    EXPECT(profile.CurveNames().size() == layout::kArkitCount);
    const Json golden = Load("retarget_v2.json");
    for (const auto& [name, json] :
         golden.Find("profiles")->Find("arkit52")->Find("cases")->members) {
        const std::vector<double> channels = Channels(*json.Find("channels"));
        geface::PoseValues expected;
        profile.Evaluate(channels.data(), expected);
        std::array<double, layout::kArkitCount> curves;
        geface::ArkitCurves(channels.data(), curves.data());
        for (std::size_t i = 0; i < curves.size(); ++i) {
            EXPECT_OF(name, profile.CurveNames()[i] == layout::kArkitNames[i]);
            EXPECT_OF(name, Near(curves[i], expected.curves[i], 1e-12));
        }
    }
}

TEST(bases_of_bones_at_an_angle) {
    const Json golden = Load("retarget_v2.json");
    for (const Json& json : golden.Find("bases")->items) {
        geface::Matrix3 b{};
        geface::BoneOffset offset{};
        for (std::size_t i = 0; i < 9; ++i) {
            b[i] = json.Find("character_from_bone")->items[i / 3].items[i % 3].number;
            offset[i] = json.Find("offset")->items[i].number;
        }
        const geface::Matrix34 found = geface::BasisMatrix(offset, b);
        for (std::size_t i = 0; i < 12; ++i) {
            const double expected = json.Find("basis")->items[i / 4].items[i % 4].number;
            EXPECT(Near(found[i], expected, 1e-6));
        }
    }
}

TEST(the_head_turns_as_in_the_skeleton_vectors) {
    const Json golden = Load("skeleton_v1.json");
    const std::string head = Packaged("geface").HeadBone();
    std::size_t turned = 0;
    for (const Json& json : golden.Find("cases")->items) {
        if (!json.Find("identity")->members.empty()) continue;  // scales the head as well
        const Json& channels = *json.Find("channels");
        const auto angle = [&](const char* name) {
            return channels.Find(name) ? channels.Find(name)->number : 0.0;
        };
        const Json* expected = json.Find("joints")->Find(head);
        if (expected == nullptr) continue;
        const geface::Matrix3 found =
            geface::HeadMatrix(angle("head_yaw"), angle("head_pitch"), angle("head_roll"));
        turned += found[0] != 1.0;
        for (std::size_t i = 0; i < 9; ++i) {
            EXPECT(Near(found[i], expected->items[i / 3].items[i % 3].number, 1e-6));
        }
    }
    EXPECT(turned >= 1);
}

TEST(presence_shows_what_python_shows) {
    const Json golden = Load("presence_v1.json");
    EXPECT(golden.Find("cases")->members.size() >= 10);
    for (const auto& [name, json] : golden.Find("cases")->members) {
        const Json& c = *json.Find("config");
        const std::vector<Json>& steps = json.Find("steps")->items;
        geface::Presence presence(steps[0].Find("shown")->items.size(),
                                  {c.Find("hold_s")->number, c.Find("fade_s")->number,
                                   c.Find("return_s")->number});
        for (const Json& step : steps) {
            std::vector<float> channels;
            for (const Json& value : step.Find("channels")->items) {
                channels.push_back(static_cast<float>(value.number));
            }
            const auto& shown = presence.Show(channels.empty() ? nullptr : channels.data(),
                                              step.Find("time_s")->number);
            const std::vector<Json>& expected = step.Find("shown")->items;
            EXPECT_OF(name, shown.size() == expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                EXPECT_OF(name, Near(shown[i], expected[i].number, 1e-6));
            }
        }
    }
}
