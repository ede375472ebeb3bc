// A Live Link connection string: all that a preset needs to make a source again.
//   url=ws://127.0.0.1:8765/;subject-prefix=;role=basic;curves=arkit;profile=;delay_ms=0
// Keys in any order, each at most once, none needed. Values are percent-encoded (RFC 3986): what
// the string itself is made of, '%' and ';', stands as %25 and %3B.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "GeFaceCore/Api.h"

namespace geface {

enum class Role : std::uint8_t {
    Basic,      // curves alone
    Animation,  // bones too, from the profile
};

enum class Curves : std::uint8_t { ActionUnits, Arkit, Both };

struct Connection {
    std::string url = "ws://127.0.0.1:8765/";
    std::string token;           // of a server that listens beyond loopback
    std::string subject_prefix;  // before the names that the server gives its faces
    Role role = Role::Basic;
    Curves curves = Curves::Arkit;
    std::string profile;   // file of rig/profiles or of one's own; Animation needs one
    double delay_s = 0.0;  // 0..1; how long a frame may wait for earlier ones

    static constexpr double kMaxDelayS = 1.0;
    static constexpr std::size_t kMaxBytes = 8192;
};

// Reads a connection string, surrounding blanks of keys and values aside. None if it is not one:
// `error` then names what came, what was expected and the way out.
GEFACECORE_API std::optional<Connection> ParseConnection(std::string_view text, std::string& error);

// The text that reads as this connection; the token, if there is one, in plain letters.
GEFACECORE_API std::string ConnectionText(const Connection& connection);

// "host:port" of a websocket address, for people; the address itself if it is none.
GEFACECORE_API std::string HostOf(std::string_view url);

}  // namespace geface
