#include <raida/wire/answers.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/testing/tokens.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using tests::bytes;
using tests::hex;

// 00 01 02 ...: what is random becomes predictable. It can be told to fail from some call on.
struct counting_source
{
    unsigned next = 0;
    int calls_until_failure = -1;

    void fill(std::span<std::uint8_t> to, std::error_code& error)
    {
        error.clear();
        if (calls_until_failure >= 0 && calls_until_failure-- == 0) {
            error = errc::no_randomness;
            return;
        }
        for (std::uint8_t& byte : to)
            byte = static_cast<std::uint8_t>(next++);
    }
};

using two_servers = raida::commands<2, counting_source>;
using pair_token = raida::basic_token<2>;
using pair_numbers = raida::authenticity_numbers<2>;

template <std::size_t N>
raida::authenticity_numbers<N> numbers(unsigned first) // server i: 16 times first + i
{
    raida::authenticity_numbers<N> result;
    for (std::size_t i = 0; i < N; ++i) {
        std::array<std::uint8_t, 16> secret{};
        secret.fill(static_cast<std::uint8_t>(first + i));
        result[i] = raida::authenticity_number{secret};
    }
    return result;
}

template <std::size_t N = 2>
raida::basic_token<N> make_token(std::int8_t denomination, std::uint32_t serial, unsigned first = 0xA0)
{
    return {{denomination}, {serial}, numbers<N>(first)};
}

std::vector<pair_token> many(std::size_t count)
{
    std::vector<pair_token> tokens;
    for (std::size_t i = 0; i < count; ++i)
        tokens.push_back(make_token(1, static_cast<std::uint32_t>((i * 7919) % 1'000'003)));
    return tokens;
}

static_assert(raida::max_tokens(raida::detect_command) == 64);
static_assert(raida::max_tokens(raida::pown_command) == 36 && raida::max_tokens(raida::find_command) == 36);
static_assert(raida::max_tokens(raida::echo_command) == 0);
static_assert(raida::max_tokens(raida::detect_command, 65567) == 3119); // by TCP
static_assert(raida::max_tokens(raida::pown_command, 65567) == 1770);
static_assert(raida::max_tokens(raida::detect_command, 1'000'000) == 3119); // the body length field's limit
static_assert(raida::max_tokens(raida::detect_command, 71) == 1);
static_assert(raida::max_tokens(raida::detect_command, 70) == 0 &&
              raida::max_tokens(raida::detect_command, 0) == 0);
static_assert(!std::copy_constructible<raida::commands<>> && std::movable<raida::commands<>>);

} // namespace

TEST_CASE("echo requests are these bytes", "[commands]")
{
    two_servers build;

    const auto made = build.echo();

    CHECK(hex(made[0].bytes) ==
          hex("01 00 00 00 00 00 0006 01 0000000000 00 01 00 0000000000 0012 000000000000 0002"
              "0405060708090A0B0C0D0E0F BCFF1C39 3E3E"));
    CHECK(hex(made[1].bytes) ==
          hex("01 00 01 00 00 00 0006 01 0000000000 00 01 00 0000000000 0012 000000000000 0204"
              "101112131415161718191A1B D8E9EDED 3E3E"));
}

TEST_CASE("version requests are these bytes", "[commands]")
{
    two_servers build;

    const auto made = build.version();

    CHECK(hex(made[0].bytes) ==
          hex("01 00 00 00 00 01 0006 01 0000000000 00 01 00 0000000000 0012 000000000000 0002"
              "0405060708090A0B0C0D0E0F BCFF1C39 3E3E"));
}

TEST_CASE("detect requests are these bytes, each server with its own authenticity numbers", "[commands]")
{
    two_servers build;
    const std::vector tokens{make_token(-2, 1'023'999), make_token(6, 1, 0xC0)};

    const auto made = build.detect(tokens);

    CHECK(hex(made[0].bytes) ==
          hex("01 00 00 00 01 0A 0006 01 0000000000 00 01 00 0000000000 003C 000000000000 0002"
              "0405060708090A0B0C0D0E0F BCFF1C39"
              "FE 000F9FFF A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0"
              "06 00000001 C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0 3E3E"));
    CHECK(hex(made[1].bytes) ==
          hex("01 00 01 00 01 0A 0006 01 0000000000 00 01 00 0000000000 003C 000000000000 0204"
              "101112131415161718191A1B D8E9EDED"
              "FE 000F9FFF A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1"
              "06 00000001 C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1 3E3E"));
}

