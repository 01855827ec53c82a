// Get ticket and fix: the bytes of protocol.md's example, and answers that are none.
#include <unit/hex.hpp>

#include <raida/wire/detail/md5.hpp>
#include <raida/wire/healing.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using raida::authenticity_number;
using raida::parse_fix;
using raida::parse_ticket;
using raida::status;
using raida::ticket;
using tests::bytes;
using tests::hex;

constexpr raida::token_id token{{0}, {6000}};
constexpr std::string_view seed = "e77ad485a658a5ba62d31c52466627c5";

authenticity_number number(std::string_view digits)
{
    return authenticity_number::from_hex(digits).value();
}

std::string md5(std::string_view text)
{
    const std::vector<std::uint8_t> message(text.begin(), text.end());
    return hex(raida::detail::md5::of(message));
}

} // namespace

TEST_CASE("MD5 is that of RFC 1321", "[wire][md5]")
{
    CHECK(md5("") == hex("d41d8cd98f00b204e9800998ecf8427e"));
    CHECK(md5("a") == hex("0cc175b9c0f1b6a831c399e269772661"));
    CHECK(md5("abc") == hex("900150983cd24fb0d6963f7d28e17f72"));
    CHECK(md5("message digest") == hex("f96b697d7cb7938d525a2f31aaf161d0"));
    CHECK(md5("abcdefghijklmnopqrstuvwxyz") == hex("c3fcd3d76192e4007dfb496cca67e13b"));
    CHECK(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
          hex("d174ab98d277d9f5a5611c2c9f419d9f"));
    CHECK(md5("1234567890123456789012345678901234567890123456789012345678901234567890123456789"
              "0") == hex("57edf4a22be3c955ac49da2e2107b67a"));
}

