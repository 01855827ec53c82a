#include <raida/wire/token.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>

#include <unit/hex.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using raida::errc;
using raida::parse_error;
using raida::token_id;

using pair_token = raida::basic_token<2>; // two servers: lines that fit a test

const std::string one = "00112233445566778899AABBCCDDEEFF";
const std::string two = "ffeeddccbbaa99887766554433221100";

std::string line(const std::string& start)
{
    return start + "," + one + "," + two + "\n";
}

parse_error error_of(const std::string& text, std::uint32_t limit = raida::serial_limit)
{
    parse_error error;
    const auto tokens = raida::parse_tokens<2>(text, error, limit);
    CHECK(tokens.empty() == static_cast<bool>(error));
    return error;
}

std::vector<std::string> ids_of(const std::string& text)
{
    std::vector<std::string> ids;
    for (const auto& each : raida::parse_tokens<2>(text))
        ids.push_back(to_string(each.id()));
    return ids;
}

using ids = std::vector<std::string>;

static_assert(raida::denomination{-8}.is_valid() && raida::denomination{6}.is_valid());
static_assert(!raida::denomination{-9}.is_valid() && !raida::denomination{7}.is_valid());
static_assert(!raida::denomination{-128}.is_valid() && !raida::denomination{127}.is_valid());
static_assert(raida::serial_number{1'023'999}.is_valid() && !raida::serial_number{1'024'000}.is_valid());
static_assert(raida::serial_number{2'000'000}.is_valid(2'000'001));
static_assert(token_id{{-1}, {9}} < token_id{{0}, {1}} && token_id{{0}, {1}} < token_id{{0}, {2}});
static_assert(std::same_as<decltype(raida::token::numbers), raida::authenticity_numbers<25>>);

} // namespace

TEST_CASE("a token's name is written and read as denomination:serial", "[token]")
{
    for (const std::string_view text : {"0:0", "1:12345", "-8:1023999", "127:4294967295", "-128:1"}) {
        const auto id = token_id::parse(text);
        REQUIRE(id);
        CHECK(to_string(*id) == text);
    }
    CHECK(token_id::parse("-2:77") == token_id{{-2}, {77}});
}

TEST_CASE("text that is not denomination:serial names no token", "[token]")
{
    for (const std::string_view text :
         {"",     ":",    "1",     "1:",    ":1",     "1:2:3",        "1:2 ",  " 1:2", "1: 2", "+1:2",
          "1:+2", "1:-2", "--1:2", "128:1", "-129:1", "1:4294967296", "0x1:2", "1:2x", "a:b",  "1.0:2"})
        CHECK_FALSE(token_id::parse(text));
}

