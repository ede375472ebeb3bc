#include "GeFaceCore/Fragments.h"

#include "GeFaceCore/Msgpack.h"

namespace geface {

bool Fragments::Add(ByteView part, bool is_last) {
    if (is_done_) Reset();
    if (is_last && parts_.empty()) {  // almost every message: nothing to copy
        message_ = part;
        is_done_ = true;
        return true;
    }
    if (part.size > 0) parts_.insert(parts_.end(), part.data, part.data + part.size);
    is_done_ = is_last || parts_.size() > msgpack::kMaxBytes;
    message_ = {parts_.data(), parts_.size()};
    return is_done_;
}

void Fragments::Reset() {
    parts_.clear();
    message_ = {};
    is_done_ = false;
}

}  // namespace geface
