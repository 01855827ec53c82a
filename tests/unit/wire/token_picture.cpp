#include <raida/wire/detail/picture_reader.hpp>
#include <raida/wire/token_file.hpp>

#include <catch2/catch_test_macros.hpp>

#include "token_file_support.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using raida::errc;
using tests::code_of;
using tests::data_file;
using tests::outcome;

const std::string signature = "\x89PNG\r\n\x1A\n";

std::string big(std::uint32_t number)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift);
    return bytes;
}

std::string chunk(const std::string& type, const std::string& data)
{
    return big(static_cast<std::uint32_t>(data.size())) + type + data +
           big(raida::crc32(tests::bytes_of(type + data)));
}

const std::string head = signature + chunk("IHDR", std::string(13, '\1')), end = chunk("IEND", "");

} // namespace

TEST_CASE("a PNG holds tokens in a chunk of their own, as text or as format 0", "[token_picture]")
{
    const std::string text = data_file("tokens/json.stack"), binary = data_file("tokens/0_super.bin");
    const std::string names = "0:12345 0:77 0:9752 0:999999";
    CHECK(outcome(head + chunk("cLDc", text) + end) == names);
    CHECK(outcome(head + chunk("cLDc", binary) + end) == names);
    CHECK(outcome(head + chunk("tEXt", "cLDc") + chunk("IDAT", "") + chunk("cLDc", binary) + end) == names);
}

TEST_CASE("a PNG without tokens, or with damaged ones, is called that", "[token_picture]")
{
    const std::string tokens = chunk("cLDc", data_file("tokens/0_super.bin"));
    CHECK(outcome(head + end) == "a PNG without tokens: recognised, but of no use as it is");
    CHECK(outcome(head + end + tokens) == "a PNG without tokens: recognised, but of no use as it is");
    CHECK(outcome(signature) == "a PNG: cut off: the rest is missing");
    CHECK(outcome(head) == "a PNG: cut off: the rest is missing");
    CHECK(outcome(head + tokens.substr(0, tokens.size() - 1)) == "a PNG: cut off: the rest is missing");
    CHECK(outcome(head + big(0xFFFFFFFF) + "cLDc" + std::string(100, 'x')) ==
          "a PNG: cut off: the rest is missing");
    std::string damaged = head + tokens + end;
    damaged[head.size() + 100] ^= 1;
    CHECK(outcome(damaged) ==
          "checksum of the tokens in the PNG: damaged: it does not fit what comes before");
    CHECK(outcome(head + chunk("cLDc", "{\"x\":1}") + end).starts_with("JSON without tokens:"));
    CHECK(outcome(head + chunk("cLDc", std::string(9, '\0')) + end) ==
          "a PNG whose tokens are in no known form: recognised, but of no use as it is");
}

TEST_CASE("a JPEG holds a token at fixed places, or none", "[token_picture]")
{
    const std::string good = data_file("tokens/legacy.jpg");
    const auto with = [&](std::size_t at, char byte) {
        std::string changed = good;
        changed[at] = byte;
        return changed;
    };
    CHECK(outcome(good) == "0:12345");
    CHECK(outcome(good + "the picture") == "0:12345");
    CHECK(outcome(good, {.worth = raida::denomination{1}}) == "1:12345");
    CHECK(outcome(with(19, 1)) == "a JPEG without tokens: recognised, but of no use as it is");
    CHECK(outcome(good.substr(0, 10)) == "a JPEG without tokens: recognised, but of no use as it is");
    CHECK(outcome(good.substr(0, 455)) == "a JPEG: cut off: the rest is missing");
    CHECK(code_of(good.substr(0, 300)) == errc::truncated);
    CHECK(outcome(with(420, '\xEE')).starts_with("an encrypted token in a JPEG (decrypt"));
    CHECK(outcome(with(455, 0)) == "the token in the JPEG: damaged: it does not fit what comes before");
    CHECK(outcome(with(452, '\x7F')) ==
          "token 1, serial number: a token of the old network: it must be converted first");

    std::string letters = good;
    letters[436] = '\x01';
    letters[437] = '\x2E';
    letters[438] = '\xF0';
    const auto file = raida::read_token_file(tests::bytes_of(letters));
    CHECK(std::string{file.pown_strings[0].data(), 7} == "upnefup");
}
