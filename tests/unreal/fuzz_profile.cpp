// Text of a profile: read or refused with a reason, and what is read can be evaluated.
#include <cstdlib>

#include "GeFaceCore/GeneratedLayout.h"
#include "GeFaceCore/Profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string error;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto profile = geface::Profile::Parse(text, error);
    if (!profile) {
        if (error.empty()) std::abort();
        return 0;
    }
    double channels[geface::layout::kChannelCount];
    for (double& channel : channels) channel = 0.5;
    geface::PoseValues values;
    profile->Evaluate(channels, values);
    if (values.bones.size() != profile->BoneNames().size()) std::abort();
    return 0;
}
