// Connection strings: what presets keep of a source.
#include "GeFaceCore/Connection.h"

#include <iterator>
#include <random>

#include "Test.h"

namespace {

using geface::Connection;
using geface::ParseConnection;

std::string Complaint(const std::string& text) {
    std::string error;
    return ParseConnection(text, error) ? "" : error;
}

bool Same(const Connection& a, const Connection& b) {
    return a.url == b.url && a.token == b.token && a.subject_prefix == b.subject_prefix &&
           a.role == b.role && a.curves == b.curves && a.profile == b.profile &&
           Near(a.delay_s, b.delay_s, 1e-9);
}

// Characters that the string is made of, that names hold, and that need several bytes.
std::string Scribble(std::mt19937& random) {
    static const char* const kPieces[] = {";", "%", "=", " ", "%3B", "\\", "/", "é", "脸", "a",
                                          "C:", "?", "&", "+", "\"", "'", "#"};
    std::string text;
    for (auto n = random() % 8; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    return text;
}

}  // namespace

TEST(an_empty_connection_string_is_the_default) {
    std::string error;
    for (const char* text : {"", " ", ";", " ; ;"}) {
        const auto found = ParseConnection(text, error);
        EXPECT_OF(error, found && Same(*found, Connection()));
    }
}

TEST(a_connection_string_as_a_person_writes_it) {
    std::string error;
    const auto found = ParseConnection(
        " url = ws://studio:9000/a?b=c ;delay_ms=12.5; role=animation;curves=both;"
        "profile=C:\\faces\\my head.json;subject-prefix=Ann_;token=a%3Bb%25",
        error);
    EXPECT_OF(error, found.has_value());
    const Connection expected{"ws://studio:9000/a?b=c", "a;b%", "Ann_",
                              geface::Role::Animation,  geface::Curves::Both,
                              "C:\\faces\\my head.json", 0.0125};
    EXPECT(found && Same(*found, expected));
}

TEST(the_text_of_a_connection_is_written_in_one_way) {
    Connection connection;
    EXPECT(geface::ConnectionText(connection) ==
           "url=ws://127.0.0.1:8765/;subject-prefix=;role=basic;curves=arkit;profile=;delay_ms=0");
    connection.token = "50%; x ";
    connection.delay_s = 0.03025;
    EXPECT(geface::ConnectionText(connection) ==
           "url=ws://127.0.0.1:8765/;token=50%25%3B x%20;subject-prefix=;role=basic;curves=arkit;"
           "profile=;delay_ms=30.25");
}

TEST(a_delay_that_none_can_be_is_written_as_the_nearest_that_can) {
    const std::pair<double, const char*> delays[] = {
        {-1.0, "delay_ms=0"}, {7.0, "delay_ms=1000"}, {std::nan(""), "delay_ms=0"}};
    for (const auto& [delay_s, end] : delays) {
        Connection connection;
        connection.delay_s = delay_s;
        const std::string text = geface::ConnectionText(connection);
        EXPECT_OF(text, text.substr(text.rfind(';') + 1) == end);
    }
}

TEST(every_connection_comes_back_from_its_text) {
    std::mt19937 random(3);
    for (int i = 0; i < 2000; ++i) {
        Connection connection;
        connection.token = Scribble(random);
        connection.subject_prefix = Scribble(random);
        connection.profile = "p" + Scribble(random);
        connection.role = random() % 2 ? geface::Role::Basic : geface::Role::Animation;
        connection.curves = static_cast<geface::Curves>(random() % 3);
        connection.delay_s = static_cast<double>(random() % 1000001) / 1e6;
        const std::string text = geface::ConnectionText(connection);
        std::string error;
        const auto found = ParseConnection(text, error);
        EXPECT_OF(text + " " + error, found && Same(*found, connection));
        EXPECT_OF(text, found && geface::ConnectionText(*found) == text);
    }
}

TEST(what_is_no_connection_string_is_refused_by_name) {
    const std::pair<const char*, const char*> wrong[] = {
        {"host=a", "unknown key 'host'"},
        {"URL=ws://a", "unknown key 'URL'"},
        {"url=ws://a;url=ws://b", "'url' stands there twice"},
        {"127.0.0.1:8765", "'127.0.0.1:8765' has no value"},
        {"url=http://a", "url is 'http://a'"},
        {"url=", "url is ''"},
        {"url=ws://", "url is 'ws://'"},
        {"url=ws:///x", "url is 'ws:///x'"},
        {"url=wss://#host:1", "url is 'wss://#host:1'"},
        {"url=ws://ann@:9000", "url is 'ws://ann@:9000'"},
        {"url=ws://a%20b", "url is 'ws://a b'"},
        {"role=face", "role is 'face', expected basic, animation"},
        {"role=animation", "needs a profile"},
        {"curves=all", "curves is 'all', expected au, arkit, both"},
        {"delay_ms=", "delay_ms is ''"},
        {"delay_ms=-1", "delay_ms is '-1'"},
        {"delay_ms=1000.1", "delay_ms is '1000.1'"},
        {"delay_ms=1e3", "delay_ms is '1e3'"},
        {"delay_ms=nan", "delay_ms is 'nan'"},
        {"delay_ms=1.2.3", "delay_ms is '1.2.3'"},
        {"delay_ms=.", "delay_ms is '.'"},
        {"token=100%", "a % in 'token'"},
        {"token=%4", "a % in 'token'"},
        {"token=%zz", "a % in 'token'"},
        {"token=a%00b", "'token' holds a control character"},
        {"profile=a%0Ab", "'profile' holds a control character"},
        {"profile=%FF", "'profile' is not UTF-8"},
        {"profile=\xff", "it is not UTF-8"},
    };
    for (const auto& [text, part] : wrong) {
        const std::string said = Complaint(text);
        EXPECT_OF(std::string(text) + ": " + said, said.find(part) != std::string::npos);
    }
    EXPECT(Complaint("token=" + std::string(9000, 'a')).find("longer") != std::string::npos);
}

TEST(garbage_is_refused_or_means_something) {
    std::mt19937 random(5);
    const std::string letters = "url=token;%3B role delay_ms=0.9 basic\\\"\n\x80\xff";
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (auto n = random() % 40; n > 0; --n) text += letters[random() % letters.size()];
        std::string error;
        const auto found = ParseConnection(text, error);
        EXPECT_OF(text, found.has_value() == error.empty());
        if (found) EXPECT_OF(text, ParseConnection(geface::ConnectionText(*found), error).has_value());
    }
}

TEST(a_host_is_what_stands_between_scheme_and_path) {
    EXPECT(geface::HostOf("ws://127.0.0.1:8765/") == "127.0.0.1:8765");
    EXPECT(geface::HostOf("wss://[::1]:9000?token=x") == "[::1]:9000");
    EXPECT(geface::HostOf("ws://ann:secret@studio/x") == "studio");
    EXPECT(geface::HostOf("nothing") == "nothing");
}
