// Messages in parts.
#include "GeFaceCore/Fragments.h"

#include "GeFaceCore/Msgpack.h"
#include "Test.h"
#include "Wire.h"

namespace {

std::string Text(const geface::Fragments& fragments) {
    const geface::ByteView view = fragments.Message();
    return std::string(reinterpret_cast<const char*>(view.data), view.size);
}

geface::ByteView Part(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST(messages_come_whole_however_they_are_parted) {
    const std::string message = "abcdef";
    for (std::size_t first = 0; first <= 6; ++first) {
        for (std::size_t second = first; second <= 6; ++second) {
            geface::Fragments fragments;
            for (int again = 0; again < 2; ++again) {
                EXPECT(!fragments.Add(Part(message.substr(0, first)), false));
                EXPECT(!fragments.Add(Part(message.substr(first, second - first)), false));
                const std::string rest = message.substr(second);
                EXPECT(fragments.Add(Part(rest), true) && Text(fragments) == message);
            }
        }
    }
}

TEST(a_message_of_one_part_is_not_copied) {
    const std::string message = "abc";
    geface::Fragments fragments;
    EXPECT(fragments.Add(Part(message), true));
    EXPECT(static_cast<const void*>(fragments.Message().data) == message.data());
    EXPECT(fragments.Add(Part(""), true) && fragments.Message().size == 0);
}

TEST(a_message_without_end_is_handed_on_to_be_refused) {
    geface::Fragments fragments;
    const std::string part(4096, 'x');
    int parts = 1;
    while (!fragments.Add(Part(part), false) && parts < 100) ++parts;
    EXPECT(parts == 17 && fragments.Message().size > geface::msgpack::kMaxBytes);
    geface::Message message;
    geface::Error error;
    EXPECT(geface::Decode(fragments.Message(), message, error) == geface::Decoded::Refused);
}

TEST(what_a_broken_connection_left_is_forgotten) {
    geface::Fragments fragments;
    const std::string half = "half", whole = "whole";
    EXPECT(!fragments.Add(Part(half), false));
    fragments.Reset();
    EXPECT(fragments.Add(Part(whole), true) && Text(fragments) == whole);
}
