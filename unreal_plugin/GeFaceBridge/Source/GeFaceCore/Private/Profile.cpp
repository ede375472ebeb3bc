#include "GeFaceCore/Profile.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "GeFaceCore/Json.h"
#include "GeFaceCore/GeneratedLayout.h"

namespace geface {

// Builds a Profile from parsed JSON; the same checks as rig/profile.py.
class ProfileReader {
public:
    explicit ProfileReader(std::string& error) : error_(error) {
        for (std::size_t i = 0; i < layout::kChannelCount; ++i) {
            channels_.emplace(layout::kChannels[i].name, i);
        }
    }

    bool Read(const Json& raw) {
        const Json* format = raw.Find("format");
        const Json* version = raw.Find("format_version");
        if (format == nullptr || !format->IsString("geface-profile")) {
            return Refuse("format is not 'geface-profile'");
        }
        if (!IsNumber(version) || version->number != 2.0) return Refuse("format_version is not 2");
        const Json* id = raw.Find("layout_id");
        if (id == nullptr || !id->IsString(layout::kLayoutId)) {
            return Refuse(std::string("layout is not ") + layout::kLayoutId +
                          ": take profile and plugin from the same version");
        }
        return ReadHead(raw) && ReadPoses(raw.Find("poses")) && ReadDrivers(raw.Find("drivers"));
    }

    Profile Take() { return static_cast<Profile&&>(profile_); }

private:
    bool Refuse(const std::string& why) {
        error_ = "profile: " + why;
        return false;
    }

    static bool IsNumber(const Json* value) {
        return value != nullptr && value->kind == Json::Kind::Number;
    }
    static bool IsObject(const Json* value) {
        return value != nullptr && value->kind == Json::Kind::Object;
    }
    static bool IsString(const Json* value) {
        return value != nullptr && value->kind == Json::Kind::String;
    }

    bool ReadHead(const Json& raw) {
        const Json* target = raw.Find("target");
        const Json* bone = raw.Find("head_bone");
        if (!IsString(target)) return Refuse("target is no string");
        if (bone == nullptr || (!IsString(bone) && bone->kind != Json::Kind::Null)) {
            return Refuse("head_bone is neither string nor null");
        }
        profile_.target_ = target->text;
        profile_.head_bone_ = bone->text;
        return true;
    }

    bool ReadPoses(const Json* poses) {
        if (!IsObject(poses)) return Refuse("poses is no object");
        for (const auto& [name, pose] : poses->members) {
            poses_.emplace(name, profile_.poses_.size());
            profile_.poses_.emplace_back();
            if (!ReadBones(pose.Find("bones"), name) || !ReadCurves(pose.Find("curves"), name)) {
                return false;
            }
        }
        return true;
    }

    bool ReadBones(const Json* bones, const std::string& pose) {
        if (!IsObject(bones)) return Refuse("pose " + pose + " has no bones");
        for (const auto& [name, part] : bones->members) {
            BoneOffset offset{};
            const bool read = ReadVector(part.Find("translation"), &offset[0]) &&
                              ReadVector(part.Find("rotvec"), &offset[3]) &&
                              ReadVector(part.Find("scale"), &offset[6]);
            if (!read) return Refuse("pose " + pose + ", bone " + name + " lacks three numbers");
            for (std::size_t i = 6; i < 9; ++i) offset[i] -= 1.0;
            const std::size_t index = Index(name, bones_, profile_.bone_names_);
            profile_.poses_.back().bones.emplace_back(index, offset);
        }
        return true;
    }

    bool ReadCurves(const Json* curves, const std::string& pose) {
        if (!IsObject(curves)) return Refuse("pose " + pose + " has no curves");
        for (const auto& [name, value] : curves->members) {
            if (!IsNumber(&value)) return Refuse("pose " + pose + ", curve " + name);
            const std::size_t index = Index(name, curves_, profile_.curve_names_);
            profile_.poses_.back().curves.emplace_back(index, value.number);
        }
        return true;
    }

    bool ReadDrivers(const Json* drivers) {
        if (drivers == nullptr || drivers->kind != Json::Kind::Array) {
            return Refuse("drivers is no array");
        }
        return std::all_of(drivers->items.begin(), drivers->items.end(),
                           [this](const Json& driver) { return ReadDriver(driver); });
    }

    bool ReadDriver(const Json& raw) {
        const Json* pose = raw.Find("pose");
        const auto found = IsString(pose) ? poses_.find(pose->text) : poses_.end();
        if (found == poses_.end()) return Refuse("a driver names an unknown pose");
        Profile::Driver driver{found->second, {}};
        if (!ReadFactor(raw, driver)) return false;
        if (const Json* times = raw.Find("times")) {
            if (times->kind != Json::Kind::Array) return Refuse("times is no array");
            for (const Json& factor : times->items) {
                if (!ReadFactor(factor, driver)) return false;
            }
        }
        profile_.drivers_.push_back(static_cast<Profile::Driver&&>(driver));
        return true;
    }

