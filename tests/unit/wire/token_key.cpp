#include <raida/wire/token_key.hpp>

#include <catch2/catch_test_macros.hpp>

#include "token_file_support.hpp"

#include <cstddef>
#include <string>

namespace {

using tests::outcome;

const std::string digits = "00112233445566778899AABBCCDDEEFF";

std::string lines(std::size_t count, const std::string& end = "\n")
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += digits + end;
    return text;
}

} // namespace

TEST_CASE("a key is read from its lines, and its token from its name", "[token_key]")
{
    const raida::token_file_options options{.name = "/home/me/0006FE0000004D.key"};
    CHECK(outcome(lines(25), options) == "-2:77");
    CHECK(outcome("\xEF\xBB\xBF\r\n" + lines(25, " \r\n\r\n"), options) == "-2:77");
    CHECK(outcome(lines(25).substr(0, 25 * 33 - 1), options) == "-2:77");
}

TEST_CASE("a key without a name that says which token it is is refused", "[token_key]")
{
    for (const char* name : {"", "my.key", "1.9752.bin"})
        CHECK(
            outcome(lines(25), {.name = name}).starts_with("a .key file, whose name says which token it is"));
    CHECK(outcome(lines(25), {.name = "0007FE0000004D.key"}).starts_with("tokens of coin 7, not of coin 6:"));
    CHECK(outcome(lines(25), {.coin = 7, .name = "0007FE0000004D.key"}) == "-2:77");
    CHECK(outcome(lines(25), {.name = "0006070000004D.key"}) ==
          "token 1, denomination: denomination out of range (-8 to 6)");
    CHECK(outcome(lines(25), {.name = "000601000FA000.key"}) ==
          "token 1, serial number: serial number out of range (by default under 1024000)");
}

TEST_CASE("a key has 25 lines of 32 digits", "[token_key]")
{
    const raida::token_file_options options{.name = "0006FE0000004D.key"};
    const std::string number = ": authenticity number missing or unusable";
    CHECK(outcome(lines(24), options) == "token 1, authenticity number of server 24" + number);
    CHECK(outcome(lines(26), options) == "token 1, authenticity number of server 25" + number);
    CHECK(outcome(lines(3) + digits.substr(1) + "\n" + lines(21), options) ==
          "token 1, authenticity number of server 3" + number);
    CHECK(outcome(lines(3) + "# no comments\n" + lines(22), options) ==
          "token 1, authenticity number of server 3" + number);
}