TEST_CASE("MD5 pads messages around the ends of a block", "[wire][md5]")
{
    // one digest over the digests of 0 to 130 bytes 'x', from another program
    std::string all;
    for (std::size_t size = 0; size <= 130; ++size)
        all += md5(std::string(size, 'x'));
    std::transform(all.begin(), all.end(), all.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    CHECK(md5(all) == hex("861e4a9e76c88ae6267e22fd76384596"));
}

TEST_CASE("a ticket request carries each server's own numbers", "[wire][healing]")
{
    raida::token one{.denomination = token.denomination, .serial = token.serial};
    one.numbers[0] = number("849957059d732635192cf25df35c9891");
    one.numbers[2] = number(seed);
    const std::vector tokens{one};
    CHECK(hex(raida::ticket_payload(tokens, 0)) == hex("0000001770 849957059d732635192cf25df35c9891"));
    CHECK(hex(raida::ticket_payload(tokens, 2)) == hex("0000001770" + std::string{seed}));
    CHECK(raida::ticket_payload(tokens, 1).empty()); // no number there
    raida::token without{.denomination = {-2}, .serial = {1}};
    without.numbers[2] = number(seed);
    const std::vector two{one, without};
    CHECK(raida::ticket_payload(two, 0).empty());
    CHECK(hex(raida::ticket_payload(two, 2)) ==
          hex("0000001770" + std::string{seed} + "FE00000001" + std::string{seed}));
}

TEST_CASE("a fix carries the tokens, the seed and 25 tickets", "[wire][healing]")
{
    const auto digits =
        bytes("5ce80b4f a308ca06 51a94969 00000000 004542cb c0fae832 16a91327 143b3665 c2bca86e"
              "00000000 334979a6 c0ebd1fe d6713d66 d721e724 fd2b7629 2923ba99 d3a7128c 68ad4017"
              "af954f28 917df988 00000000 98cf2ad6 7c2b4a5b e64c96b0 2511e1b3");
    raida::tickets<> all{};
    for (std::size_t i = 0; i < 25; ++i)
        all[i] = ticket{raida::detail::load_big<4>(digits.data() + 4 * i)};
    const raida::token_id tokens[] = {token, {{-8}, {1'023'999}}};
    const std::string tail = std::string{seed} + hex(digits);
    CHECK(hex(raida::fix_payload(std::span{tokens}.first(1), number(seed), all)) == hex("0000001770" + tail));
    CHECK(hex(raida::fix_payload(tokens, number(seed), all)) == hex("0000001770 F8000F9FFF" + tail));
}

TEST_CASE("a fixed server's number is made of its own, the token and the seed", "[wire][healing]")
{
    CHECK(hex(raida::fixed_number(3, token, number(seed)).bytes()) ==
          hex("02060dc085d41930548de2a3a82948f0"));
    const auto of = [](std::uint8_t server, raida::token_id id) {
        return raida::fixed_number(server, id, number(seed));
    };
    CHECK_FALSE(of(3, token) == of(4, token));
    CHECK_FALSE(of(3, token) == of(3, {{1}, {6000}}));
    CHECK_FALSE(of(3, token) == of(3, {{0}, {6001}}));
}

TEST_CASE("one datagram heals 64 tokens, and none where there is no room for the tickets", "[wire][healing]")
{
    CHECK(raida::max_tokens_to_heal() == 64);
    CHECK(raida::max_tokens_to_heal(1024) == 46);
    CHECK(raida::max_tokens_to_heal(166 + 4) == 0);
    CHECK(raida::max_tokens_to_heal(166 + 5) == 1);
    CHECK(raida::max_tokens_to_heal(0) == 0);
    CHECK(raida::max_tokens_to_heal(1'000'000) == 3119);
}

TEST_CASE("a ticket comes after the bits, where anything passed", "[wire][healing]")
{
    const auto all = bytes("5ce80b4f");
    const auto passed = parse_ticket(status::all_pass, all, 1);
    REQUIRE(passed);
    CHECK((*passed)[0]);
    CHECK_FALSE((*passed)[1]);
    CHECK(passed->ticket() == ticket{0x5ce80b4f});
    const auto some = bytes("FE 01 5ce80b4f");
    const auto mixed = parse_ticket(status::mixed, some, 9);
    REQUIRE(mixed);
    CHECK_FALSE((*mixed)[0]);
    CHECK((*mixed)[1]);
    CHECK((*mixed)[8]);
    CHECK(mixed->ticket() == ticket{0x5ce80b4f});
    const auto failed = parse_ticket(status::all_fail, {}, 9);
    REQUIRE(failed);
    CHECK_FALSE((*failed)[0]);
    CHECK(failed->ticket() == ticket::none);
}

TEST_CASE("what is not exactly an answer is none", "[wire][healing]")
{
    const auto ticket_of = [](status what, std::string_view body, std::size_t count) {
        const auto data = bytes(body);
        return parse_ticket(what, data, count).has_value();
    };
    CHECK_FALSE(ticket_of(status::all_pass, "", 1));
    CHECK_FALSE(ticket_of(status::all_pass, "5ce80b", 1));
    CHECK_FALSE(ticket_of(status::all_pass, "5ce80b4f00", 1));
    CHECK_FALSE(ticket_of(status::all_pass, "00000000", 1)); // none is no ticket
    CHECK_FALSE(ticket_of(status::all_pass, "5ce80b4f", 0));
    CHECK_FALSE(ticket_of(status::all_fail, "5ce80b4f", 1));
    CHECK_FALSE(ticket_of(status::mixed, "5ce80b4f", 9));
    CHECK_FALSE(ticket_of(status::mixed, "FE 5ce80b4f", 9));
    CHECK_FALSE(ticket_of(status::mixed, "FE 02 5ce80b4f", 9)); // padding
    CHECK_FALSE(ticket_of(status::mixed, "FF 01 5ce80b4f", 9)); // not mixed
    CHECK_FALSE(ticket_of(status::mixed, "00 00 5ce80b4f", 9));
    CHECK_FALSE(ticket_of(status::success, "", 1));
    CHECK_FALSE(ticket_of(status::no_ticket_slot, "", 1));

    const auto fix = [](status what, std::string_view body, std::size_t count) {
        const auto data = bytes(body);
        return parse_fix(what, data, count);
    };
    REQUIRE(fix(status::all_pass, "", 3));
    CHECK((*fix(status::all_pass, "", 3))[2]);
    CHECK_FALSE((*fix(status::all_fail, "", 3))[2]);
    const auto three = bytes("04");
    CHECK((*parse_fix(status::mixed, three, 3))[2]);
    CHECK_FALSE((*parse_fix(status::mixed, three, 3))[1]);
    CHECK_FALSE(fix(status::all_pass, "07", 3));
    CHECK_FALSE(fix(status::mixed, "", 3));
    CHECK_FALSE(fix(status::mixed, "04 5ce80b4f", 3));
    CHECK_FALSE(fix(status::find_mixed, "04", 3));
}
