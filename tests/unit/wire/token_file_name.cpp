#include <raida/wire/token_file_name.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using raida::bin_file_name;
using raida::key_file_name;

TEST_CASE("a .bin of one token is called by its name", "[token_file_name]")
{
    CHECK(bin_file_name(raida::token_id{{1}, {9752}}) == "1.9752.bin");
    CHECK(bin_file_name(raida::token_id{{-8}, {0}}) == "-8.0.bin");
}

TEST_CASE("a .bin with a tag is called by its value", "[token_file_name]")
{
    const auto one_of = [](int power) {
        const raida::token token{.denomination = {static_cast<std::int8_t>(power)}, .serial = {5}};
        return bin_file_name(std::span{&token, 1}, "");
    };
    std::vector<raida::token> tokens{{.denomination = {3}, .serial = {7998}}};
    CHECK(bin_file_name(tokens, "tag") == "1,000 CloudCoin #7998 'tag'.bin");
    tokens.push_back({.denomination = {-2}, .serial = {5}});
    tokens.push_back({.denomination = {6}, .serial = {5}});
    CHECK(bin_file_name(tokens, "from Ann") == "1,001,000.01 CloudCoin #3 'from Ann'.bin");
    CHECK(one_of(-8) == "0.0000-0001 CloudCoin #5 ''.bin");
    CHECK(one_of(-5) == "0.0000-1 CloudCoin #5 ''.bin");
    CHECK(one_of(-4) == "0.0001 CloudCoin #5 ''.bin");
    CHECK(bin_file_name({}, "") == "0 CloudCoin #0 ''.bin");
}

TEST_CASE("a tag cannot lead to another folder or end the name", "[token_file_name]")
{
    const std::vector<raida::token> tokens{{.denomination = {0}, .serial = {7}}};
    CHECK(bin_file_name(tokens, std::string_view{"../a\\b'c\n\0:*?\"<>|\x7F", 17}) ==
          "1 CloudCoin #7 '.._a_b_c_________'.bin");
    CHECK(bin_file_name(tokens, "\xC3\xBC") == "1 CloudCoin #7 '\xC3\xBC'.bin");
}

TEST_CASE("the name of a .key file says coin, denomination and serial number", "[token_file_name]")
{
    const auto read = [](std::string_view name) { return key_file_name::parse(name).value(); };
    CHECK(read("00060100002618.key").coin == 6);
    CHECK(read("00060100002618.key").id == raida::token_id{{1}, {9752}});
    CHECK(read("C:\\keys\\0006FE0000004d.key").id == raida::token_id{{-2}, {77}});
    CHECK(read("/a.b/FFFF80FFFFFFFF.key").id == raida::token_id{{-128}, {4'294'967'295}});
    for (const char* name : {"00060100002618.key", "0006FE0000004D.key", "FFFF80FFFFFFFF.key"})
        CHECK(to_string(read(name)) == name);
    for (const char* name :
         {"", ".key", "00060100002618", "00060100002618.KEY", "0006010000261.key", "000601000026188.key",
          "0006010000261g.key", "00060100002618.key.bak", "00060100002618.key/"})
        CHECK_FALSE(key_file_name::parse(name));
}
