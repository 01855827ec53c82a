#include <raida/wire/token_bin.hpp>

#include <catch2/catch_test_macros.hpp>

#include "token_file_support.hpp"

#include <cstddef>
#include <string>

namespace {

using raida::errc;
using tests::code_of;
using tests::data_file;
using tests::outcome;

const std::string single = data_file("tokens/9_single.bin"), many = data_file("tokens/9_multi.bin"),
                  limbo = data_file("tokens/9_limbo.bin"), old = data_file("tokens/0_super.bin");

// With other bytes at a place.
std::string with(std::string file, std::size_t at, const std::string& bytes)
{
    return file.replace(at, bytes.size(), bytes);
}

constexpr std::size_t first = 32, record = 407;

} // namespace

TEST_CASE("an encrypted .bin is refused with the name of the cipher", "[token_bin]")
{
    const auto cipher = [](char code) { return outcome(with(single, 5, std::string(1, code))); };
    CHECK(cipher(1) ==
          "encrypted with AES-128 (decrypt it with the wallet that wrote it): recognised, but of no "
          "use as it is");
    CHECK(cipher(4).starts_with("encrypted with AES-256 "));
    CHECK(cipher(7).starts_with("encrypted with an unknown cipher, 7 "));
    CHECK(code_of(with(single, 5, "\x01")) == errc::unsupported_format);
}

TEST_CASE("a .bin of another coin is refused unless that is asked for", "[token_bin]")
{
    const std::string other = with(single, 2, std::string{"\1\4", 2});
    CHECK(outcome(other).starts_with("tokens of coin 260, not of coin 6:"));
    CHECK(outcome(other, {.coin = 260}) == "0:12345");
    CHECK(raida::read_token_file(tests::bytes_of(other), {.coin = 260}).coin == 260);
}

TEST_CASE("what is not known in a .bin's header is of no importance", "[token_bin]")
{
    CHECK(outcome(with(single, 1, "\x7F")) == "0:12345");
    CHECK(outcome(with(single, 4, "\x7F")) == "0:12345");
    CHECK(outcome(with(single, 8, "1234567")) == "0:12345");
    CHECK(outcome(with(single, 28, "\xA0")) == "0:12345"); // the nibble of no server
    CHECK(outcome(with(many, 16, std::string(16, '\0'))) == "0:12345 -2:77 1:9752 3:999999");
}

TEST_CASE("a .bin may be padded, but not with more than padding", "[token_bin]")
{
    for (const std::size_t size : {1U, 15U, 31U})
        CHECK(outcome(single + std::string(size, '\0')) == "0:12345");
    CHECK(outcome(many + std::string(31, '\x10')) == "0:12345 -2:77 1:9752 3:999999");
    REQUIRE((single.size() + 9) % 32 == 0);
    CHECK(outcome(single + "any bytes") == "0:12345"); // as some wallets do
    CHECK(outcome(single + "any byte") != "0:12345");
    const std::string message = "what follows the last token: damaged: it does not fit what comes before";
    CHECK(outcome(single + std::string(32, '\0')) == message);
    CHECK(outcome(single + "x") == message);
    CHECK(outcome(single + "xy") == message);
    CHECK(outcome(with(many, 6, std::string{"\0\2", 2})) == message); // half of them are said to be there
    CHECK(outcome(with(limbo, 15, std::string{"\0", 1})) == message); // new numbers, and nobody said so
}

TEST_CASE("a .bin that is shorter than its tokens says where it ends", "[token_bin]")
{
    CHECK(outcome(many.substr(0, 31)) == "header: cut off: the rest is missing");
    CHECK(outcome(many.substr(0, first)) == "token 1 of 4: cut off: the rest is missing");
    CHECK(outcome(many.substr(0, first + 3 * record - 1)) == "token 3 of 4: cut off: the rest is missing");
    CHECK(outcome(many.substr(0, many.size() - 1)) == "token 4 of 4: cut off: the rest is missing");
    CHECK(outcome(with(single, 15, "\1")) == "token 1 of 1: cut off: the rest is missing");
    CHECK(outcome(with(single, 6, "\xFF\xFF")) == "token 2 of 65535: cut off: the rest is missing");
    CHECK(code_of(with(single, 6, std::string(2, '\0')).substr(0, 32)) == errc::no_tokens);
}

