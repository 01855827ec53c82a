// The embedded servers' bytes against literal ones, computed by hand from protocol.md.
#include "fleet_support.hpp"

#include <raida/testing/detail/responder.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>

using namespace fleet_support;
using namespace raida::testing;
using raida::testing::detail::responder;

namespace {

// Server 3, holding three tokens.
struct server
{
    responder it{3, steady_rules(), 1};

    explicit server(raida::testing::server_rules rules = steady_rules()) : it{3, std::move(rules), 1}
    {
        it.tokens().set({{0}, {1}}, number(number_a));
        it.tokens().set({{-2}, {1023999}}, number(number_b));
        it.tokens().set({{6}, {1024}}, number(number_c));
    }

    std::string ask(raida::bytes_view request) { return hex(it.respond(request)); }
    std::string held(raida::token_id id) const { return hex(it.tokens().find(id)->bytes()); }
};

std::string record(std::string_view token, std::string_view number)
{
    return std::string{token} + std::string{number};
}

std::string record(std::string_view token, std::string_view number, std::string_view new_number)
{
    return record(token, number) + std::string{new_number};
}

} // namespace

TEST_CASE("echo and its answer are the bytes of the protocol's tables", "[fleet][protocol]")
{
    const bytes echo = tests::bytes("01 00 03 00 00 00 0006 01 0000000000 00 01"
                                    "00 00 00000000 0012 000000000000 BEEF"
                                    "000000000000000000000000 7BD5C66F 3E3E");
    CHECK(server{}.ask(echo) == hex("03 00 FA 00 0001 BEEF 00 000000 0000000F"
                                    "000000000000000000000000 7BD5C66F"));
    CHECK(request("00 00", "BEEF") == echo);
    // more bytes in the payload are allowed
    CHECK(server{}.ask(request("00 00", "BEEF", zeros, repeat("5A", 100))) == server{}.ask(echo));
}

TEST_CASE("version is answered with eight digits and a terminator, both in the size field",
          "[fleet][protocol]")
{
    CHECK(server{}.ask(request("00 01", "0102", ones)) ==
          hex("03 00 FA 00 0001 0102 00 00000A 0000000F FFFFFFFFFFFFFFFFFFFFFFFF BB99FF8A"
              "3230323530333233 3E3E"));
    auto rules = steady_rules();
    rules.version.clear();
    CHECK(server{rules}.ask(request("00 01", "0102", ones)).size() ==
          64); // 250 without a text: a header, no more
}

