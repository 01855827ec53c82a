// Encryption types 1 and 2 from end to end: requests sealed, servers of both habits, answers opened.
#include <raida/client.hpp>
#include <raida/consensus.hpp>
#include <raida/crypto.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/tcp_fleet.hpp>
#include <raida/transport/tcp.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace raida::testing;
using raida::counter_habit;
using raida::errc;
using raida::status;

namespace {

// The same requests in every run.
using sealed = raida::basic_sealed<25, seeded_random>;

constexpr raida::consensus_options encrypted{.encrypted = true};

counter_habit habit_of(std::size_t server)
{
    return server % 2 == 0 ? counter_habit::restarts : counter_habit::goes_on;
}

// Servers of both habits that hold a key, an engine, and what a caller has besides.
template <class Fleet = fleet, class Transport = raida::transport::udp>
struct network
{
    asio::io_context io;
    Fleet servers{io};
    raida::token key = make_tokens(1, 77)[0];
    sealed codec{key, raida::serial_limit, seeded_random{1}};
    raida::commands<25, seeded_random> ask;
    raida::fanout<25, Transport> engine{io, servers.servers()};

    explicit network(raida::command_settings settings = {}) : ask{settings, seeded_random{2}}
    {
        enable_encryption(servers);
        servers.add(key);
        for (std::size_t i = 0; i < 25; ++i) {
            auto rules = servers.rules(i);
            rules.counter_goes_on = habit_of(i) == counter_habit::goes_on;
            servers.set_rules(i, rules);
        }
    }

    // Seals and sends. `packets` is what was sent afterwards.
    raida::replies<> request(raida::requests<>& packets, raida::request_options<> how = {.deadline = 1h})
    {
        std::error_code refused;
        codec.seal(packets, refused);
        REQUIRE_FALSE(refused);
        std::optional<raida::replies<>> got;
        engine.async_request(packets, std::move(how), [&](std::error_code error, raida::replies<> replies) {
            REQUIRE_FALSE(error);
            got = std::move(replies);
        });
        io.restart();
        while (!got && io.run_one() != 0) {
        }
        REQUIRE(got);
        return *std::move(got);
    }

    // The whole way: what can be read in two ways is probed for. `probed` says which servers that were.
    raida::replies<> exchange(raida::requests<> packets, std::size_t count,
                              raida::request_options<> how = {.deadline = 1h})
    {
        auto answers = request(packets, std::move(how));
        const raida::sealed_batch batch{.token_count = count};
        probed = codec.open(packets, answers, batch);
        if (probed.any()) {
            auto versions = ask.version();
            for (std::size_t i = 0; i < 25; ++i)
                if (!probed[i])
                    versions.skip(i);
            auto told = request(versions);
            codec.learn(versions, told);
            CHECK(codec.open(packets, answers, batch).none());
        }
        return answers;
    }

    std::bitset<25> probed;
};

// Tokens that all servers know, with every third number wrong at every server but the first.
std::vector<raida::token> partly_wrong(auto& servers, std::size_t count)
{
    const auto tokens = make_tokens(count);
    servers.add(tokens);
    for (std::size_t server = 1; server < 25; ++server)
        for (std::size_t t = server % 3; t < count; t += 3)
            servers.set_number(server, tokens[t].id(), tokens[t].numbers[0]);
    return tokens;
}

bool is_right(std::size_t server, std::size_t token)
{
    return server == 0 || token % 3 != server % 3;
}

// Every vote is what the server holds.
void check_votes(const auto& tally, std::size_t count)
{
    for (std::size_t server = 0; server < 25; ++server)
        for (std::size_t t = 0; t < count; ++t)
            if (tally.vote(t, server) != (is_right(server, t) ? raida::vote::pass : raida::vote::fail))
                FAIL("server " << server << ", token " << t);
}

std::vector<raida::authenticity_numbers<>> numbers_of(const std::vector<raida::token>& tokens)
{
    std::vector<raida::authenticity_numbers<>> numbers;
    for (const raida::token& token : tokens)
        numbers.push_back(token.numbers);
    return numbers;
}

} // namespace

TEST_CASE("encrypted version, detect, pown and find work with servers of both habits", "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(36), renewed = make_tokens(36, 2);
    const auto new_numbers = numbers_of(renewed);
    n.servers.add(tokens);

    const auto all_answer = [&](const raida::replies<>& answers, status expected) {
        return std::all_of(answers.begin(), answers.end(), [&](const raida::reply& one) {
            return one && one.verified && one.status() == expected;
        });
    };
    const auto versions = n.exchange(n.ask.version(), 0);
    CHECK(n.probed.none());
    CHECK(all_answer(versions, status::success));
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK(raida::parse_version(versions[i].body()) == "20250323");
        CHECK(n.codec.habit(i) == habit_of(i));
    }
    CHECK(all_answer(n.exchange(n.ask.echo(), 0), status::success));
    CHECK(all_answer(n.exchange(n.ask.detect(tokens), 36), status::all_pass));
    CHECK(all_answer(n.exchange(n.ask.find(tokens, new_numbers), 36), status::find_all_authenticity));
    CHECK(all_answer(n.exchange(n.ask.pown(tokens, new_numbers), 36), status::all_pass));
    CHECK(all_answer(n.exchange(n.ask.find(tokens, new_numbers), 36), status::find_all_new_authenticity));
    CHECK(all_answer(n.exchange(n.ask.pown(tokens, new_numbers), 36), status::all_fail));
    for (std::size_t i = 0; i < 25; ++i)
        CHECK(n.servers.number(i, tokens[35].id()) == renewed[35].numbers[i]);
}