TEST_CASE("pown requests are these bytes: old number, then new", "[commands]")
{
    two_servers build;
    const std::vector tokens{make_token(0, 0x123)};
    const std::vector fresh{numbers<2>(0xB0)};

    const auto made = build.pown(tokens, fresh);

    CHECK(hex(made[1].bytes) ==
          hex("01 00 01 00 01 14 0006 01 0000000000 00 01 00 0000000000 0037 000000000000 0204"
              "101112131415161718191A1B D8E9EDED"
              "00 00000123 A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1 B1B1B1B1B1B1B1B1B1B1B1B1B1B1B1B1"
              "3E3E"));
}

TEST_CASE("find requests are these bytes: old number, then new", "[commands]")
{
    two_servers build;
    const std::vector tokens{make_token(-8, 0), make_token(1, 2)};
    const std::vector fresh{numbers<2>(0xB0), numbers<2>(0xD0)};

    const auto made = build.find(tokens, fresh);

    CHECK(hex(made[0].bytes) ==
          hex("01 00 00 00 02 3C 0006 01 0000000000 00 01 00 0000000000 005C 000000000000 0002"
              "0405060708090A0B0C0D0E0F BCFF1C39"
              "F8 00000000 A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0 B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0"
              "01 00000002 A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0 D0D0D0D0D0D0D0D0D0D0D0D0D0D0D0D0"
              "3E3E"));
}

TEST_CASE("coin and shard are what the settings say", "[commands]")
{
    two_servers build{{.coin = 0x0102, .shard = 3}};
    const auto made = build.echo();
    const auto header = raida::request_header::parse(made[1].bytes);
    REQUIRE(header);
    CHECK(header->coin == 0x0102);
    CHECK(header->shard == 3);
    CHECK(header->server == 1);
}

TEST_CASE("all 25 servers are asked by their own number, with their own secret and challenge", "[commands]")
{
    raida::commands<> build;
    const std::vector tokens{make_token<25>(1, 2, 0x20)};
    std::set<raida::signature> challenges;

    const auto made = build.detect(tokens);

    REQUIRE(made.size() == 25);
    for (std::size_t i = 0; i < made.size(); ++i) {
        const auto packet = made[i].bytes;
        REQUIRE(packet.size() == 32 + 16 + 21 + 2);
        const auto header = raida::request_header::parse(packet);
        CHECK(header->server == i);
        CHECK(header->body_size == packet.size() - 32);
        CHECK(hex(packet.subspan(53, 16)) == hex(tokens[0].numbers[i].bytes()));
        REQUIRE(made[i].expected_signature);
        CHECK(made[i].expected_signature == raida::implied_signature(packet));
        CHECK(raida::is_valid_challenge(*made[i].expected_signature));
        challenges.insert(*made[i].expected_signature);
    }
    CHECK(challenges.size() == 25);
}

TEST_CASE("no challenge and no echo of a server comes again with its next request", "[commands]")
{
    raida::commands<3> build;
    std::set<raida::signature> challenges;
    std::array<std::set<unsigned>, 3> echoes;
    for (int round = 0; round < 100; ++round) {
        const auto made = build.echo();
        for (std::size_t i = 0; i < 3; ++i) {
            challenges.insert(*made[i].expected_signature);
            echoes[i].insert(raida::request_header::parse(made[i].bytes)->echo());
        }
    }
    CHECK(challenges.size() == 300);
    for (const auto& each : echoes)
        CHECK(each.size() == 100);
}

TEST_CASE("a server sees every echo but 0 before one comes again", "[commands]")
{
    raida::commands<1> build;
    std::vector<bool> seen(65536);
    for (int round = 0; round < 65535; ++round) {
        const auto made = build.echo();
        const auto echo = raida::request_header::parse(made[0].bytes)->echo();
        REQUIRE_FALSE(seen[echo]);
        seen[echo] = true;
    }
    CHECK_FALSE(seen[0]);
}

TEST_CASE("two builders start their echoes at different places", "[commands]")
{
    raida::commands<> one, two;
    const auto ones = one.echo(), twos = two.echo();
    int same = 0;
    for (std::size_t i = 0; i < 25; ++i)
        same += hex(ones[i].bytes.subspan(30, 2)) == hex(twos[i].bytes.subspan(30, 2)) ? 1 : 0;
    CHECK(same < 25);
}