TEST_CASE("detect tells all pass and all fail with a bare header", "[fleet][protocol]")
{
    server one;
    const auto right = record(token_1, number_a) + record(token_2, number_b);
    CHECK(one.ask(request("01 0A", "1234", zeros, right)) ==
          hex("03 00 F1 01 0001 1234 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
    const auto wrong = record(token_1, number_b) + record(token_2, number_a);
    CHECK(one.ask(request("01 0A", "1235", ones, wrong)) ==
          hex("03 00 F2 01 0001 1235 00 000000 0000000F FFFFFFFFFFFFFFFFFFFFFFFF BB99FF8A"));
}

TEST_CASE("detect counts bits of a mixed answer from the least significant one", "[fleet][protocol]")
{
    // nine tokens, the first, the third and the last are right: bits 0, 2 and 8; size field 2 + 2
    const std::string payload = record(token_1, number_a) + record(token_1, number_b) +
                                record(token_2, number_b) + repeat(record(token_3, number_a), 5) +
                                record(token_3, number_c);
    CHECK(server{}.ask(request("01 0A", "0001", zeros, payload)) ==
          hex("03 00 F3 01 0001 0001 00 000004 0000000F 000000000000000000000000 7BD5C66F 05 01 3E3E"));
}

TEST_CASE("a token that the server does not know fails in detect and pown", "[fleet][protocol]")
{
    server one;
    const std::string unknown = record("00 00000002", number_a);
    CHECK(one.ask(request("01 0A", "0001", zeros, unknown)).substr(4, 2) == "F2");
    CHECK(one.ask(request("01 0A", "0001", zeros, unknown + record(token_1, number_a))).substr(4, 2) == "F3");
    CHECK(one.ask(request("01 14", "0001", zeros, unknown + number_b)).substr(4, 2) == "F2");
}

TEST_CASE("pown changes the number and a repeated pown is answered 242", "[fleet][protocol]")
{
    server one;
    const bytes pown = request("01 14", "0A0B", zeros, record(token_1, number_a, number_c));
    CHECK(one.ask(pown) == hex("03 00 F1 01 0001 0A0B 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
    CHECK(one.held({{0}, {1}}) == number_c);
    CHECK(one.ask(pown) == hex("03 00 F2 01 0001 0A0B 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
    CHECK(one.held({{0}, {1}}) == number_c);
}

TEST_CASE("pown changes only the tokens that pass", "[fleet][protocol]")
{
    server one;
    const std::string payload = record(token_1, number_b, number_c) + record(token_2, number_b, number_a);
    CHECK(one.ask(request("01 14", "0001", zeros, payload)) ==
          hex("03 00 F3 01 0001 0001 00 000003 0000000F 000000000000000000000000 7BD5C66F 02 3E3E"));
    CHECK(one.held({{0}, {1}}) == number_a);
    CHECK(one.held({{-2}, {1023999}}) == number_a);
}

TEST_CASE("find tells which number the server holds", "[fleet][protocol]")
{
    server one;
    const auto find = [&](const std::string& payload) {
        return one.ask(request("02 3C", "0001", zeros, payload));
    };
    const auto bare = [](std::string_view status) {
        return hex("03 00" + std::string{status} +
                   "02 0001 0001 00 000000 0000000F 000000000000000000000000 7BD5C66F");
    };
    const auto neither = record(token_1, number_b, number_c), old = record(token_2, number_b, number_c),
               fresh = record(token_3, number_a, number_c);
    CHECK(find(neither) == bare("D0"));
    CHECK(find(old + old) == bare("D1"));
    CHECK(find(fresh) == bare("D2"));
    CHECK(find(neither + old + fresh) ==
          hex("03 00 D3 02 0001 0001 00 000005 0000000F 000000000000000000000000 7BD5C66F 00 01 02 3E3E"));
}

TEST_CASE("one unknown token makes find answer 40 for the whole batch", "[fleet][protocol]")
{
    const auto batch = record(token_1, number_a, number_b) + record("00 00000002", number_a, number_b);
    CHECK(server{}.ask(request("02 3C", "0001", zeros, batch)) ==
          hex("03 00 28 02 0001 0001 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
}

TEST_CASE("errors in the header carry the echo and signature of an earlier request, or zeros",
          "[fleet][protocol]")
{
    const struct
    {
        std::size_t offset;
        std::uint8_t value, status, group; // the group is known once the command was
    } cases[] = {
        {0, 2, 255, 1}, // version: routing
        {1, 1, 2, 1},   // split id
        {2, 4, 3, 1},   // RAIDA id
        {3, 1, 4, 1},   // shard id
        {4, 16, 5, 1},  // command group
        {5, 99, 6, 1},  // command
        {6, 1, 7, 0},   // coin id 0x0106
        {7, 1, 7, 0},   // coin id 1, as the written specification has it
    };
    for (const auto& [offset, value, status, group] : cases) {
        CAPTURE(offset, value);
        server one;
        const bytes wrong = with(request("00 00", "7777"), offset, value);
        const std::uint8_t stale[] = {3, 0, status, group}, fresh[] = {3, 0, status, 0};
        CHECK(one.ask(wrong) == hex(fresh) + hex("0001 0000 00 000000 0000000F") + repeat("00", 16));
        one.ask(request("01 0A", "BEEF", ones, record(token_1, number_a))); // somebody else's
        CHECK(one.ask(wrong) == hex(stale) + hex("0001 BEEF 00 000000 0000000F") + hex(ones));
    }
}

TEST_CASE("errors in the length and the terminator carry the right echo and a stale signature",
          "[fleet][protocol]")
{
    server one;
    one.ask(request("01 0A", "BEEF", ones, record(token_1, number_a)));
    const auto expect = [&](const bytes& request, std::string_view status) {
        CHECK(one.ask(request) ==
              hex("03 00" + std::string{status} + "00 0001 7777 00 000000 0000000F" + std::string{ones}));
    };
    const bytes good = request("00 00", "7777");
    expect(with(good, 23, 0x13), "10");                   // says one byte more than there is
    expect(with(good, 22, 0xFF), "10");                   // says far more
    expect(with(good, 23, 1), "10");                      // no room for the terminator
    expect(bytes(good.begin(), good.begin() + 32), "10"); // a header that promises a body
    expect(with(good, 49, 0x3D), "21");                   // terminator
    expect(with(good, 48, 0), "21");                      // terminator
    expect(request("00 00", "7777", "0000000000"), "10"); // no room for the challenge
    expect(with(with(good, 16, 1), 17, 0), "22");         // type 1 with a key that the server does not know
    expect(with(with(good, 16, 2), 17, 9), "22");         // type 2
}

TEST_CASE("a wrong CRC is answered with the right echo and signature", "[fleet][protocol]")
{
    server one;
    one.ask(request("00 00", "BEEF", ones));
    CHECK(one.ask(request("00 00", "7777", "000000000000000000000001 7BD5C66F")) ==
          hex("03 00 25 00 0001 7777 00 000000 0000000F 000000000000000000000001 7BD5C66F"));
}

TEST_CASE("a request without a body is empty for commands that need one", "[fleet][protocol]")
{
    server one;
    one.ask(request("00 00", "BEEF", ones));
    bytes empty = with(with(request("01 0A", "7777"), 22, 0), 23, 0);
    empty.resize(32);
    CHECK(one.ask(empty) == hex("03 00 24 01 0001 7777 00 000000 0000000F" + std::string{ones}));
    CHECK(one.ask(with(with(empty, 4, 0), 5, 0)).substr(4, 2) == "FA"); // echo needs none
}

TEST_CASE("payloads that are not whole records are refused", "[fleet][protocol]")
{
    server one;
    const auto status = [&](std::string_view command, std::size_t payload) {
        return one.ask(request(command, "0001", zeros, repeat("00", payload))).substr(4, 2);
    };
    for (const std::string_view command : {"01 0A", "01 14", "02 3C"}) {
        CAPTURE(command);
        const std::size_t whole = command == "01 0A" ? 21 : 37;
        CHECK(status(command, 0) == "10"); // not one record
        CHECK(status(command, whole - 1) == "10");
        CHECK(status(command, whole + 1) == "27");
        CHECK(status(command, 2 * whole - 1) == "27");
    }
}

TEST_CASE("the datagram limit cuts what is longer, which is then too short for its body", "[fleet][protocol]")
{
    const auto detect = [](std::size_t tokens) {
        return request("01 0A", "7777", zeros, repeat(record(token_1, number_a), tokens));
    };
    server one; // 1,440: 50 + 66 * 21 = 1,436 fits
    CHECK(one.ask(detect(66)).substr(4, 2) == "F1");
    CHECK(one.ask(detect(67)).substr(4, 12) == hex("10 01 0001 7777"));
    auto rules = steady_rules();
    rules.datagram_limit = 1024;
    one.it.rules(rules);
    CHECK(one.ask(detect(46)).substr(4, 2) == "F1");
    CHECK(one.ask(detect(47)).substr(4, 2) == "10");
    bytes padded = detect(46); // only what the size field covers is asked for
    padded.resize(3000);
    CHECK(one.ask(padded).substr(4, 2) == "F1");
}

TEST_CASE("a datagram under 32 bytes gets silence", "[fleet][protocol]")
{
    server one;
    const bytes echo = request("00 00", "7777");
    for (std::size_t size = 0; size < 32; ++size)
        CHECK(one.ask(raida::bytes_view{echo}.first(size)).empty());
}

TEST_CASE("unknown encryption types are answered with 27 and a 48-byte header", "[fleet][protocol]")
{
    for (const std::uint8_t type : {std::uint8_t{3}, std::uint8_t{4}, std::uint8_t{5}, std::uint8_t{255}}) {
        server one;
        const std::string answer = one.ask(with(request("00 00", "7777"), 16, type));
        CHECK(answer.size() == 96);
        CHECK(answer.substr(0, 32) == hex("03 00 1B 00 0000000F 00 000000 00000000"));
        CHECK(answer.substr(32, 2) == hex(std::span{&type, 1}));
        // what it remembers of that makes it answer an error of a type 0 request in the same way
        const std::string next = one.ask(with(request("00 00", "7777"), 7, 1));
        CHECK(next.size() == 96);
        CHECK(next.substr(0, 6) == "030007");
        CHECK(one.ask(request("00 00", "7777")).size() == 64); // and a good one ends it
        CHECK(one.ask(with(request("00 00", "7777"), 7, 1)).size() == 64);
    }
}

TEST_CASE("duplicate datagrams get answers that differ in the execution time only", "[fleet][protocol]")
{
    auto rules = steady_rules();
    rules.least_execution_time = std::chrono::microseconds{0};
    rules.most_execution_time = std::chrono::hours{1};
    server one{rules};
    const bytes detect = request("01 0A", "7777", zeros, record(token_1, number_a));
    const std::string first = one.ask(detect), second = one.ask(detect);
    CHECK(first != second);
    CHECK(first.substr(0, 24) == second.substr(0, 24));
    CHECK(first.substr(32) == second.substr(32));
}

TEST_CASE("one token passes under 64 serial numbers, as on real servers, unless told otherwise",
          "[fleet][protocol]")
{
    std::string aliases;
    for (std::uint32_t i = 0; i < 64; ++i) {
        const std::uint32_t serial = 1 + (i << 26);
        std::uint8_t bytes_of_serial[4];
        raida::detail::store_big<4>(bytes_of_serial, serial);
        aliases += record("00" + hex(bytes_of_serial), number_a);
    }
    CHECK(server{}.ask(request("01 0A", "0001", zeros, aliases)).substr(4, 2) == "F1");
    auto rules = steady_rules();
    rules.alias_serials = false;
    const std::string strict = server{rules}.ask(request("01 0A", "0001", zeros, aliases));
    CHECK(strict.substr(4, 2) == "F3");
    CHECK(strict.substr(64) == hex("0100000000000000 3E3E"));
    // just over the limit is another page, not another name
    CHECK(server{}.ask(request("01 0A", "0001", zeros, record("00 000FA001", number_a))).substr(4, 2) ==
          "F2");
}

TEST_CASE("error answers on demand say what they are told to say", "[fleet][protocol]")
{
    using enum provenance;
    server one;
    one.ask(request("01 0A", "BEEF", ones, record(token_1, number_a)));
    const auto refuse = [&](const forced_answer& how) {
        return hex(one.it.refuse(request("00 00", "7777"), how));
    };
    CHECK(refuse({raida::status::internal}) ==
          hex("03 00 FC 00 0001 7777 00 000000 0000000F" + std::string{zeros}));
    one.ask(request("01 0A", "BEEF", ones, record(token_1, number_a)));
    CHECK(refuse(forced_answer::as_measured(raida::status::invalid_coin_id)) ==
          hex("03 00 07 01 0001 BEEF 00 000000 0000000F" + std::string{ones}));
    CHECK(refuse({raida::status::all_pass, right, wrong}) ==
          hex("03 00 F1 00 0001 7777 00 000000 0000000F FFFFFFFFFFFFFFFFFFFFFFFF 842A3990"));
    CHECK(refuse({raida::status{99}, zero, zero}) ==
          hex("03 00 63 00 0001 0000 00 000000 0000000F") + repeat("00", 16));
    CHECK(refuse({raida::status::routing, wrong, right}).substr(12, 4) == "8888");
    CHECK(refuse({raida::status::invalid_encryption_code, right, right, true}).size() == 96);
    CHECK(one.it.refuse(raida::bytes_view{}, {}).empty());
}

TEST_CASE("the measured errors carry what protocol.md says of them", "[fleet][protocol]")
{
    using enum provenance;
    using raida::status;
    const auto measured = forced_answer::as_measured;
    for (const int header : {255, 2, 3, 4, 5, 6, 7}) {
        CHECK(measured(static_cast<status>(header)).echo == stale);
        CHECK(measured(static_cast<status>(header)).signature == stale);
    }
    for (const int body : {16, 33, 34}) {
        CHECK(measured(static_cast<status>(body)).echo == right);
        CHECK(measured(static_cast<status>(body)).signature == stale);
    }
    CHECK(measured(status::invalid_crc).echo == right);
    CHECK(measured(status::invalid_crc).signature == right);
    CHECK(measured(status::invalid_encryption_code).wide);
}

TEST_CASE("any bytes at all are answered or ignored, and nothing is read beyond them", "[fleet][protocol]")
{
    server one;
    seeded_random random{7};
    const bytes good = fleet_support::request("01 0A", "0001", zeros, record(token_1, number_a));
    for (int round = 0; round < 20'000; ++round) {
        bytes request = good;
        request.resize(random.below(request.size() + 1));
        for (std::uint64_t change = random.below(4); change > 0 && !request.empty(); --change)
            request[random.below(request.size())] = static_cast<std::uint8_t>(random());
        const auto exact =
            std::make_unique<std::uint8_t[]>(request.size()); // so that a sanitizer sees its end
        std::copy(request.begin(), request.end(), exact.get());
        const raida::bytes_view answer = one.it.respond({exact.get(), request.size()});
        const bool fits = answer.empty() ? request.size() < 32
                                         : raida::shape_of(answer) != raida::response_shape::malformed;
        REQUIRE(fits);
    }
}
