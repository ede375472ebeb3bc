#include "GeFaceCore/Feed.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "GeFaceCore/Bits.h"
#include "GeFaceCore/GeneratedLayout.h"

namespace geface {

namespace feed {

// Far beyond every channel's range, and yet so small that no profile's sums leave float's.
constexpr double kLargest = 100.0;
constexpr double kShortestStepS = 1e-6;
constexpr double kOldestS = 1.0;
constexpr const char* kRoot = "root";

static std::string Lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

static bool Holds(const std::vector<std::string>& names, const std::string& name) {
    const auto same = [lower = Lower(name)](const std::string& n) { return Lower(n) == lower; };
    return std::any_of(names.begin(), names.end(), same);
}

// ARKit's own names begin small, Epic's and Live Link Face's with a capital.
static std::string Capital(const char* name) {
    std::string text(name);
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

static std::optional<std::size_t> ChannelIndex(std::string_view name) {
    for (std::size_t i = 0; i < layout::kChannelCount; ++i) {
        if (name == layout::kChannels[i].name) return i;
    }
    return std::nullopt;
}

static double ValueOf(const std::vector<double>& channels, std::string_view name) {
    const std::optional<std::size_t> index = ChannelIndex(name);
    return index && *index < channels.size() ? channels[*index] : 0.0;
}

static float FiniteFloat(double value) {
    return IsFinite(value) && std::fabs(value) < 1e30 ? static_cast<float>(value) : 0.0f;
}

// Two decimals, without the locale's comma.
static std::string Hundredths(double share) {
    const int hundredths = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100 + 0.5);
    return std::to_string(hundredths / 100) + "." + std::to_string(100 + hundredths % 100).substr(1);
}

}  // namespace feed

std::vector<std::string> SubjectNames(const std::string& prefix,
                                      const std::vector<std::string>& subjects) {
    std::vector<std::string> names;
    for (const std::string& subject : subjects) {
        std::string name = prefix + subject;
        if (name.empty() || feed::Lower(name) == "none") name = "face";
        const std::string base = name;
        // Letters, for FName takes a number after _ apart from the name.
        for (char letter = 'b'; feed::Holds(names, name); ++letter) name = base + "_" + letter;
        names.push_back(name);
    }
    return names;
}

Feed::Feed(const Connection& connection, std::optional<Profile> profile)
    : prefix_(connection.subject_prefix), profile_(static_cast<std::optional<Profile>&&>(profile)) {
    schema_.role = connection.role;
    AddCurves(connection.curves);
    AddHead();
    if (!profile_) return;
    for (std::size_t i = 0; i < profile_->CurveNames().size(); ++i) {
        Add(profile_->CurveNames()[i], {Kind::Profile, i, 1.0});
    }
    if (schema_.role == Role::Animation) AddBones();
}

// The first of a name stays: a profile for ARKit's shapes says the same of them.
void Feed::Add(const std::string& name, const Property& property) {
    if (feed::Holds(schema_.properties, name)) return;
    schema_.properties.push_back(name);
    properties_.push_back(property);
}

void Feed::AddChannel(const std::string& name, const char* channel, double factor) {
    if (const std::optional<std::size_t> index = feed::ChannelIndex(channel)) {
        Add(name, {Kind::Channel, *index, factor});
    }
}

void Feed::AddCurves(Curves curves) {
    if (curves != Curves::Arkit) {
        for (const layout::Channel& channel : layout::kChannels) {
            const std::string_view name = channel.name;
            if (name.substr(0, 5) != "head_") AddChannel(channel.name, channel.name);
        }
    }
    if (curves == Curves::ActionUnits) return;
    for (std::size_t i = 0; i < layout::kArkitCount; ++i) {
        Add(feed::Capital(layout::kArkitNames[i]), {Kind::Arkit, i, 1.0});
    }
    // Signs of Live Link Face, as in geface_bridge/arkit.py; eyes turn alike and never roll.
    for (const char* eye : {"LeftEye", "RightEye"}) {
        AddChannel(std::string(eye) + "Yaw", "gaze_yaw", -1.0);
        AddChannel(std::string(eye) + "Pitch", "gaze_pitch", 1.0);
        AddChannel(std::string(eye) + "Roll", "gaze_yaw", 0.0);
    }
}

// Epic's names: radians as Live Link Face sends them, centimetres in Unreal's axes.
void Feed::AddHead() {
    AddChannel("HeadYaw", "head_yaw");
    AddChannel("HeadPitch", "head_pitch", -1.0);
    AddChannel("HeadRoll", "head_roll");
    AddChannel("HeadTranslationX", "head_x", 100.0);
    AddChannel("HeadTranslationY", "head_z", 100.0);
    AddChannel("HeadTranslationZ", "head_y", 100.0);
}

void Feed::AddBones() {
    schema_.bones = {feed::kRoot};
    const auto& names = profile_->BoneNames();
    schema_.bones.insert(schema_.bones.end(), names.begin(), names.end());
    const std::string& head = profile_->HeadBone();
    if (!head.empty()) {
        const auto found = std::find(schema_.bones.begin() + 1, schema_.bones.end(), head);
        head_bone_ = static_cast<std::size_t>(found - schema_.bones.begin());
        if (found == schema_.bones.end()) schema_.bones.push_back(head);
    }
    schema_.parents.assign(schema_.bones.size(), 0);
    schema_.parents[0] = -1;
}

SubjectChanges Feed::Update(const Client& client) {
    SubjectChanges changes;
    const Hello* hello = client.Greeting();
    if (hello == nullptr || client.Schema() == known_schema_) return changes;
    known_schema_ = client.Schema();
    const std::vector<std::string> before = names_;
    names_ = SubjectNames(prefix_, hello->subjects);
    for (const std::string& name : before) {
        if (!feed::Holds(names_, name)) changes.removed.push_back(name);
    }
    told_.assign(names_.size(), Told());
    for (std::size_t i = 0; i < names_.size(); ++i) changes.announced.push_back(i);
    return changes;
}

const SubjectFrame* Feed::Next(Client& client, std::size_t subject, double time_s) {
    if (subject >= told_.size()) return nullptr;
    const Shown* shown = client.Show(subject, time_s);
    if (shown == nullptr || shown->channels.size() != layout::kChannelCount) return nullptr;
    rate_ = RateOf(client.Greeting()->rate_hz);  // may change without the schema
    if (!Stamp(told_[subject], *shown, time_s)) return nullptr;
    Fill(*shown);
    return &frame_;
}

// Whether there is something new, and its times.
bool Feed::Stamp(Told& told, const Shown& shown, double time_s) {
    const bool is_first = !told.sequence;
    const bool is_frame = is_first || *told.sequence != shown.sequence || told.valid != shown.valid;
    if (!is_frame && told.channels == shown.channels) return false;
    if (is_frame) told.age_s = std::clamp(time_s - shown.captured_at_s, 0.0, feed::kOldestS);
    double world_time_s = time_s - told.age_s;
    // A clock that is found to go otherwise must not turn the frames' order.
    if (!is_first) world_time_s = std::max(world_time_s, told.world_time_s + feed::kShortestStepS);
    if (world_time_s > time_s) return false;
    told.channels = shown.channels;
    told.sequence = shown.sequence;
    told.valid = shown.valid;
    told.world_time_s = world_time_s;
    frame_.world_time_s = world_time_s;
    const double since_s = is_frame ? 0.0 : world_time_s - shown.captured_at_s;
    frame_.scene_rate = rate_;
    frame_.scene_frame = FrameNumberAt(shown.time_s + since_s, rate_);
    return true;
}

void Feed::Fill(const Shown& shown) {
    std::vector<double> channels = shown.channels;
    for (double& value : channels) value = std::clamp(value, -feed::kLargest, feed::kLargest);
    std::array<double, layout::kArkitCount> arkit;
    ArkitCurves(channels.data(), arkit.data());
    if (profile_) profile_->Evaluate(channels.data(), pose_);
    frame_.properties.clear();
    for (const Property& property : properties_) {
        const double value = property.kind == Kind::Channel ? channels[property.index]
                             : property.kind == Kind::Arkit ? arkit[property.index]
                                                            : pose_.curves[property.index];
        frame_.properties.push_back(feed::FiniteFloat(property.factor * value));
    }
    FillBones(channels);
    frame_.metadata = {{"valid", shown.valid ? "true" : "false"},
                       {"confidence", feed::Hundredths(shown.confidence)},
                       {"sequence", std::to_string(shown.sequence)}};
}

void Feed::FillBones(const std::vector<double>& channels) {
    frame_.bones.assign(schema_.bones.size(), Placement());
    const Quaternion turn = HeadQuaternion(feed::ValueOf(channels, "head_yaw"),
                                           feed::ValueOf(channels, "head_pitch"),
                                           feed::ValueOf(channels, "head_roll"));
    for (std::size_t i = 1; i < schema_.bones.size(); ++i) {
        const bool has_pose = i - 1 < pose_.bones.size();
        const BoneOffset offset = has_pose ? pose_.bones[i - 1] : BoneOffset{};
        frame_.bones[i] = i == head_bone_ ? UnrealOffset(offset, turn) : UnrealOffset(offset);
    }
}

}  // namespace geface