TEST_CASE("the keys of tokens differ as the tokens do and keep their order", "[token]")
{
    const std::vector<token_id> rising{
        {{-128}, {0}}, {{-8}, {4'294'967'295}}, {{-1}, {0}}, {{0}, {0}}, {{0}, {1}},
        {{1}, {0}},    {{127}, {4'294'967'295}}};
    for (std::size_t i = 1; i < rising.size(); ++i) {
        CHECK(rising[i - 1] < rising[i]);
        CHECK(rising[i - 1].key() < rising[i].key());
    }
}

TEST_CASE("a token is printed by its name and without its secrets", "[token]")
{
    const auto tokens = raida::parse_tokens<2>(line("-3,42"));
    std::ostringstream out;

    out << tokens[0] << ' ' << tokens[0].id();

    CHECK(out.str() == "-3:42 -3:42");
    CHECK(Catch::Detail::stringify(tokens) == "{ -3:42 }");
}

TEST_CASE("a token file gives each server its own number", "[token]")
{
    const auto tokens = raida::parse_tokens<2>(line("1,5") + line("-8,1023999"));
    REQUIRE(tokens.size() == 2);
    CHECK(tokens[0].id() == token_id{{1}, {5}});
    CHECK(tokens[1].id() == token_id{{-8}, {1'023'999}});
    CHECK(tests::hex(tokens[1].numbers[0].bytes()) == "00112233445566778899AABBCCDDEEFF");
    CHECK(tests::hex(tokens[1].numbers[1].bytes()) == "FFEEDDCCBBAA99887766554433221100");
}

TEST_CASE("a token file for the whole network has 25 numbers a line", "[token]")
{
    std::string text = "0,7";
    for (int i = 0; i < 25; ++i)
        text += "," + (i == 24 ? two : one);
    const std::vector<raida::token> tokens = raida::parse_tokens(text);
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].numbers[24] == *raida::authenticity_number::from_hex(two));
}

TEST_CASE("blank lines, comments, a heading, blanks, CRLF and a byte order mark are fine", "[token]")
{
    CHECK(ids_of("\n  \n# my tokens\n" + line("1,1") + "\t\n   # more\n" + line("1,2")) == ids{"1:1", "1:2"});
    CHECK(ids_of("denomination,serial,an0,an1\n" + line("1,1")) == ids{"1:1"});
    CHECK(ids_of("# first\nDN , SN\n" + line("1,1")) == ids{"1:1"});
    CHECK(ids_of(" 1 ,\t2 , " + one + " ," + two + " \r\n\r\n1,3," + one + "," + two + "\r\n") ==
          ids{"1:2", "1:3"});
    CHECK(ids_of("\xEF\xBB\xBF" + line("1,1")) == ids{"1:1"});
    CHECK(ids_of("1,1," + one + "," + two) == ids{"1:1"});         // no line end
    CHECK(ids_of("1,1," + one + "," + two + ",\n") == ids{"1:1"}); // spreadsheets end lines so
}

TEST_CASE("a heading is fine before the first token only, and only once", "[token]")
{
    CHECK(error_of(line("1,1") + "denomination,serial\n").message() ==
          "line 2, denomination: denomination out of range");
    CHECK(error_of("denomination,serial\ndenomination,serial\n" + line("1,1")).line == 2);
    CHECK(error_of("denomination\n" + line("1,1")).line == 1); // one name is no heading
    CHECK(error_of(line("x,1")).line == 1);                    // nor is a token with a mistake
}

TEST_CASE("each wrong field of a token file is named with its line", "[token]")
{
    const std::string good = "# comment\n" + line("1,1");
    const auto message = [&](const std::string& bad) {
        return error_of(good + bad + "\n" + line("1,2")).message();
    };
    const std::string denomination = "line 3, denomination: denomination out of range";
    const std::string serial = "line 3, serial number: serial number out of range";
    const std::string number = ": authenticity number missing or unusable";
    const std::string first = "line 3, authenticity number of server 0" + number;
    const std::string second = "line 3, authenticity number of server 1" + number;

    for (const std::string bad : {"7", "-9", "", "x", "1x", "0x1", "1.0", "256", "+1"})
        CHECK(message(line(bad + ",5")) == denomination);
    for (const std::string bad : {"1024000", "4294967296", "-1", "", "x", "1 2"})
        CHECK(message(line("1," + bad)) == serial);
    CHECK(message("1") == serial);
    CHECK(message("1,5") == first);
    CHECK(message("1,5," + one.substr(1) + "," + two) == first);
    CHECK(message("1,5,," + two) == first);
    CHECK(message("1,5," + one) == second);
    CHECK(message("1,5," + one + "," + two + "0") == second);
    CHECK(message("1,5," + one + "," + two.substr(1) + "g") == second);
    CHECK(message(line("1,5," + one)) == "line 3, after the last authenticity number: line of unknown form");
}

TEST_CASE("the serial number's limit can be set", "[token]")
{
    CHECK(error_of(line("1,100"), 100).code == errc::invalid_serial_number);
    CHECK_FALSE(error_of(line("1,99"), 100));
    CHECK_FALSE(error_of(line("1,4294967294"), 4'294'967'295));
}

TEST_CASE("a token that is named twice is refused where it is repeated first", "[token]")
{
    CHECK(error_of(line("1,1") + line("1,2") + line("1,1") + line("1,2")).message() ==
          "line 3: the same token twice");
    CHECK(error_of(line("1,9") + line("1,3") + line("1,3") + line("1,9")).line == 3);
    CHECK_FALSE(error_of(line("1,1") + line("2,1") + line("-1,1"))); // one serial, three tokens
}

TEST_CASE("a text without any token is refused as such", "[token]")
{
    for (const std::string text : {"", "\n\n", "# nothing\n", "denomination,serial\n", "\xEF\xBB\xBF"}) {
        const parse_error error = error_of(text);
        CHECK(error.code == errc::no_tokens);
        CHECK(error.message() == "no tokens");
    }
}

TEST_CASE("an error about a token file never repeats what the file holds", "[token]")
{
    const std::string secret = "5EC2E75EC2E75EC2E75EC2E75EC2E75E";
    for (const std::string& text :
         {secret + "\n", "1," + secret + "\n", "1,1," + secret + "0\n",
          "1,1," + secret + "," + secret.substr(1) + "\n",
          "1,1," + secret + "," + secret + "," + secret + "\n",
          "1,1," + secret + "," + secret + "\n1,1," + secret + "," + secret + "\n"}) {
        const parse_error error = error_of(text);
        REQUIRE(error);
        CHECK(error.message().find("5EC2E7") == std::string::npos);
        try {
            (void)raida::parse_tokens<2>(text);
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == error.code);
            CHECK(std::string{thrown.what()} == error.message());
        }
    }
}

TEST_CASE("an old parse error does not survive a good text", "[token]")
{
    parse_error error{errc::malformed_line, 9, "old"};
    CHECK(raida::parse_tokens<2>(line("1,1"), error).size() == 1);
    CHECK_FALSE(error);
    CHECK(error.message() == parse_error{}.message());
}
