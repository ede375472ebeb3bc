// The JSON reader, and profiles that are none.
#include "GeFaceCore/Json.h"

#include <cstdlib>

#include "GeFaceCore/GeneratedLayout.h"
#include "GeFaceCore/Profile.h"
#include "Test.h"

namespace {

bool Reads(const std::string& text, geface::Json& json) {
    std::string error;
    json = geface::Json();
    return geface::ReadJson(text, json, error);
}

bool Refuses(const std::string& text) {
    geface::Json json;
    std::string error;
    return !geface::ReadJson(text, json, error) && !error.empty();
}

double Number(const std::string& text) {
    geface::Json json;
    EXPECT_OF(text, Reads(text, json) && json.kind == geface::Json::Kind::Number);
    return json.number;
}

std::string ProfileText(const std::string& from, const std::string& to) {
    std::string text = std::string(R"({"format":"geface-profile","format_version":2,"target":"t",)") +
                       R"("layout_id":")" + geface::layout::kLayoutId +
                       R"(","head_bone":null,"drivers":[{"pose":"p","channel":"AU26","gain":2,)" +
                       R"("times":[{"channel":"AU12_L","gain":1}]}],"poses":{"p":{"bones":{"jaw":)" +
                       R"({"translation":[0,0,0],"rotvec":[1,0,0],"scale":[1,1,1]}},)" +
                       R"("curves":{"open":1}}}})";
    const std::size_t at = text.find(from);
    return at == text.npos ? text : text.replace(at, from.size(), to);
}

std::string Refusal(const std::string& from, const std::string& to) {
    std::string error;
    return geface::Profile::Parse(ProfileText(from, to), error) ? "" : error;
}

}  // namespace

TEST(short_numbers_are_read_exactly_and_long_ones_to_fourteen_digits) {
    for (const char* text : {"0", "-0", "1", "10.5", "-3.1416", "1e3", "2.5E-3", "0.875",
                             "123456789012345", "9007199254740991", "1e22", "-1.5e-7"}) {
        EXPECT_OF(text, Number(text) == std::strtod(text, nullptr));
    }
    for (const char* text : {"0.10000000149011612", "3.1415927410125732", "1.401298464324817e-45",
                             "-3.3999999521443642e+38", "1e-300", "123456789012345678901234567890",
                             "4.9e-320"}) {
        const double expected = std::strtod(text, nullptr);
        EXPECT_OF(text, Near(Number(text), expected, 1e-14 * std::fabs(expected)));
    }
    EXPECT(Number("1e-99999") == 0.0);
}

TEST(strings_and_structure) {
    geface::Json json;
    EXPECT(Reads(R"( {"a":[1,true,null,"x"],"b":{}} )", json));
    EXPECT(json.members[0].name == "a" && json.Find("a")->items.size() == 4);
    EXPECT(json.Find("b")->kind == geface::Json::Kind::Object && json.Find("c") == nullptr);
    EXPECT(Reads(R"("\u00e9\n\ud83d\ude00\/")", json) && json.text == "é\n😀/");
    EXPECT(Reads("[]", json) && json.items.empty());
}

TEST(what_is_no_json_is_refused) {
    for (const char* text :
         {"", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "1.", ".5", "+1", "1e",
          "-", "tru", "nul", "NaN", "Infinity", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
          "\"\\udc00\"", "\"\n\"", "\"\xff\"", "\"\xed\xa0\x80\"", "1 2", "{\"a\":1,\"a\":2}",
          "1e999", "[1 2]"}) {
        EXPECT_OF(text, Refuses(text));
    }
}

TEST(nesting_has_a_limit) {
    const std::string open(32, '['), close(32, ']');
    EXPECT(!Refuses(open + close));
    EXPECT(Refuses("[" + open + close + "]"));
    EXPECT(Refuses(std::string(100000, '[')));
}

TEST(profiles_say_what_is_wrong_with_them) {
    EXPECT(Refusal("", "").empty());
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"geface-profile", "profile"},
             {"\"format_version\":2", "\"format_version\":1"},
             {geface::layout::kLayoutId, "0000000000000000"},
             {"\"target\":\"t\"", "\"target\":1"},
             {"\"head_bone\":null,", ""},
             {"\"pose\":\"p\"", "\"pose\":\"q\""},
             {"AU26", "AU99"},
             {"AU12_L", "AU12"},
             {"\"gain\":2", "\"gain\":\"2\""},
             {"\"times\":[", "\"times\":3,\"more\":["},
             {"\"rotvec\":[1,0,0]", "\"rotvec\":[1,0]"},
             {"\"scale\":[1,1,1]", "\"scale\":[1,1,true]"},
             {"\"open\":1", "\"open\":null"},
             {"\"bones\"", "\"joints\""},
             {"\"curves\"", "\"shapes\""},
             {"\"poses\"", "\"pose\""},
             {"\"drivers\"", "\"driver\""},
         }) {
        EXPECT_OF(from + " -> " + to, !Refusal(from, to).empty());
    }
}
