// The embedded servers' side of encryption types 1 and 2, against bytes that another program encrypted.
#include <raida/client/detail/aes_counter.hpp>
#include <raida/testing/detail/responder.hpp>
#include <raida/testing/encryption.hpp>

#include <catch2/catch_test_macros.hpp>

#include "fleet_support.hpp"
#include <unit/hex.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

using namespace fleet_support;
using namespace raida::testing;
using raida::testing::detail::responder;

namespace {

const std::string key_number = "2B7E151628AED2A6ABF7158809CF4F3C";
constexpr raida::token_id key_token{{-2}, {1'023'999}};
constexpr std::string_view named = "01 FE000F9FFF"; // type 1 and the token
constexpr std::string_view locker = "02 DEADBEEF01";

server_rules rules(bool goes_on = false)
{
    auto steady = steady_rules();
    steady.counter_goes_on = goes_on;
    return steady;
}

// Server 3, holding the key and a token.
struct server
{
    responder it;

    explicit server(bool goes_on = false, bool has_cipher = true) : it{3, rules(goes_on), 1}
    {
        it.tokens().set(key_token, number(key_number));
        it.tokens().set({{0}, {1}}, number(number_a));
        if (has_cipher)
            it.cipher(make_body_cipher());
    }

    std::string ask(raida::bytes_view request) { return hex(it.respond(request)); }
};

// `type_and_key` and an encrypted body, nonce F0F1F2F3F4F5 0002.
bytes request_under(std::string_view type_and_key, std::string_view command, std::string_view body)
{
    const std::size_t size = hex(body).size() / 2 + 2;
    const std::uint8_t length[] = {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    return tests::bytes("01 00 03 00 " + std::string{command} + " 0006 01 0000000000 00 01 " +
                        std::string{type_and_key} + hex(length) + "F0F1F2F3F4F50002" + std::string{body} +
                        "3E3E");
}

// The challenge 04 .. 0F BCFF1C39 encrypted, and its signature.
constexpr std::string_view challenge = "98B582BC06F309B947F81881E2945051";
constexpr std::string_view signed_by_key = "2F7B131120A7D8ADA7FA1B87B5305305";

// Encrypts `plain`, which begins so many whole blocks after the nonce.
std::string encrypted(std::string_view plain, std::uint64_t skipped)
{
    auto data = tests::bytes(plain);
    const auto nonce = tests::bytes("F0F1F2F3F4F50002");
    const auto key = number(key_number);
    REQUIRE(make_body_cipher()(key.bytes(), raida::bytes_view{nonce}.first<8>(), skipped, data));
    return hex(data);
}

std::string detect_payload(std::string_view token, std::string_view with)
{
    return encrypted(std::string{token} + std::string{with}, 1);
}

} // namespace

TEST_CASE("an encrypted version is answered in the server's own habit", "[fleet][crypto]")
{
    const bytes version = request_under(named, "00 01", challenge);
    const std::string head = hex("03 00 FA 00 0001 0002 00 00000A 0000000F" + std::string{signed_by_key});
    CHECK(server{false}.ask(version) == head + hex("AE80B68E3EC93181 3E3E"));
    CHECK(server{true}.ask(version) == head + hex("03E02584C8C1A07B 3E3E"));
    CHECK(server{true}.ask(request_under(named, "00 00", challenge)) ==
          hex("03 00 FA 00 0001 0002 00 000000 0000000F" + std::string{signed_by_key}));
}

TEST_CASE("encrypted tokens are judged as plain ones", "[fleet][crypto]")
{
    server one{true};
    const std::string right = std::string{challenge} + detect_payload(token_1, number_a);
    CHECK(one.ask(request_under(named, "01 0A", right)).substr(0, 6) == "0300F1");
    const std::string wrong = std::string{challenge} + detect_payload(token_1, number_b);
    CHECK(one.ask(request_under(named, "01 0A", wrong)).substr(0, 6) == "0300F2");
    // nine tokens, the last one right: 16 + 189 bytes are 13 blocks, which the answer's counter skips
    const std::string nine = repeat(std::string{token_1} + number_b, 8) + std::string{token_1} + number_a;
    const bytes mixed = request_under(named, "01 0A", std::string{challenge} + encrypted(nine, 1));
    CHECK(one.ask(mixed).substr(64) == encrypted("00 01", 13) + "3E3E");
    CHECK(server{}.ask(mixed).substr(64) == encrypted("00 01", 0) + "3E3E");
}

TEST_CASE("lockers are keys by their first five bytes", "[fleet][crypto]")
{
    server one;
    const bytes version = request_under(locker, "00 01", challenge);
    CHECK(one.ask(version).substr(0, 6) == "030022"); // not known: 34
    one.it.tokens().set_locker({0xDE, 0xAD, 0xBE, 0xEF, 0x01}, number(key_number));
    CHECK(one.ask(version).substr(64) == hex("AE80B68E3EC93181 3E3E"));
    CHECK(one.it.tokens().erase_locker({0xDE, 0xAD, 0xBE, 0xEF, 0x01}));
    CHECK_FALSE(one.it.tokens().erase_locker({0xDE, 0xAD, 0xBE, 0xEF, 0x01}));
    CHECK(one.ask(version).substr(0, 6) == "030022");
}

TEST_CASE("a key that the server does not know is 25, with the right echo and a stale signature",
          "[fleet][crypto]")
{
    server one;
    one.ask(request("00 00", "BEEF", ones));
    const std::string expected =
        hex("03 00 19 00 0001 0002 00 000000 0000000F FFFFFFFFFFFFFFFFFFFFFFFF BB99FF8A");
    CHECK(one.ask(request_under("01 FE000F9FFE", "00 01", challenge)) == expected);
    CHECK(one.ask(request_under("01 FD000F9FFF", "00 01", challenge)) == expected);
    one.it.tokens().erase(key_token);
    CHECK(one.ask(request_under(named, "00 01", challenge)) == expected);
}

TEST_CASE("a wrong key makes a wrong CRC and a signature that matches nothing", "[fleet][crypto]")
{
    server one;
    const auto check = [&] {
        const std::string answer = one.ask(request_under(named, "00 01", challenge));
        CHECK(answer.substr(0, 32) == hex("03 00 25 00 0001 0002 00 000000 0000000F"));
        CHECK(answer.substr(32) != signed_by_key);
        CHECK(answer.substr(32) != hex("0405060708090A0B0C0D0E0F BCFF1C39"));
        CHECK(answer.size() == 64);
    };
    one.it.tokens().set(key_token, number(number_a));
    check();
    one.it.tokens().set(key_token, number(key_number));
    one.it.tokens().distrust({&key_token, 1}); // told to hold another number than the one given to it
    check();
    one.it.tokens().distrust({});
    CHECK(one.ask(request_under(named, "00 01", challenge)).substr(4, 2) == "FA");
}

TEST_CASE("the key is the one that the server held when the request came, be it powned by it",
          "[fleet][crypto]")
{
    server one{true};
    const std::string both =
        "FE 000F9FFF" + key_number + number_c + std::string{token_2} + number_a + number_c;
    const std::string answer =
        one.ask(request_under(named, "01 14", std::string{challenge} + encrypted(both, 1)));
    CHECK(answer.substr(0, 6) == "0300F3");
    CHECK(answer.substr(32, 32) == signed_by_key);
    CHECK(answer.substr(64) == encrypted("01", 6) + "3E3E"); // 16 + 74 bytes
    CHECK(hex(one.it.tokens().find(key_token)->bytes()) == number_c);
}

TEST_CASE("errors in an encrypted body are those of a plain one", "[fleet][crypto]")
{
    server one;
    const bytes good =
        request_under(named, "01 0A", std::string{challenge} + detect_payload(token_1, number_a));
    CHECK(one.ask(with(good, good.size() - 1, 0)).substr(0, 16) == hex("03 00 21 01 0001 0002"));
    CHECK(one.ask(with(good, 23, 255)).substr(0, 16) == hex("03 00 10 01 0001 0002"));
    CHECK(one.ask(with(good, 7, 1)).substr(4, 2) == "07");
    CHECK(one.ask(request_under(named, "01 0A", challenge)).substr(4, 2) == "10"); // no token
    CHECK(one.ask(request_under(named, "01 0A", "00112233")).substr(4, 2) == "10");
    bytes empty{good.begin(), good.begin() + 32};
    empty[22] = empty[23] = 0;
    CHECK(one.ask(empty).substr(4, 2) == "24");
    empty[4] = 0;
    empty[5] = 1;
    CHECK(one.ask(empty).substr(64) == hex("AE80B68E3EC93181 3E3E"));
}

TEST_CASE("plain requests stay plain between encrypted ones", "[fleet][crypto]")
{
    server one{true};
    const std::string plain = one.ask(request("00 01", "0102", zeros));
    one.ask(request_under(named, "00 01", challenge));
    CHECK(one.ask(request("00 01", "0102", zeros)) == plain);
    CHECK(plain.substr(64) == hex("3230323530333233 3E3E"));
}

TEST_CASE("without a cipher, encryption is answered 34", "[fleet][crypto]")
{
    server one{false, false};
    CHECK(one.ask(request_under(named, "00 01", challenge)).substr(4, 2) == "22");
    one.it.cipher(make_body_cipher());
    CHECK(one.ask(request_under(named, "00 01", challenge)).substr(4, 2) == "FA");
    one.it.cipher([](auto...) { return false; });
    CHECK(one.ask(request_under(named, "00 01", challenge)).substr(4, 2) == "22");
    one.it.cipher(nullptr);
    CHECK(one.ask(request_under(named, "00 01", challenge)).substr(4, 2) == "22");
}

TEST_CASE("error answers on demand can carry the right signature of an encrypted request", "[fleet][crypto]")
{
    server one;
    const bytes version = request_under(named, "00 01", challenge);
    CHECK(hex(one.it.refuse(version, {raida::status::internal})) ==
          hex("03 00 FC 00 0001 0002 00 000000 0000000F" + std::string{signed_by_key}));
    one.it.tokens().erase(key_token);
    CHECK(hex(one.it.refuse(version, {raida::status::internal})).substr(32) == repeat("00", 16));
    CHECK(hex(one.it.refuse(raida::bytes_view{version}.first(40), {raida::status::internal})).substr(32) ==
          repeat("00", 16));
}
