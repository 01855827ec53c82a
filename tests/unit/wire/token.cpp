#include <raida/wire/token.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using raida::token_id;

using pair_token = raida::basic_token<2>; // two servers: lines that fit a test

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
    const std::vector<pair_token> tokens{{.denomination = {-3}, .serial = {42}}};
    std::ostringstream out;

    out << tokens[0] << ' ' << tokens[0].id();

    CHECK(out.str() == "-3:42 -3:42");
    CHECK(Catch::Detail::stringify(tokens) == "{ -3:42 }");
}

TEST_CASE("a token is printed the same in every locale", "[token]")
{
    struct grouping : std::numpunct<char>
    {
        char do_thousands_sep() const override { return ','; }
        std::string do_grouping() const override { return "\1"; }
    };
    std::ostringstream out;
    out.imbue(std::locale{std::locale::classic(), new grouping});
    const pair_token token{.denomination = {-3}, .serial = {123'456}};

    out << token << ' ' << token.id();

    CHECK(out.str() == "-3:123456 -3:123456");
}