TEST_CASE("encrypted mixed bodies give the votes that the servers meant, whatever their number",
          "[crypto][fleet]")
{
    for (const std::size_t count : {2U, 7U, 8U, 9U, 20U, 63U, 64U}) {
        CAPTURE(count);
        network n;
        const auto tokens = partly_wrong(n.servers, count);
        const auto tally = raida::aggregate(n.exchange(n.ask.detect(tokens), count), count, encrypted);
        check_votes(tally, count);
        CHECK(tally.errors == 0);
        for (std::size_t i = 1; i < 25; ++i)
            if (count > 2)
                CHECK(n.codec.habit(i) == habit_of(i));
    }
}

TEST_CASE("bodies that fit both habits are probed for once, and then the habits are known", "[crypto][fleet]")
{
    network n;
    const auto tokens = partly_wrong(n.servers, 64);
    auto packets = n.ask.detect(tokens);
    auto answers = n.request(packets);
    CHECK(n.codec.open(packets, answers, {.token_count = 64}).count() == 24); // one says all pass
    const auto unread = raida::aggregate(answers, 64, encrypted);
    CHECK(unread.pown_string(0) == 'p' + std::string(24, 'e'));
    CHECK(unread.verdict(0) == raida::verdict::undecided);

    check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
    CHECK(n.probed.count() == 24);
    check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
    CHECK(n.probed.none());

    // the machines are exchanged: what was known of them is dropped
    for (std::size_t i = 1; i < 25; ++i) {
        auto rules = n.servers.rules(i);
        rules.counter_goes_on = !rules.counter_goes_on;
        n.servers.set_rules(i, rules);
        n.codec.forget(i);
    }
    check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
    CHECK(n.probed.count() == 24);
}

TEST_CASE("an encrypted pown and find that are mixed are read rightly", "[crypto][fleet]")
{
    network n;
    const auto tokens = partly_wrong(n.servers, 36);
    const auto renewed = numbers_of(make_tokens(36, 2));
    check_votes(raida::aggregate(n.exchange(n.ask.pown(tokens, renewed), 36), 36, encrypted), 36);

    const auto found = n.exchange(n.ask.find(tokens, renewed), 36);
    for (std::size_t server = 0; server < 25; ++server) {
        const auto answers = raida::parse_find(found[server].status(), found[server].body(), 36);
        REQUIRE(answers);
        for (std::size_t t = 0; t < 36; ++t)
            if ((*answers)[t] !=
                (is_right(server, t) ? raida::find_answer::new_authenticity : raida::find_answer::neither))
                FAIL("server " << server << ", token " << t);
    }
}

TEST_CASE("servers that do not accept the key are b in the pown string and cost no other its vote",
          "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(10);
    n.servers.add(tokens);
    n.servers.set_number(3, n.key.id(), n.key.numbers[4]); // another key: 37
    n.servers.set(4, {.wrong_tokens = {n.key.id()}});      // and so
    n.servers.forget(5, n.key.id());                       // 25
    n.servers.forget(24, n.key.id());
    n.servers.set(6, {.answer = forced_answer::as_measured(status::invalid_encryption)}); // 34

    const auto answers = n.exchange(n.ask.detect(tokens), 10);
    CHECK(answers[3].status() == status::invalid_crc);
    CHECK(answers[4].status() == status::invalid_crc);
    CHECK(answers[5].status() == status::key_token_not_found);
    CHECK(answers[6].status() == status::invalid_encryption);
    CHECK_FALSE(answers[3].verified);
    CHECK_FALSE(answers[5].verified);
    const auto tally = raida::aggregate(answers, 10, encrypted);
    CHECK(tally.pown_string(0) == "pppbbbb" + std::string(17, 'p') + "b");
    CHECK(tally.verdict(0) == raida::verdict::authentic);
    CHECK(tally.refused == 5);
    CHECK_FALSE(tally.fractured(0));
}

TEST_CASE("a key that no server knows gives no verdict", "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(10);
    n.servers.add(tokens);
    n.servers.remove(n.key.id());
    const auto tally = raida::aggregate(n.exchange(n.ask.detect(tokens), 10), 10, encrypted);
    CHECK(tally.pown_string(9) == std::string(25, 'b'));
    CHECK(tally.count(raida::verdict::undecided) == 10);
}

TEST_CASE("a server that answers with a 48-byte header gets a hint and no vote", "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(10);
    n.servers.add(tokens);
    n.servers.set(8, {.answer = forced_answer::as_measured(status::invalid_encryption_code)});
    std::array<std::chrono::milliseconds, 25> deadlines{};
    deadlines.fill(1h);
    deadlines[8] = 2s;

    const auto answers = n.exchange(n.ask.detect(tokens), 10, {.deadline = deadlines});
    CHECK(answers[8].error == errc::timed_out);
    CHECK(answers[8].hint == status::invalid_encryption_code);
    CHECK(raida::aggregate(answers, 10, encrypted).pown_string(0) == "ppppppppn" + std::string(16, 'p'));
}

