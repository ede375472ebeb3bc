// What a Live Link source tells its client: which subjects there are, of which properties and bones,
// and their frames. All of it but the engine's own types.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "GeFaceCore/Client.h"
#include "GeFaceCore/Connection.h"
#include "GeFaceCore/Unreal.h"

namespace geface {

// The same for every subject of a source.
struct SubjectSchema {
    Role role = Role::Basic;
    std::vector<std::string> properties;  // distinct without regard to case, as FName compares
    std::vector<std::string> bones;       // of Animation: "root", then the profile's
    std::vector<int> parents;             // -1 of the root, 0 of all others
};

// One frame of one subject. All numbers are finite.
struct SubjectFrame {
    std::vector<float> properties;  // as many as the schema's
    std::vector<Placement> bones;   // as many as the schema's: offsets from rest, component axes
    double world_time_s = 0.0;      // host's clock; rises with every frame of a subject
    FrameNumber scene_frame;
    Rate scene_rate;
    std::vector<std::pair<const char*, std::string>> metadata;
};

struct SubjectChanges {
    std::vector<std::string> removed;    // names
    std::vector<std::size_t> announced;  // indices into Feed::Names: static data is due
};

// Names for a server's faces, distinct without regard to case, none of them empty or "None", which
// FName takes for no name.
GEFACECORE_API std::vector<std::string> SubjectNames(const std::string& prefix,
                                                     const std::vector<std::string>& subjects);

class GEFACECORE_API Feed {
public:
    // `profile` is that of the connection, read by the host; Animation needs one with bones.
    Feed(const Connection& connection, std::optional<Profile> profile);

    const SubjectSchema& Schema() const { return schema_; }
    const std::vector<std::string>& Names() const { return names_; }

    // What changed since the last call: everything at first, and after a hello with other faces.
    SubjectChanges Update(const Client& client);

    // The frame to push for a subject at `time_s` of the host's clock; null where nothing is new
    // since the last one: no frame came and the face, fading or not, stands still.
    const SubjectFrame* Next(Client& client, std::size_t subject, double time_s);

private:
    enum class Kind : std::uint8_t { Channel, Arkit, Profile };
    // factor times a wire channel, an ARKit curve or one of the profile's curves.
    struct Property {
        Kind kind;
        std::size_t index;
        double factor;
    };
    struct Told {
        std::vector<double> channels;
        std::optional<std::int64_t> sequence;  // none: nothing was told yet
        bool valid = false;
        double age_s = 0.0;  // between capture and telling
        double world_time_s = 0.0;
    };

    void Add(const std::string& name, const Property& property);
    void AddChannel(const std::string& name, const char* channel, double factor = 1.0);
    void AddCurves(Curves curves);
    void AddHead();
    void AddBones();
    bool Stamp(Told& told, const Shown& shown, double time_s);
    void Fill(const Shown& shown);
    void FillBones(const std::vector<double>& channels);

    std::string prefix_;
    std::optional<Profile> profile_;
    std::vector<Property> properties_;  // of the schema's names
    std::size_t head_bone_ = 0;         // in the schema's bones; 0: none
    SubjectSchema schema_;
    std::vector<std::string> names_;
    std::vector<Told> told_;
    Rate rate_;
    int known_schema_ = 0;
    SubjectFrame frame_;
    PoseValues pose_;
};

}  // namespace geface