namespace {

// What detect says to these tokens. A refused request has no bytes for any server.
std::error_code detect_error(const std::vector<pair_token>& tokens, raida::command_settings settings = {})
{
    two_servers build{settings};
    std::error_code error;
    const auto made = build.detect(tokens, error);
    for (const auto& each : made)
        CHECK(each.bytes.empty() == static_cast<bool>(error));
    return error;
}

} // namespace

TEST_CASE("a denomination that would alias another record is refused", "[commands]")
{
    for (int denomination = -128; denomination < 128; ++denomination) {
        const auto error =
            detect_error({make_token(1, 1), make_token(static_cast<std::int8_t>(denomination), 2)});
        if (denomination >= -8 && denomination <= 6)
            CHECK_FALSE(error);
        else
            CHECK(error == errc::invalid_denomination);
    }
}

TEST_CASE("a serial number that would alias another record is refused", "[commands]")
{
    CHECK_FALSE(detect_error({make_token(1, 0)}));
    CHECK_FALSE(detect_error({make_token(1, 1'023'999)}));
    CHECK(detect_error({make_token(1, 1'024'000)}) == errc::invalid_serial_number);
    CHECK(detect_error({make_token(1, 0xFFFFFFFF)}) == errc::invalid_serial_number);
    CHECK(detect_error({make_token(1, 100)}, {.serial_limit = 100}) == errc::invalid_serial_number);
    CHECK_FALSE(detect_error({make_token(1, 1'024'000)}, {.serial_limit = 1'024'001}));
}

TEST_CASE("a token that is named twice is refused, wherever it stands", "[commands]")
{
    for (const std::size_t first : {0U, 1U, 31U, 62U})
        for (const std::size_t second : {first + 1, std::size_t{63}}) {
            auto tokens = many(64);
            tokens[second] = tokens[first];
            CHECK(detect_error(tokens) == errc::duplicate_token);
        }
    CHECK(detect_error({make_token(1, 1), make_token(1, 1, 0xC0)}) == errc::duplicate_token); // other numbers
    CHECK_FALSE(detect_error({make_token(1, 1), make_token(2, 1), make_token(-1, 1), make_token(1, 2)}));
}

TEST_CASE("a request without tokens is refused", "[commands]")
{
    two_servers build;
    std::error_code error;
    CHECK(detect_error({}) == errc::no_tokens);
    CHECK(build.pown({}, {}, error)[0].bytes.empty());
    CHECK(error == errc::no_tokens);
    CHECK(build.find({}, {}, error)[0].bytes.empty());
    CHECK(error == errc::no_tokens);
}

