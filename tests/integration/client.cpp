// The typed client against the embedded servers: batches, faults, mirrors, and powns that lose nothing.
#include <raida/client.hpp>
#include <raida/testing/fleet.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using raida::errc;
using raida::holding;
using raida::transfer_outcome;
using raida::testing::forced_answer;

namespace {

std::error_code take_record(const raida::transfer_record<>&)
{
    return {};
}

// Waits for everybody, and sends nothing twice.
raida::client_settings<> patient()
{
    return {.wait = raida::wait_for::all, .deadline = 1h, .retry = {}, .budget = 1h};
}

struct world
{
    asio::io_context io;
    raida::testing::fleet fleet;
    std::vector<raida::token> tokens;
    raida::client client;

    explicit world(std::size_t count, raida::client_settings<> settings = patient(),
                   raida::testing::fleet_options options = {})
        : fleet{io, std::move(options)},
          tokens{raida::testing::make_tokens(count)},
          client{io, fleet.servers(), std::move(settings)}
    {
        fleet.add(tokens);
    }

    template <class Result, class Start>
    std::pair<std::error_code, Result> wait(Start start)
    {
        std::optional<std::pair<std::error_code, Result>> got;
        start([&](std::error_code error, Result result) {
            REQUIRE(!got);
            got.emplace(error, std::move(result));
        });
        while (!got) // the servers hold work: a stopped fleet might not get its ports back
            io.run_one();
        return std::move(*got);
    }

    auto detect()
    {
        return wait<raida::batch_tally<>>([&](auto done) { client.async_detect(tokens, std::move(done)); });
    }

    auto pown(raida::pown_options<> how)
    {
        return wait<raida::transfer<>>(
            [&](auto done) { client.async_pown(tokens, std::move(how), std::move(done)); });
    }

    // Whatever is claimed must be what the server holds, and what it holds must be in the record.
    std::size_t false_claims(const raida::transfer<>& result) const
    {
        std::size_t wrong = 0;
        for (std::size_t t = 0; t < tokens.size(); ++t)
            for (std::size_t s = 0; s < 25; ++s) {
                const auto held = fleet.number(s, tokens[t].id());
                const bool is_old = held && *held == result.record().tokens[t].numbers[s];
                const bool is_new = held && *held == result.record().new_numbers[t][s];
                const auto claim = result.at(t, s);
                const bool fits = claim == holding::old_number   ? is_old
                                  : claim == holding::new_number ? is_new
                                  : claim == holding::neither    ? !is_old && !is_new
                                                                 : is_old || is_new || !held;
                wrong += fits ? 0 : 1;
            }
        return wrong;
    }
};

} // namespace

