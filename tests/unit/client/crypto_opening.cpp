// Opening: both habits of counting, told apart where that is possible, and never guessed where it is not.
#include <raida/client/crypto.hpp>
#include <raida/consensus/aggregate.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "crypto_support.hpp"
#include <unit/hex.hpp>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace crypto_support;
using enum counter_habit;
using raida::errc;
using raida::status;
using tests::hex;

constexpr auto latency = std::chrono::milliseconds{7};

// A client's side: a builder, a codec, and both answers of the last request.
struct client
{
    builder build{{.datagram_limit = 65'567}, seeded_random{1}};
    codec by = make_codec();
    raida::requests<2> asked{};
    raida::replies<2> answers{};

    void ask(raida::requests<2> plain)
    {
        asked = sealed(by, std::move(plain));
        answers.reset();
    }
    void got(std::size_t server, status what, bytes body, counter_habit habit)
    {
        answers.answer(server, answer(asked, server, what, std::move(body), habit), true, latency, 3);
    }
    std::bitset<2> open(std::size_t count = 0, raida::bit_order order = raida::bit_order::lsb_first)
    {
        return by.open(asked, answers, {count, order});
    }
    std::string body(std::size_t server) const { return hex(answers[server].body()); }

    // Server 0's answer to a detect of so many tokens.
    std::bitset<2> detect(std::size_t count, bytes mixed, counter_habit habit)
    {
        ask(build.detect(tokens(count)));
        got(0, status::mixed, std::move(mixed), habit);
        return open(count);
    }
    void learn_by_version(counter_habit habit)
    {
        ask(build.version());
        got(0, status::success, text("20250323"), habit);
        by.learn(asked, answers);
    }
};

counter_habit other(counter_habit habit)
{
    return habit == restarts ? goes_on : restarts;
}

// What the wrong reading of `body` would be.
bytes misread(const client& one, bytes body, counter_habit habit)
{
    crypt(key().numbers[0], one.asked[0].bytes, habit, body);
    crypt(key().numbers[0], one.asked[0].bytes, other(habit), body);
    return body;
}

bool ended_malformed(const raida::reply& one)
{
    return one.error == errc::malformed_response && one.latency == latency && one.attempts == 3;
}

} // namespace

TEST_CASE("bodies that another program encrypted are opened in both habits", "[crypto][open]")
{
    // Key 2B7E.., nonce F0F1F2F3F4F5 0002, one block in the request; the answer is 20250323.
    for (const auto& [digits, habit] :
         {std::pair{"AE80B68E3EC93181", restarts}, {"03E02584C8C1A07B", goes_on}}) {
        CAPTURE(digits);
        client one;
        one.ask(one.build.version());
        const auto nonce = tests::bytes("F0F1F2F3F4F50002");
        std::copy(nonce.begin(), nonce.end(), one.asked.writable(0).begin() + 24);
        auto datagram = answer(one.asked, 0, status::success, bytes(8), restarts);
        const auto body = tests::bytes(digits);
        std::copy(body.begin(), body.end(), datagram.begin() + 32);
        one.answers.answer(0, datagram);
        CHECK(one.open().none());
        CHECK(raida::parse_version(one.answers[0].body()) == "20250323");
        CHECK(one.by.habit(0) == habit);
        CHECK(one.by.habit(1) == unknown);
    }
}

TEST_CASE("padding bits tell how a server counts, and that is remembered", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    CAPTURE(static_cast<int>(habit));
    client one;
    CHECK(
        one.detect(17, {0x05, 0x80, 0x01}, habit).none()); // seven padding bits; the wrong reading sets some
    CHECK(one.body(0) == "058001");
    CHECK(one.answers[0].verified);
    CHECK(one.by.habit(0) == habit);
    CHECK(one.by.habit(1) == unknown);
    CHECK(one.by.used()[0] == (habit == restarts)); // a listener may have learnt of that key
    CHECK_FALSE(one.by.used()[1]);

    CHECK(one.detect(64, {1, 2, 3, 4, 5, 6, 7, 8}, habit).none()); // no padding, but known by now
    CHECK(one.body(0) == "0102030405060708");
}

TEST_CASE("64 tokens have no padding: the body is not guessed but probed for", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    CAPTURE(static_cast<int>(habit));
    client one;
    CHECK(one.detect(64, {1, 2, 3, 4, 5, 6, 7, 8}, habit) == 0b01);
    CHECK(one.by.habit(0) == unknown);
    const std::string closed = one.body(0);
    CHECK(closed != "0102030405060708");

    // Nobody takes what is still sealed for votes, and asking again without having learnt changes nothing.
    const auto undecided = raida::aggregate(one.answers, 64, {.encrypted = true});
    CHECK(undecided.mixed == 0);
    CHECK(undecided.errors == 2);
    CHECK(undecided.pown_string(0) == "eu");
    CHECK(one.open(64) == 0b01);
    CHECK(one.body(0) == closed);

    client probe = {.by = std::move(one.by)};
    probe.learn_by_version(habit);
    CHECK(probe.body(0) == hex(text("20250323")));
    one.by = std::move(probe.by);
    CHECK(one.by.habit(0) == habit);
    CHECK(one.open(64).none());
    CHECK(one.body(0) == "0102030405060708");
    CHECK(one.answers[0].verified);
    CHECK(one.answers[0].latency == latency);
    CHECK(raida::aggregate(one.answers, 64, {.encrypted = true}).pown_string(0) == "pu");
}

TEST_CASE("a probe that goes unanswered, or with garbage, leaves the body sealed", "[crypto][open]")
{
    client one;
    REQUIRE(one.detect(64, {1, 2, 3, 4, 5, 6, 7, 8}, goes_on).any());
    client probe = {.by = std::move(one.by)};
    probe.ask(probe.build.version());
    probe.answers.fail(0, errc::timed_out);
    probe.by.learn(probe.asked, probe.answers);
    CHECK(probe.by.habit(0) == unknown);
    probe.got(0, status::success, tests::bytes("0001020304050607"), goes_on);
    probe.by.learn(probe.asked, probe.answers);
    CHECK(probe.by.habit(0) == unknown);
    CHECK(probe.answers[0].error == errc::malformed_response);
    one.by = std::move(probe.by);
    CHECK(one.open(64) == 0b01);
    CHECK_FALSE(one.answers[0].verified);
}

TEST_CASE("every number of tokens is opened rightly or not at all", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    client one;
    std::size_t opened = 0, unclear = 0;
    for (std::size_t count = 2; count <= 200; ++count) {
        CAPTURE(count, static_cast<int>(habit));
        bytes mixed((count + 7) / 8);
        mixed[0] = 1;
        one.by.forget(0);
        if (one.detect(count, mixed, habit).any()) {
            ++unclear;
            const auto wrong = misread(one, mixed, habit);
            CHECK(raida::bitfield{wrong, count}.is_well_formed());
            CHECK_FALSE(one.answers[0].verified);
        } else {
            ++opened;
            REQUIRE(one.answers[0]);
            CHECK(one.body(0) == hex(mixed));
            CHECK(one.by.habit(0) == habit);
        }
    }
    CHECK(opened > 100);
    CHECK(unclear >= 25); // every multiple of eight, and a few by chance
}

TEST_CASE("the order of bits in a byte decides which bits are padding", "[crypto][open]")
{
    client one;
    one.ask(one.build.detect(tokens(9)));
    one.got(0, status::mixed, {0x40, 0x80}, goes_on);
    CHECK(one.open(9, raida::bit_order::msb_first).none());
    CHECK(one.body(0) == "4080");

    one.ask(one.build.detect(tokens(9)));
    one.got(0, status::mixed, {0x40, 0x80}, goes_on);
    CHECK(one.open(9, raida::bit_order::lsb_first).none()); // known, and no sense in it
    CHECK(ended_malformed(one.answers[0]));
}

TEST_CASE("answers that are open stay as they are when opened again", "[crypto][open]")
{
    client one;
    one.learn_by_version(goes_on);
    REQUIRE(one.detect(64, {1, 2, 3, 4, 5, 6, 7, 8}, goes_on).none());
    const std::string opened = hex(one.answers[0].datagram);
    CHECK(one.open(64).none());
    CHECK(hex(one.answers[0].datagram) == opened);
    CHECK(one.answers[0].header().signature != one.asked[0].expected_signature);
    // the challenge would, with the signature that travelled, give the key away
    CHECK(one.answers[0].header().signature == raida::signature{});
}

TEST_CASE("a known habit whose reading makes no sense ends the slot and is forgotten", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    client one;
    one.learn_by_version(habit);
    REQUIRE(one.by.habit(0) == habit);
    CHECK(one.detect(17, {0x05, 0x80, 0x01}, other(habit)).none());
    CHECK(ended_malformed(one.answers[0]));
    CHECK(raida::aggregate(one.answers, 17).pown_string(0) == "eu");
    CHECK(one.by.habit(0) == unknown);
    CHECK(one.detect(17, {0x05, 0x80, 0x01}, other(habit)).none()); // and learnt afresh
    CHECK(one.body(0) == "058001");
    CHECK(one.by.habit(0) == other(habit));
}

TEST_CASE("a version answer overrules what was believed", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    client one;
    one.learn_by_version(habit);
    one.learn_by_version(other(habit));
    CHECK(one.body(0) == hex(text("20250323")));
    CHECK(one.by.habit(0) == other(habit));
}

TEST_CASE("a version of other text than eight digits is opened too", "[crypto][open]")
{
    client one;
    one.ask(one.build.version());
    one.got(0, status::success, text("v1.2 (build 20250323)"), goes_on);
    CHECK(one.open().none());
    CHECK(raida::parse_version(one.answers[0].body()) == "v1.2 (build 20250323)");
    CHECK(one.by.habit(0) == goes_on);

    one.by.forget(0);
    std::size_t unclear = 0;
    for (int i = 0; i < 100; ++i, one.by.forget(0)) { // one letter: often a wrong reading is one as well
        one.ask(one.build.version());
        one.got(0, status::success, text("v"), restarts);
        if (one.open().any()) {
            ++unclear;
            CHECK_FALSE(one.answers[0].verified);
        } else {
            CHECK(one.body(0) == hex(text("v")));
        }
    }
    CHECK(unclear > 10);
    CHECK(unclear < 90);
}

TEST_CASE("an encrypted find is opened, and probed for where both readings are answers", "[crypto][open]")
{
    const auto habit = GENERATE(restarts, goes_on);
    const auto ask = [](client& from, std::size_t count) {
        from.ask(from.build.find(tokens(count), new_numbers(count)));
    };
    client one;
    ask(one, 36);
    one.got(0, status::find_mixed, bytes(36, 2), habit);
    one.got(1, status::find_all_authenticity, bytes(36, 1), habit);
    CHECK(one.open(36).none());
    CHECK(raida::parse_find(status::find_mixed, one.answers[0].body(), 36));
    CHECK(raida::parse_find(status::find_all_authenticity, one.answers[1].body(), 36));
    CHECK(one.by.habit(0) == habit);
    CHECK(one.by.habit(1) == habit);

    one.by.forget(0);
    std::size_t unclear = 0;
    for (int i = 0; i < 1000; ++i, one.by.forget(0)) {
        ask(one, 1);
        one.got(0, status::find_mixed, {2}, habit);
        if (one.open(1).any())
            ++unclear;
        else
            CHECK(one.body(0) == "02");
    }
    CHECK(unclear > 0); // three of 256 readings are answers by chance
    CHECK(unclear < 50);
}

TEST_CASE("garbage for a body is no answer, whatever its size", "[crypto][open]")
{
    const auto what = GENERATE(status::mixed, status::find_mixed, status::find_neither, status::success);
    seeded_random random{7};
    client one;
    for (std::size_t size : {1U, 2U, 7U, 9U, 16U, 17U, 63U, 65U, 1000U, 8192U, 8193U, 20'000U}) {
        CAPTURE(size, static_cast<int>(what));
        bytes noise(size);
        random.fill(noise);
        noise[0] = 0xFF; // padding, no answer to find, no text; and in the other habit
        one.ask(one.build.detect(tokens(64)));
        one.got(0, what, noise, restarts);
        const auto unclear = one.open(64);
        if (what == status::success && size <= 2 && unclear.none() && one.answers[0])
            continue; // a short text by chance
        CHECK(unclear.none());
        CHECK(ended_malformed(one.answers[0]));
        CHECK(one.by.habit(0) == unknown);
    }
}

TEST_CASE("bodies of any size are opened", "[crypto][open]")
{
    client one;
    one.learn_by_version(goes_on);
    bytes mixed(12'501); // 100,001 tokens
    mixed[9000] = 0x5A;
    one.ask(one.build.version());
    one.got(0, status::mixed, mixed, goes_on);
    CHECK(one.open(100'001).none());
    const auto opened = one.answers[0].body();
    CHECK(std::equal(opened.begin(), opened.end(), mixed.begin(), mixed.end())); // nobody wants to read that
}

TEST_CASE("only what carries the request's signature is opened", "[crypto][open]")
{
    client one;
    const auto untouched = [&](status what, auto change) {
        one.ask(one.build.detect(tokens(17)));
        auto datagram = answer(one.asked, 0, what, {0x05, 0x80, 0x01}, restarts);
        change(datagram);
        one.answers.answer(0, datagram, false);
        const bool unclear = one.open(17).any();
        return !unclear && one.answers[0] && !one.answers[0].verified &&
               hex(one.answers[0].datagram) == hex(datagram) && one.by.habit(0) == unknown;
    };
    CHECK(untouched(status::mixed, [](bytes& datagram) { datagram[31] ^= 1U; }));
    CHECK(untouched(status::mixed, [](bytes& datagram) { datagram.back() = 0; })); // no terminator: no body
    CHECK(untouched(status::mixed, [](bytes& datagram) { datagram.resize(40); }));
    CHECK(untouched(status::all_pass, [](bytes&) {})); // its body means nothing
    CHECK(untouched(status::invalid_crc, [](bytes&) {}));
    CHECK(untouched(status{99}, [](bytes&) {}));
    CHECK_FALSE(untouched(status::mixed, [](bytes&) {}));
}

TEST_CASE("answers to plain, empty and unsigned requests are left alone", "[crypto][open]")
{
    client one;
    one.ask(one.build.detect(tokens(17)));
    one.got(0, status::mixed, {0x05, 0x80, 0x01}, restarts);
    const std::string closed = one.body(0);
    auto asked = one.asked;
    asked.expect(0, std::nullopt);
    CHECK(one.by.open(asked, one.answers, {17}).none());
    asked = one.asked;
    asked.skip(0);
    CHECK(one.by.open(asked, one.answers, {17}).none());
    asked = one.asked;
    asked.writable(0)[16] = 0;
    CHECK(one.by.open(asked, one.answers, {17}).none());
    CHECK(one.body(0) == closed);
    CHECK(one.answers[0].verified);
    one.answers.fail(0, errc::timed_out);
    CHECK(one.open(17).none());
    CHECK(one.answers[0].error == errc::timed_out);
}

TEST_CASE("the plain codec changes nothing", "[codec]")
{
    raida::basic_plain<2> plain;
    client one;
    auto packets = one.build.detect(tokens(17));
    const std::string before = hex(packets[0].bytes);
    std::error_code error = errc::queue_full;
    plain.seal(packets, error);
    CHECK_FALSE(error);
    CHECK(hex(packets[0].bytes) == before);
    one.ask(one.build.version());
    one.got(0, status::success, text("20250323"), restarts);
    const std::string datagram = hex(one.answers[0].datagram);
    plain.learn(one.asked, one.answers);
    plain.forget(0);
    CHECK(plain.open(one.asked, one.answers, {}).none());
    CHECK(hex(one.answers[0].datagram) == datagram);
}