TEST_CASE("no request is longer than the datagram limit", "[commands]")
{
    CHECK_FALSE(detect_error(many(64)));
    CHECK(detect_error(many(65)) == errc::too_many_tokens);
    CHECK_FALSE(detect_error(many(46), {.datagram_limit = 1024}));
    CHECK(detect_error(many(47), {.datagram_limit = 1024}) == errc::too_many_tokens);
    CHECK_FALSE(detect_error(many(1), {.datagram_limit = 71}));
    CHECK(detect_error(many(1), {.datagram_limit = 70}) == errc::packet_too_large);
    CHECK_FALSE(detect_error(many(3119), {.datagram_limit = 100'000}));
    CHECK(detect_error(many(3120), {.datagram_limit = 100'000}) == errc::too_many_tokens);

    two_servers build;
    std::error_code error;
    const auto full = build.find(many(36), std::vector<pair_numbers>(36, numbers<2>(1)), error);
    CHECK_FALSE(error);
    CHECK(full[0].bytes.size() == 50 + 36 * 37);
    CHECK(build.pown(many(37), std::vector<pair_numbers>(37, numbers<2>(1)), error)[0].bytes.empty());
    CHECK(error == errc::too_many_tokens);
}

TEST_CASE("pown and find want one set of new numbers per token", "[commands]")
{
    two_servers build;
    for (const std::size_t count : {0U, 1U, 3U}) {
        const std::vector<pair_numbers> fresh(count);
        std::error_code error;
        CHECK(build.pown(many(2), fresh, error)[0].bytes.empty());
        CHECK(error == errc::invalid_authenticity);
        CHECK(build.find(many(2), fresh, error)[0].bytes.empty());
        CHECK(error == errc::invalid_authenticity);
    }
}

TEST_CASE("pown and find refuse the same tokens as detect", "[commands]")
{
    two_servers build;
    const std::vector<pair_numbers> fresh(2);
    for (const auto& [bad, expected] : {std::pair{make_token(7, 2), errc::invalid_denomination},
                                        std::pair{make_token(1, 1'024'000), errc::invalid_serial_number},
                                        std::pair{make_token(1, 1), errc::duplicate_token}}) {
        const std::vector tokens{make_token(1, 1), bad};
        std::error_code error;
        CHECK(build.pown(tokens, fresh, error)[1].bytes.empty());
        CHECK(error == expected);
        CHECK(build.find(tokens, fresh, error)[1].bytes.empty());
        CHECK(error == expected);
    }
}

TEST_CASE("without an error code a refusal is thrown, and names the command but no secret", "[commands]")
{
    two_servers build;
    const std::vector twice{make_token(1, 1), make_token(1, 1)};
    const std::vector<pair_numbers> fresh(2);
    const auto thrown_by = [](auto call) -> std::string {
        try {
            call();
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == errc::duplicate_token);
            const std::string text{thrown.what()};
            return text.substr(0, text.find(" [")); // Boost adds the number
        }
        return "nothing";
    };
    CHECK(thrown_by([&] { (void)build.detect(twice); }) == "detect: the same token twice");
    CHECK(thrown_by([&] { (void)build.pown(twice, fresh); }) == "pown: the same token twice");
    CHECK(thrown_by([&] { (void)build.find(twice, fresh); }) == "find: the same token twice");
}

TEST_CASE("a refused request uses up neither randomness nor echoes", "[commands]")
{
    two_servers build, untouched;
    std::error_code error;
    (void)build.detect({}, error);
    REQUIRE(error);

    const auto made = build.echo(error);

    CHECK_FALSE(error);
    CHECK(hex(made[1].bytes) == hex(untouched.echo()[1].bytes));
}

TEST_CASE("without randomness there is no request, and with it again there is", "[commands]")
{
    for (const int good_calls : {0, 1}) { // the echoes' start and the challenges are drawn apart
        two_servers build{{}, {.calls_until_failure = good_calls}};
        std::error_code error;
        const auto none = build.detect(many(1), error);
        CHECK(error == errc::no_randomness);
        CHECK(none[0].bytes.empty());
        CHECK(build.echo(error)[0].bytes.size() == 50);
        CHECK_FALSE(error);
    }
    two_servers build{{}, {.calls_until_failure = 0}};
    CHECK_THROWS_AS(build.version(), std::system_error);
}

TEST_CASE("a version answer is printable text", "[commands]")
{
    CHECK(raida::parse_version(bytes("3230323530333233")) == "20250323");
    CHECK(raida::parse_version(bytes("20 7E")) == " ~");
    CHECK_FALSE(raida::parse_version({}));
    for (const char* bad : {"00", "1F", "7F", "80", "FF", "3230323530333200", "0A"})
        CHECK_FALSE(raida::parse_version(bytes(bad)));
}

TEST_CASE("a find answer for all tokens needs no body", "[commands]")
{
    using raida::find_answer;
    const std::array<std::pair<raida::status, find_answer>, 3> cases{
        {{raida::status::find_neither, find_answer::neither},
         {raida::status::find_all_authenticity, find_answer::authenticity},
         {raida::status::find_all_new_authenticity, find_answer::new_authenticity}}};
    for (const auto& [status, expected] : cases) {
        const auto answers = raida::parse_find(status, {}, 3);
        REQUIRE(answers);
        REQUIRE(answers->size() == 3);
        for (std::size_t i = 0; i < 3; ++i)
            CHECK((*answers)[i] == expected);
    }
}

TEST_CASE("a mixed find answer has exactly one byte 0..2 per token", "[commands]")
{
    using raida::find_answer;
    const auto body = bytes("02 00 01");
    const auto answers = raida::parse_find(raida::status::find_mixed, body, 3);
    REQUIRE(answers);
    CHECK((*answers)[0] == find_answer::new_authenticity);
    CHECK((*answers)[1] == find_answer::neither);
    CHECK((*answers)[2] == find_answer::authenticity);

    CHECK_FALSE(raida::parse_find(raida::status::find_mixed, body, 2));
    CHECK_FALSE(raida::parse_find(raida::status::find_mixed, body, 4));
    CHECK_FALSE(raida::parse_find(raida::status::find_mixed, {}, 3));
    CHECK_FALSE(raida::parse_find(raida::status::find_mixed, {}, 0));
    for (int wrong = 3; wrong < 256; ++wrong) {
        auto bad = body;
        bad[2] = static_cast<std::uint8_t>(wrong);
        CHECK_FALSE(raida::parse_find(raida::status::find_mixed, bad, 3));
    }
}

TEST_CASE("a find answer whose body contradicts its status is none", "[commands]")
{
    using raida::status;
    CHECK(raida::parse_find(status::find_all_authenticity, bytes("0101"), 2));
    CHECK_FALSE(raida::parse_find(status::find_all_authenticity, bytes("0102"), 2));
    CHECK_FALSE(raida::parse_find(status::find_all_authenticity, bytes("01"), 2));
    CHECK_FALSE(raida::parse_find(status::find_neither, bytes("0001"), 2));
    CHECK_FALSE(raida::parse_find(status::find_all_new_authenticity, bytes("020202"), 2));
}

TEST_CASE("no status but those of find answers a find", "[commands]")
{
    const auto body = bytes("000102");
    for (int number = 0; number < 256; ++number) {
        if (number >= 208 && number <= 211)
            continue;
        CHECK_FALSE(raida::parse_find(static_cast<raida::status>(number), body, 3));
        CHECK_FALSE(raida::parse_find(static_cast<raida::status>(number), {}, 3));
    }
}

TEST_CASE("a missing number is never sent: its server is left out, by every command", "[commands]")
{
    raida::commands<> ask;
    auto tokens = raida::testing::make_tokens(3);
    const auto fresh = raida::testing::make_tokens(3, 7);
    std::vector<raida::authenticity_numbers<>> numbers;
    for (const auto& one : fresh)
        numbers.push_back(one.numbers);
    tokens[1].numbers[4] = {};
    tokens[2].numbers[24] = {};
    std::error_code error;
    for (const auto& packets :
         {ask.detect(tokens, error), ask.find(tokens, numbers, error), ask.pown(tokens, numbers, error)}) {
        REQUIRE(!error);
        for (std::size_t server = 0; server < 25; ++server) {
            CHECK(packets[server].bytes.empty() == (server == 4 || server == 24));
            CHECK(packets[server].expected_signature.has_value() == (server != 4 && server != 24));
        }
    }
    for (auto& token : tokens)
        token.numbers = {};
    CHECK(ask.detect(tokens, error)[0].bytes.empty());
    CHECK(error == raida::errc::invalid_authenticity);
}

TEST_CASE("a missing new number is refused: whoever knew that would own the token", "[commands]")
{
    raida::commands<> ask;
    const auto tokens = raida::testing::make_tokens(2), fresh = raida::testing::make_tokens(2, 7);
    std::vector<raida::authenticity_numbers<>> numbers{fresh[0].numbers, fresh[1].numbers};
    numbers[1][24] = {};
    std::error_code error;
    CHECK(ask.pown(tokens, numbers, error)[0].bytes.empty());
    CHECK(error == raida::errc::invalid_authenticity);
    CHECK(ask.find(tokens, numbers, error)[0].bytes.empty());
    CHECK(error == raida::errc::invalid_authenticity);
}

TEST_CASE("any command carries its payload, the same to all or to each its own", "[commands]")
{
    two_servers ask{{.datagram_limit = 60}};
    std::error_code error;
    const auto same = ask.custom({3, 9}, bytes("AABB"), error);
    REQUIRE_FALSE(error);
    for (std::size_t server = 0; server < 2; ++server) {
        const auto header = raida::request_header::parse(same[server].bytes).value();
        CHECK(header.server == server);
        CHECK(header.what == raida::command_code{3, 9});
        CHECK(header.body_size == 20);
        CHECK(hex(same[server].bytes.subspan(48)) == hex("AABB3E3E"));
        CHECK(raida::implied_signature(same[server].bytes) == same[server].expected_signature);
    }
    const std::array<raida::secret_bytes, 2> uneven{bytes("0102030405060708090A"), bytes("CC")};
    const auto each = ask.custom({3, 9}, uneven, error);
    REQUIRE_FALSE(error);
    CHECK(each[0].bytes.size() == 60);
    CHECK(hex(each[1].bytes.subspan(48)) == hex("CC3E3E"));
    CHECK(raida::request_header::parse(each[1].bytes).value().body_size == 19);

    const auto one = ask.custom({3, 9}, std::array<raida::secret_bytes, 2>{{{}, bytes("CC")}}, error);
    CHECK(one[0].bytes.empty());
    CHECK(one[1].bytes.size() == 51);

    CHECK(ask.custom({3, 9}, bytes("0102030405060708090A0B"), error)[0].bytes.empty());
    CHECK(error == errc::packet_too_large);
}