    bool ReadFactor(const Json& raw, Profile::Driver& driver) {
        const Json* channel = raw.Find("channel");
        const Json* gain = raw.Find("gain");
        const auto found = IsString(channel) ? channels_.find(channel->text) : channels_.end();
        if (found == channels_.end()) return Refuse("a driver names an unknown channel");
        if (!IsNumber(gain)) return Refuse("a driver's gain is no number");
        driver.factors.push_back({found->second, gain->number});
        return true;
    }

    static bool ReadVector(const Json* value, double* out) {
        if (value == nullptr || value->kind != Json::Kind::Array || value->items.size() != 3) {
            return false;
        }
        for (std::size_t i = 0; i < 3; ++i) {
            if (!IsNumber(&value->items[i])) return false;
            out[i] = value->items[i].number;
        }
        return true;
    }

    using Names = std::unordered_map<std::string, std::size_t>;

    static std::size_t Index(const std::string& name, Names& known,
                             std::vector<std::string>& names) {
        const auto [place, is_new] = known.emplace(name, names.size());
        if (is_new) names.push_back(name);
        return place->second;
    }

    std::string& error_;
    Profile profile_;
    Names channels_, poses_, bones_, curves_;
};

std::optional<Profile> Profile::Parse(std::string_view text, std::string& error) {
    Json raw;
    ProfileReader reader(error);
    if (!ReadJson(text, raw, error) || !reader.Read(raw)) return std::nullopt;
    return reader.Take();
}

void Profile::Evaluate(const double* channels, PoseValues& values) const {
    values.bones.assign(bone_names_.size(), BoneOffset{});
    values.curves.assign(curve_names_.size(), 0.0);
    for (const Driver& driver : drivers_) {
        double weight = 1.0;
        for (const Factor& factor : driver.factors) {
            weight *= std::max(0.0, factor.gain * channels[factor.channel]);
        }
        if (weight == 0.0) continue;
        const Pose& pose = poses_[driver.pose];
        for (const auto& [bone, offset] : pose.bones) {
            for (std::size_t i = 0; i < 9; ++i) values.bones[bone][i] += weight * offset[i];
        }
        for (const auto& [curve, value] : pose.curves) values.curves[curve] += weight * value;
    }
    for (double& curve : values.curves) curve = std::clamp(curve, 0.0, 1.0);
}

void ArkitCurves(const double* channels, double* curves) {
    std::fill(curves, curves + layout::kArkitCount, 0.0);
    for (const layout::ArkitDriver& driver : layout::kArkitDrivers) {
        double weight = 1.0;
        for (std::size_t i = 0; i < driver.factor_count; ++i) {
            const layout::ArkitFactor& factor = layout::kArkitFactors[driver.first_factor + i];
            weight *= std::max(0.0, factor.gain * channels[factor.channel]);
        }
        for (std::size_t i = 0; i < driver.term_count; ++i) {
            const layout::ArkitTerm& term = layout::kArkitTerms[driver.first_term + i];
            curves[term.curve] += weight * term.value;
        }
    }
    for (std::size_t i = 0; i < layout::kArkitCount; ++i) {
        curves[i] = std::clamp(curves[i], 0.0, 1.0);
    }
}

Matrix3 RotationMatrix(double x, double y, double z) {
    const double angle = std::sqrt(x * x + y * y + z * z);
    // sin(a)/a and (1 - cos(a))/a^2, by their series where the angle is too small to divide by
    const bool tiny = angle < 1e-4;
    const double half = tiny ? 0.5 : std::sin(angle / 2) / angle;
    const double s = tiny ? 1.0 - angle * angle / 6 : std::sin(angle) / angle;
    const double c = tiny ? 0.5 - angle * angle / 24 : 2 * half * half;
    return {1 - c * (y * y + z * z), c * x * y - s * z,       c * x * z + s * y,
            c * x * y + s * z,       1 - c * (x * x + z * z), c * y * z - s * x,
            c * x * z - s * y,       c * y * z + s * x,       1 - c * (x * x + y * y)};
}

Matrix3 HeadMatrix(double yaw_rad, double pitch_rad, double roll_rad) {
    const Matrix3 tilted = Product(RotationMatrix(pitch_rad, 0, 0), RotationMatrix(0, 0, roll_rad));
    return Product(RotationMatrix(0, yaw_rad, 0), tilted);
}

Matrix3 Product(const Matrix3& a, const Matrix3& b) {
    Matrix3 out{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) {
            for (std::size_t k = 0; k < 3; ++k) {
                out[3 * row + column] += a[3 * row + k] * b[3 * k + column];
            }
        }
    }
    return out;
}

Matrix34 BasisMatrix(const BoneOffset& o, const Matrix3& character_from_bone,
                     const Matrix3& turn) {
    const Matrix3& b = character_from_bone;
    const Matrix3 transposed = {b[0], b[3], b[6], b[1], b[4], b[7], b[2], b[5], b[8]};
    const Matrix3 rotation = Product(turn, RotationMatrix(o[3], o[4], o[5]));
    const Matrix3 own = Product(Product(transposed, rotation), b);
    Matrix34 out{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) {
            out[4 * row + column] = own[3 * row + column] * (1 + o[6 + column]);
            out[4 * row + 3] += transposed[3 * row + column] * o[column];
        }
    }
    return out;
}

}  // namespace geface
