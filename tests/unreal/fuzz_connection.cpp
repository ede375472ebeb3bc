// Text of a connection string: refused with a reason, or its own text means the same and stays.
#include <cstdlib>

#include "GeFaceCore/Connection.h"

static void Require(bool holds) {
    if (!holds) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string error;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = geface::ParseConnection(text, error);
    if (!read) {
        Require(!error.empty());
        return 0;
    }
    Require(!read->url.empty() && !geface::HostOf(read->url).empty());
    Require(read->delay_s >= 0.0 && read->delay_s <= geface::Connection::kMaxDelayS);
    const std::string written = geface::ConnectionText(*read);
    if (written.size() > geface::Connection::kMaxBytes) return 0;  // escapes are longer
    const auto again = geface::ParseConnection(written, error);
    Require(again.has_value());
    Require(again->url == read->url && again->token == read->token);
    Require(again->subject_prefix == read->subject_prefix && again->profile == read->profile);
    Require(again->role == read->role && again->curves == read->curves);
    Require(geface::ConnectionText(*again) == written);
    return 0;
}