TEST_CASE("servers for which the key has no number are not asked", "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(10);
    n.servers.add(tokens);
    auto partial = n.key;
    partial.numbers[0] = {};
    partial.numbers[7] = {};
    n.codec = sealed{partial, raida::serial_limit, seeded_random{1}};
    const auto answers = n.exchange(n.ask.detect(tokens), 10);
    CHECK(answers[7].error == errc::skipped);
    CHECK(raida::aggregate(answers, 10, encrypted).pown_string(0) == "uppppppu" + std::string(17, 'p'));
    CHECK(n.servers.counters(7).requests == 0);
}

TEST_CASE("a locker is a key, and servers without it refuse it", "[crypto][fleet]")
{
    network n;
    const auto tokens = partly_wrong(n.servers, 64);
    const raida::locker_key<> locker{make_tokens(1, 5)[0].numbers};
    n.codec = sealed{locker, seeded_random{1}};
    CHECK(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted).pown_string(0) ==
          std::string(25, 'b'));
    n.servers.add_locker(locker.numbers);
    check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
    n.servers.forget_locker(24, locker.numbers);
    CHECK(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted).pown_string(0)[24] == 'b');
}

TEST_CASE("forged, stale, damaged and doubled answers change no vote", "[crypto][fleet]")
{
    network n;
    const auto tokens = partly_wrong(n.servers, 64);
    check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
    for (std::size_t i = 0; i < 25; ++i) {
        manners how{.forged = i % 5 == 0 ? 1.0 : 0.0,
                    .stale = i % 5 == 1 ? 1.0 : 0.0,
                    .truncated = i % 5 == 2 ? 1.0 : 0.0,
                    .garbage = i % 5 == 3 ? 1.0 : 0.0};
        how.then_right = true;
        how.duplicated = i % 5 == 4 ? 1.0 : 0.0;
        n.servers.set(i, how);
    }
    for (int round = 0; round < 5; ++round)
        check_votes(raida::aggregate(n.exchange(n.ask.detect(tokens), 64), 64, encrypted), 64);
}

TEST_CASE("no authenticity number travels in the clear", "[crypto][fleet]")
{
    network n;
    const auto tokens = make_tokens(36), renewed = make_tokens(36, 2);
    n.servers.add(tokens);
    std::size_t seen = 0, leaked = 0;
    n.servers.on_request([&](std::size_t server, raida::bytes_view datagram) {
        ++seen;
        const auto look_for = [&](const raida::token& token) {
            const auto secret = token.numbers[server].bytes();
            leaked +=
                std::search(datagram.begin(), datagram.end(), secret.begin(), secret.end()) != datagram.end()
                    ? 1
                    : 0;
        };
        look_for(n.key);
        for (std::size_t t = 0; t < 36; ++t) {
            look_for(tokens[t]);
            look_for(renewed[t]);
        }
    });
    n.exchange(n.ask.detect(tokens), 36);
    n.exchange(n.ask.find(tokens, numbers_of(renewed)), 36);
    n.exchange(n.ask.pown(tokens, numbers_of(renewed)), 36);
    CHECK(seen == 75);
    CHECK(leaked == 0);
}

TEST_CASE("large encrypted batches travel over connections", "[crypto][fleet][tcp]")
{
    network<tcp_fleet, raida::transport::tcp> n{{.datagram_limit = 65'567}};
    const auto tokens = partly_wrong(n.servers, 3112); // 389 whole bytes of answer
    n.servers.forget(24, n.key.id());
    const auto answers = n.exchange(n.ask.detect(tokens), 3112);
    CHECK(n.probed.count() == 23);
    const auto tally = raida::aggregate(answers, 3112, encrypted);
    CHECK(tally.pown_string(0)[24] == 'b');
    for (std::size_t server = 0; server < 24; ++server)
        for (std::size_t t = 0; t < 3112; ++t)
            if (tally.vote(t, server) != (is_right(server, t) ? raida::vote::pass : raida::vote::fail))
                FAIL("server " << server << ", token " << t);
}

TEST_CASE("the client seals, probes and opens by itself", "[crypto][fleet][client]")
{
    network n;
    const auto tokens = partly_wrong(n.servers, 130); // two whole datagrams without padding, and one with
    raida::basic_client<25, raida::transport::udp, raida::sealed> client{
        n.io,
        n.servers.servers(),
        {.wait = raida::wait_for::all, .deadline = 1h, .budget = 1h},
        raida::sealed{n.key}};
    std::optional<raida::batch_tally<>> tally;
    client.async_detect(tokens, [&](std::error_code error, raida::batch_tally<> result) {
        CHECK_FALSE(error);
        tally = std::move(result);
    });
    while (!tally && n.io.run_one() != 0) {
    }
    REQUIRE(tally);
    check_votes(*tally, 130);
}