TEST_CASE("a token of a .bin that cannot be one is named by its place", "[token_bin]")
{
    const std::size_t third = first + 2 * record;
    CHECK(outcome(with(many, third, "\1")) ==
          "token 3, split and shard: damaged: it does not fit what comes before");
    CHECK(outcome(with(many, third + 1, "\1")).starts_with("token 3, split and shard"));
    CHECK(outcome(with(many, third + 2, "\7")) ==
          "token 3, denomination: denomination out of range (-8 to 6)");
    CHECK(outcome(with(many, third + 2, "\xF7")) ==
          "token 3, denomination: denomination out of range (-8 to 6)");
    CHECK(outcome(with(many, third + 3, "\1")) ==
          "token 3, serial number: serial number out of range (by default under 1024000)");
    CHECK(outcome(with(many, third + 3, "\1"), {.limit = 0xFFFFFFFF}) == "0:12345 -2:77 1:16786968 3:999999");
    CHECK(outcome(with(many, third, many.substr(first, 7))) == "token 3: the same token twice");
}

TEST_CASE("a pown in limbo keeps both sets of numbers", "[token_bin]")
{
    const auto file = raida::read_token_file(tests::bytes_of(limbo));
    REQUIRE(file.new_numbers.size() == 1);
    CHECK(file.tokens[0].numbers[0].bytes()[0] == 0xB5);
    CHECK(file.new_numbers[0][0].bytes()[0] == 0xBE);
    CHECK(file.new_numbers[0][24] != file.tokens[0].numbers[24]);
}

TEST_CASE("a .bin holds 65,535 tokens and no more", "[token_bin]")
{
    raida::token_file file;
    file.tokens.resize(65'536);
    for (std::size_t i = 0; i < file.tokens.size(); ++i)
        file.tokens[i].serial.value = static_cast<std::uint32_t>(i);
    std::error_code error;
    CHECK(raida::write_token_bin(file, error).empty());
    CHECK(error == errc::too_many_tokens);
    file.tokens.pop_back();
    CHECK(raida::read_token_file(raida::write_token_bin(file, error)).tokens.size() == 65'535);
}

TEST_CASE("format 0 is read by its size, and what it cannot say is told or asked for", "[token_bin]")
{
    CHECK(outcome(old.substr(0, 32 + 416)) == "0:12345");
    CHECK(outcome(old, {.worth = raida::denomination{2}}) == "2:12345 2:77 2:9752 2:999999");
    CHECK(outcome(old.substr(0, 32 + 416 + 1)) == "token 2: cut off: the rest is missing");
    CHECK(outcome(old.substr(0, 32 + 816)) == "token 2: cut off: the rest is missing"); // not a pown in limbo
    CHECK(outcome(old.substr(0, 32)) == "no tokens");
    CHECK(outcome(with(old, 3, std::string{"\0", 1})).starts_with("an identity coin, which is no token:"));
    for (const std::size_t at : {4U, 5U})
        CHECK(outcome(with(old, at, "\1")).starts_with("split or encrypted (decrypt"));
    CHECK(outcome(with(old, 32, "\x40")) ==
          "token 1, serial number: a token of the old network: it must be converted first");
    CHECK(code_of(with(old, 32, "\x40"), {.worth = raida::denomination{0}}) == errc::invalid_serial_number);

    const auto file =
        raida::read_token_file(tests::bytes_of(old.substr(0, 32 + 416) + std::string(400, '\x11')));
    REQUIRE(file.new_numbers.size() == 1);
    CHECK(file.new_numbers[0][24].bytes()[15] == 0x11);
    CHECK(file.tokens.size() == 1);
}

TEST_CASE("the two other binary forms are known by their size, unless it could be chance", "[token_bin]")
{
    const std::string small = data_file("tokens/405.bin"), stack = data_file("tokens/bin.stack");
    CHECK(outcome(with(small, 0, "\xF8")) == "-8:9752");
    CHECK(outcome(with(small, 1, "\1")) ==
          "token 1, serial number: serial number out of range (by default under 1024000)");
    CHECK(outcome(with(small, 0, "\xF7")) == "not a known format");
    CHECK(outcome(small + '\0') == "not a known format");
    CHECK(outcome(stack.substr(0, 405)) == "not a known format");                  // and no token 1:2
    CHECK(outcome(old.substr(0, 405)) == "token 1: cut off: the rest is missing"); // and no token 0:256
    CHECK(outcome(with(stack, 0, std::string{"\0", 1})) == "0:9752 0:9753");
    CHECK(outcome(with(stack, 4, "\3")) == "not a known format");
    CHECK(outcome(stack.substr(0, 5 + 404)) == "not a known format");
    CHECK(outcome(with(stack, 5 + 404, stack.substr(5, 4))) == "token 2: the same token twice");
}