TEST_CASE("10,000 tokens in one call come back as one tally in the order given", "[client]")
{
    world w{10'000, patient(), {.receive_buffer = 4 << 20}}; // for 157 datagrams to each server
    w.fleet.set(9, {.closed = true});
    for (const std::size_t i : {17U, 63U, 64U, 9'999U})
        w.fleet.remove(w.tokens[i].id());
    const auto [error, result] = w.detect();
    REQUIRE(!error);
    CHECK(result.token_count() == 10'000);
    CHECK(result.chunks().size() == (10'000 + 63) / 64);
    CHECK(result.count(raida::verdict::authentic) == 9'996);
    for (const std::size_t i : {17U, 63U, 64U, 9'999U})
        CHECK(result.verdict(i) == raida::verdict::counterfeit);
    CHECK(result.verdict(65) == raida::verdict::authentic);
    CHECK(result.pown_string(0) == "pppppppppdppppppppppppppp");
    CHECK_THROWS_AS(result.verdict(10'000), std::out_of_range);
}

TEST_CASE("a server that takes only short datagrams gets shorter ones", "[client]")
{
    world w{130};
    w.fleet.set_rules(4, {.datagram_limit = 1'024});
    const auto [error, result] = w.detect();
    REQUIRE(!error);
    CHECK(result.count(raida::verdict::authentic) == 130);
    for (std::size_t t = 0; t < 130; ++t)
        CHECK(result.vote(t, 4) == raida::vote::pass);
}

TEST_CASE("a server that finds every datagram too long loses its own votes and no more", "[client]")
{
    world w{130};
    w.fleet.set_rules(4, {.datagram_limit = 100});
    const auto [error, result] = w.detect();
    REQUIRE(!error);
    CHECK(result.count(raida::verdict::authentic) == 130);
    CHECK(result.vote(0, 4) == raida::vote::none);
    CHECK(result.passes(0) == 24);
    CHECK(w.fleet.counters(0).requests == 3); // the others are not asked again
}

TEST_CASE("bad batches are refused before anything is sent", "[client]")
{
    world w{3};
    const auto refused = [&](std::vector<raida::token> tokens) {
        w.tokens = std::move(tokens);
        return w.detect().first;
    };
    const auto good = w.tokens;
    CHECK(refused({}) == errc::no_tokens);
    CHECK(refused({good[0], good[1], good[0]}) == errc::duplicate_token);
    auto beyond = good;
    beyond[1].serial.value = raida::serial_limit;
    CHECK(refused(beyond) == errc::invalid_serial_number);
    beyond = good;
    beyond[2].denomination.value = 7;
    CHECK(refused(beyond) == errc::invalid_denomination);
    CHECK(w.fleet.counters().requests == 0);
}

TEST_CASE("echo and version tell who is there and what they run", "[client]")
{
    world w{1};
    w.fleet.set(3, {.closed = true});
    const auto [echo_error, echoes] =
        w.wait<raida::replies<>>([&](auto done) { w.client.async_echo(std::move(done)); });
    CHECK(!echo_error);
    CHECK(echoes.answered() == 24);
    const auto [error, versions] =
        w.wait<raida::server_versions<>>([&](auto done) { w.client.async_version(std::move(done)); });
    CHECK(!error);
    CHECK(versions.text[0] == "20250323");
    CHECK(versions.text[3].empty());
}

TEST_CASE("find says which number each server has, and one unknown token spoils only itself", "[client]")
{
    world w{80};
    std::vector<raida::authenticity_numbers<>> fresh;
    for (const auto& one : raida::testing::make_tokens(80, 7))
        fresh.push_back(one.numbers);
    w.fleet.set_number(5, w.tokens[10].id(), fresh[10][5]);
    w.fleet.set_number(6, w.tokens[11].id(), raida::testing::make_tokens(1, 8)[0].numbers[0]);
    w.fleet.forget(2, w.tokens[50].id());
    const auto [error, found] = w.wait<raida::find_tally<>>(
        [&](auto done) { w.client.async_find(w.tokens, fresh, std::move(done)); });
    REQUIRE(!error);
    CHECK(found.answer(10, 5) == raida::find_answer::new_authenticity);
    CHECK(found.answer(11, 6) == raida::find_answer::neither);
    CHECK(found.count(10, raida::find_answer::authenticity) == 24);
    CHECK(!found.answer(50, 2));
    CHECK(found.answer(49, 2) == raida::find_answer::authenticity);
    CHECK(found.answer(51, 2) == raida::find_answer::authenticity);
}

TEST_CASE("a mirror answers where the primary is dead", "[client]")
{
    world w{3};
    raida::testing::fleet mirrors{w.io};
    mirrors.add(w.tokens);
    auto servers = w.fleet.servers();
    servers.set_mirror(8, mirrors.endpoint(8));
    w.fleet.set(8, {.closed = true});
    w.fleet.set(9, {.closed = true}); // a gap in the mirror list
    w.client.set_servers(servers);
    std::size_t left = 2;
    std::function<void()> next = [&] {
        w.client.async_detect(w.tokens, [&](std::error_code error, const raida::batch_tally<>& result) {
            CHECK(!error);
            CHECK(result.pown_string(0) == "pppppppppdppppppppppppppp");
            if (--left != 0)
                return next();
            w.fleet.stop();
            mirrors.stop();
        });
    };
    next();
    w.io.run();
    CHECK(mirrors.counters(8).requests == 2); // the second time it was asked at once
}

TEST_CASE("a mirror stands in for a primary that has no address", "[client]")
{
    world w{3};
    raida::testing::fleet mirrors{w.io};
    mirrors.add(w.tokens);
    auto servers = w.fleet.servers();
    servers.set_mirror(8, mirrors.endpoint(8));
    servers.set_mirror(9, mirrors.endpoint(9));
    servers.clear(8, asio::error::host_not_found);
    servers.clear(9);
    servers.clear(10);
    mirrors.set(9, {.closed = true});
    raida::client from_the_start{w.io, servers};
    w.client.set_servers(servers);
    std::size_t left = 2;
    for (auto* client : {&from_the_start, &w.client})
        client->async_detect(w.tokens, [&](std::error_code error, const raida::batch_tally<>& result) {
            CHECK(!error);
            CHECK(result.pown_string(0) == "pppppppppdupppppppppppppp");
            if (--left != 0)
                return;
            w.fleet.stop();
            mirrors.stop();
        });
    w.io.run();
    CHECK(mirrors.counters(8).requests == 2);
}

TEST_CASE("the budget of a call ends what is still open", "[client]")
{
    world w{100, {.wait = raida::wait_for::all, .deadline = 1h, .retry = {}, .budget = 1s}};
    w.fleet.set(13, {.silent = true});
    const auto [error, result] = w.detect();
    CHECK(!error);
    CHECK(result.count(raida::verdict::authentic) == 100);
    CHECK(result.vote(0, 13) == raida::vote::none);
}

TEST_CASE("cancelling a call keeps what has arrived", "[client]")
{
    world w{5};
    w.fleet.set(13, {.silent = true});
    asio::cancellation_signal signal;
    w.fleet.on_request([&, seen = 0](std::size_t, raida::bytes_view) mutable {
        if (++seen == 25)
            asio::post(w.io, [&] { signal.emit(asio::cancellation_type::total); });
    });
    const auto [error, result] = w.wait<raida::batch_tally<>>([&](auto done) {
        w.client.async_detect(w.tokens, asio::bind_cancellation_slot(signal.slot(), std::move(done)));
    });
    CHECK(!error);
    CHECK(result.vote(0, 13) == raida::vote::none);
    CHECK(!result.complete());
}

TEST_CASE("a client destroyed with calls in flight still calls their handlers", "[client]")
{
    asio::io_context io;
    auto client = std::make_unique<raida::client>(io, raida::loopback(1));
    const auto tokens = raida::testing::make_tokens(100);
    int called = 0;
    client->async_detect(tokens, [&](std::error_code, const raida::batch_tally<>&) { ++called; });
    client->async_echo([&](std::error_code, const raida::replies<>&) { ++called; });
    client.reset();
    io.run();
    CHECK(called == 2);
}

TEST_CASE("every request leaves a record, and no secret is in it", "[client]")
{
    std::vector<raida::request_record> records;
    world w{3,
            {.wait = raida::wait_for::all,
             .deadline = 1s,
             .retry = {},
             .on_record = [&](const raida::request_record& one) { records.push_back(one); }}};
    w.fleet.set(2, {.silent = true});
    w.fleet.set(3, {.answer = forced_answer::as_measured(raida::status::invalid_coin_id)}); // anybody's
    static_cast<void>(w.wait<raida::replies<>>([&](auto done) { w.client.async_echo(std::move(done)); }));
    static_cast<void>(w.detect());
    REQUIRE(records.size() == 50);
    for (const auto& one : records) {
        const bool unanswered = one.server == 2 || one.server == 3;
        CHECK(one.timed_out == unanswered);
        CHECK(one.timeout == 1s);
        CHECK((one.bytes_returned != 0) != unanswered);
        CHECK(one.server_time.has_value() != unanswered);
        CHECK(one.verified != unanswered);
        CHECK(one.hint == (one.server == 3 ? std::optional{raida::status::invalid_coin_id} : std::nullopt));
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        CHECK(records[i].command == (i < 25 ? raida::echo_command : raida::detect_command));
        CHECK((i < 25 ||
               records[i].last_echo.has_value() == (records[i].server != 2 && records[i].server != 3)));
    }
}

TEST_CASE("pown: every token gets its new numbers, and the journal has both before anything is sent",
          "[client][pown]")
{
    world w{100, {.deadline = 1h, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
    std::vector<raida::transfer_record<>> journal;
    const auto [error, result] = w.pown({.journal = [&](const raida::transfer_record<>& record) {
        if (journal.empty())
            CHECK(w.fleet.counters().requests == 0);
        journal.push_back(record);
        return std::error_code{};
    }});
    REQUIRE(!error);
    CHECK(result.complete());
    CHECK(result.count(transfer_outcome::transferred) == 100);
    CHECK(w.false_claims(result) == 0);
    REQUIRE(journal.size() == 2);
    CHECK(!journal[0].finished);
    CHECK(journal[1].finished);
    for (std::size_t t = 0; t < 100; ++t) {
        CHECK(journal[0].new_numbers[t] == result.record().new_numbers[t]);
        CHECK(journal[0].tokens[t].numbers == w.tokens[t].numbers);
        CHECK(result.token_now(t).numbers == result.record().new_numbers[t]);
    }
    CHECK(result.keep_both_until() > std::chrono::system_clock::now() + 200s);
}

TEST_CASE("both numbers may have to be kept for ever, or not at all", "[client][pown]")
{
    const auto kept_until = [](std::chrono::seconds interval) {
        world w{1, {.deadline = 1h, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
        return w.pown({.journal = take_record, .flush_interval = interval}).second.keep_both_until();
    };
    CHECK(kept_until(std::chrono::seconds::max()) > std::chrono::system_clock::now() + 24h * 365 * 50);
    const auto not_at_all = kept_until(std::chrono::seconds::min());
    CHECK(not_at_all <= std::chrono::system_clock::now());
}

TEST_CASE("pown under loss, duplication and reordering: no claim is false", "[client][pown]")
{
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        world w{90, {.deadline = 60ms, .retry = {}, .budget = 1h, .allow_plain_pown = true}, {.seed = seed}};
        for (std::size_t i = 0; i < 25; ++i)
            w.fleet.set(i, {.lose_requests = 0.15,
                            .lose_replies = 0.15,
                            .repeat_requests = 0.3,
                            .duplicated = 0.2,
                            .hold_back = i % 3 == 0 ? 2U : 0U});
        w.fleet.set(3, {.silent = true});
        w.fleet.set(4, {.closed = true});
        const auto [error, result] = w.pown({.journal = take_record});
        REQUIRE(!error);
        CHECK(w.false_claims(result) == 0);
        CHECK(result.count(transfer_outcome::transferred) == 90);
        CHECK(result.at(0, 3) == holding::unknown); // it may have heard us
    }
}

TEST_CASE("after a crash at any datagram the journal's record brings everything to an end", "[client][pown]")
{
    for (const std::size_t crash_at : {0U, 1U, 13U, 24U, 25U, 30U, 60U}) {
        CAPTURE(crash_at);
        world w{50, {.deadline = 100ms, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
        std::optional<raida::transfer_record<>> journal;
        bool over = false;
        auto first = std::make_optional<raida::client>(w.io, w.fleet.servers(), w.client.settings());
        w.fleet.on_request([&, seen = std::size_t{0}](std::size_t, raida::bytes_view) mutable {
            if (seen++ == crash_at)
                asio::post(w.io, [&] {
                    first.reset(); // nothing that it would have learned is kept, its datagrams are still on
                                   // the way
                    over = true;
                });
        });
        first->async_pown(w.tokens,
                          {.journal =
                               [&](const raida::transfer_record<>& record) {
                                   if (!journal)
                                       journal = record;
                                   return std::error_code{};
                               }},
                          [&](std::error_code, const raida::transfer<>&) { over = true; });
        while (!over)
            w.io.run_one();
        w.fleet.on_request({});
        REQUIRE(journal);
        const auto [error, result] = w.wait<raida::transfer<>>(
            [&](auto done) { w.client.async_recover(*journal, {.journal = take_record}, std::move(done)); });
        REQUIRE(!error);
        CHECK(result.complete());
        CHECK(result.count(transfer_outcome::transferred) == 50);
        CHECK(w.false_claims(result) == 0);
    }
}

TEST_CASE("what somebody else has taken is said to be taken, never counterfeit", "[client][pown]")
{
    world w{2, {.deadline = 1h, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
    const auto thief = raida::testing::make_tokens(1, 9)[0];
    for (std::size_t s = 0; s < 25; ++s)
        w.fleet.set_number(s, w.tokens[1].id(), thief.numbers[s]);
    const auto [error, result] = w.pown({.journal = take_record});
    REQUIRE(!error);
    CHECK(result.outcome(0) == transfer_outcome::transferred);
    CHECK(result.outcome(1) == transfer_outcome::taken);
}

TEST_CASE("answers from only 12 servers transfer nothing for certain", "[client][pown]")
{
    world w{2, {.deadline = 50ms, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
    for (std::size_t s = 12; s < 25; ++s)
        w.fleet.set(s, {.silent = true});
    const auto [error, result] = w.pown({.journal = take_record, .find_rounds = 1});
    REQUIRE(!error);
    CHECK(result.outcome(0) == transfer_outcome::unknown);
    CHECK(!result.complete());
    CHECK(result.count(0, holding::new_number) == 12);
}

TEST_CASE("powns of one page of one server never overlap", "[client][pown]")
{
    world w{1, {.deadline = 1h, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
    w.tokens = raida::testing::make_tokens(120, 3);
    for (std::size_t t = 0; t < 120; ++t)
        w.tokens[t].denomination.value = 0,
        w.tokens[t].serial.value = static_cast<std::uint32_t>(t); // one page
    w.fleet.add(w.tokens);
    w.fleet.set_all({.delay = 5ms});
    std::size_t open = 0, most = 0;
    w.fleet.on_request([&](std::size_t server, raida::bytes_view bytes) {
        if (server == 0 && bytes[5] == raida::pown_command.code)
            most = std::max(most, ++open);
    });
    auto settings = w.client.settings();
    settings.on_record = [&](const raida::request_record& one) {
        if (one.server == 0 && one.command == raida::pown_command)
            --open;
    };
    raida::client client{w.io, w.fleet.servers(), settings};
    const auto [error, result] = w.wait<raida::transfer<>>(
        [&](auto done) { client.async_pown(w.tokens, {.journal = take_record}, std::move(done)); });
    REQUIRE(!error);
    CHECK(result.count(transfer_outcome::transferred) == 120);
    CHECK(most == 1);
}

TEST_CASE("a pown is refused before anything is sent when it could lose a token", "[client][pown]")
{
    world w{2, {.deadline = 1h, .retry = {}, .budget = 1h, .allow_plain_pown = true}};
    CHECK(w.pown({}).first == errc::journal_failed);
    CHECK(w.pown({.journal = [](const raida::transfer_record<>&) {
               return std::make_error_code(std::errc::no_space_on_device);
           }}).first == errc::journal_failed);

    std::vector<raida::authenticity_numbers<>> fresh{raida::testing::make_tokens(2, 7)[0].numbers,
                                                     raida::testing::make_tokens(2, 7)[1].numbers};
    const auto refused = [&](std::vector<raida::authenticity_numbers<>> numbers) {
        return w.pown({.new_numbers = std::move(numbers), .journal = take_record}).first;
    };
    auto bad = fresh;
    bad.pop_back();
    CHECK(refused(bad) == errc::invalid_authenticity);
    bad = fresh;
    bad[1][4] = raida::authenticity_number{};
    CHECK(refused(bad) == errc::invalid_authenticity);
    bad = fresh;
    bad[1][4] = bad[0][3];
    CHECK(refused(bad) == errc::invalid_authenticity);
    bad = fresh;
    bad[1][4] = w.tokens[1].numbers[4];
    CHECK(refused(bad) == errc::invalid_authenticity);

    raida::client careful{w.io, w.fleet.servers()};
    CHECK(w.wait<raida::transfer<>>([&](auto done) {
               careful.async_pown(w.tokens, {.journal = take_record}, std::move(done));
           }).first == errc::plain_pown);
    CHECK(w.fleet.counters().requests == 0);
}
