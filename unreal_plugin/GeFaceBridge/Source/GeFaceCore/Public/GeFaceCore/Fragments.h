// Puts a websocket message together that a host's socket hands on in parts.
#pragma once

#include <vector>

#include "GeFaceCore/Api.h"

namespace geface {

class GEFACECORE_API Fragments {
public:
    // Takes the next part. True if Message is a whole one now; at the latest once it is longer than
    // geface.v1 allows, so that its reader refuses it.
    bool Add(ByteView part, bool is_last);

    // Points into the last part or into this; holds until the next call of Add.
    ByteView Message() const { return message_; }

    // Another connection begins.
    void Reset();

private:
    std::vector<std::uint8_t> parts_;
    ByteView message_;
    bool is_done_ = false;
};

}  // namespace geface
