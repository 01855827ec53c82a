// A client's pown on the virtual network: its journal, its callbacks, its budget, and what becomes of it when
// it is cancelled, destroyed or killed.
#include "simulation/pown_servers.hpp"

#include <catch2/catch_test_macros.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::holding;
using raida::transfer_outcome;
using tests::on_one_page;
using tests::pown_servers;
using tests::powned;
using tests::take_record;
using fate = pown_servers::fate;
using record_type = raida::transfer_record<>;
using namespace std::chrono_literals;

// Says that it encrypts with this token.
struct keyed : raida::plain
{
    raida::token_id key;

    explicit keyed(raida::token_id token) : key{token} {}
    [[nodiscard]] std::optional<raida::token_id> key_token() const noexcept { return key; }
};

constexpr auto terminal = asio::cancellation_type::terminal;

} // namespace

TEST_CASE("a token changes hands in one round trip", "[client][pown]")
{
    pown_servers w{on_one_page(1)};
    std::vector<record_type> records;
    powned got;
    w.pown({.journal =
                [&](const record_type& record) {
                    CHECK(w.powns == (records.empty() ? 0 : 25));
                    records.push_back(record);
                    return std::error_code{};
                }},
           got);
    w.net.run();
    REQUIRE(got.over);
    CHECK(w.took == 20ms);
    CHECK(got.result.count(0, holding::new_number) == 25);
    CHECK(w.powns == 25);
    CHECK(w.finds == 0);
    REQUIRE(records.size() == 2);
    CHECK(records[0].coin == raida::default_coin);
    CHECK(records[0].servers[24] != 0);
    CHECK(records[0].holdings[0][0] == holding::unknown);
    CHECK_FALSE(records[0].finished);
    CHECK(records[1].finished);
    CHECK(records[1].keep_both_until > std::chrono::system_clock::now());
}

TEST_CASE("1,000 tokens of one page follow one another at each server", "[client][pown]")
{
    pown_servers w{on_one_page(1000)};
    powned got;
    w.pown({.journal = take_record}, got);
    w.net.run();
    CHECK(got.result.count(transfer_outcome::transferred) == 1000);
    CHECK(w.took == 28 * 20ms);
    CHECK(*std::max_element(w.most_in_flight.begin(), w.most_in_flight.end()) == 1);
}

TEST_CASE("nothing leaves while an asynchronous journal is at work", "[client][pown][journal]")
{
    pown_servers w{on_one_page(2)};
    int calls = 0;
    const auto journal = [&](const record_type& record, raida::journal_done done) {
        const bool is_last = ++calls == 2;
        CHECK(record.finished == is_last);
        w.net.after(is_last ? 2s : 1s, [&w, done, is_last] {
            CHECK(w.powns == (is_last ? 25 : 0));
            done();
        });
    };
    powned got;
    w.pown({.journal = journal}, got);
    w.net.run();
    CHECK_FALSE(got.error);
    CHECK(got.result.count(transfer_outcome::transferred) == 2);
    CHECK(w.took == 3s + 20ms);
}

TEST_CASE("an asynchronous journal may be done at once, and saying so twice is once",
          "[client][pown][journal]")
{
    pown_servers w{on_one_page(1)};
    powned got;
    w.pown({.journal =
                [&](const record_type&, const raida::journal_done& done) {
                    done();
                    done(errc::damaged);
                    w.net.after(1ms, [done] { done(errc::damaged); });
                }},
           got);
    w.net.run();
    CHECK_FALSE(got.error);
    CHECK(got.result.complete());
    CHECK(w.powns == 25);
}

TEST_CASE("an asynchronous journal that fails, throws or forgets to say so took nothing",
          "[client][pown][journal]")
{
    using journal = std::function<void(const record_type&, raida::journal_done)>;
    pown_servers w{on_one_page(1)};
    const journal bad[] = {
        [](const record_type&, const raida::journal_done& done) {
            done(make_error_code(std::errc::io_error));
        },
        [&w](const record_type&, const raida::journal_done& done) {
            w.net.after(1s, [done] { done(make_error_code(std::errc::io_error)); });
        },
        [](const record_type&, const raida::journal_done&) { throw std::runtime_error{"disk"}; },
        [](const record_type&, const raida::journal_done&) {},
        [&w](const record_type&, const raida::journal_done& done) { w.net.after(1s, [done] {}); },
    };
    for (const journal& one : bad) {
        powned got;
        w.pown({.journal = one}, got);
        w.net.run();
        CHECK(got.error == errc::journal_failed);
        CHECK(got.result.token_count() == 0);
        CHECK(w.powns == 0);

        int calls = 0; // the last record alone
        powned late;
        w.pown({.journal =
                    [&](const record_type& record, raida::journal_done done) {
                        ++calls == 1 ? done() : one(record, std::move(done));
                    }},
               late);
        w.net.run();
        CHECK(late.error == errc::journal_failed);
        CHECK(late.result.count(transfer_outcome::transferred) == 1);
        w.tokens[0] = late.result.token_now(0);
        w.powns = 0;
    }
}

TEST_CASE("a call whose journal never says anything ends when it is cancelled", "[client][pown][journal]")
{
    pown_servers w{on_one_page(1)};
    std::vector<raida::journal_done> kept;
    for (const std::size_t answered : {0U, 1U}) {
        asio::cancellation_signal signal;
        powned got;
        std::size_t calls = 0;
        w.client->async_pown(w.tokens,
                             {.journal =
                                  [&](const record_type&, raida::journal_done done) {
                                      if (calls++ < answered)
                                          done();
                                      else
                                          kept.push_back(std::move(done));
                                  }},
                             asio::bind_cancellation_slot(signal.slot(), got.handler()));
        w.net.after(5s, [&] { signal.emit(terminal); });
        w.net.run_for(4s);
        CHECK_FALSE(got.over);
        w.net.run();
        REQUIRE(got.over);
        CHECK(got.error == (answered == 0 ? std::error_code{} : make_error_code(errc::journal_failed)));
        CHECK(got.result.count(0, answered == 0 ? holding::old_number : holding::new_number) == 25);
        CHECK(w.powns == 25 * answered);
        kept.back()(); // too late
        w.net.run();
        CHECK(w.powns == 25 * answered);
    }
}

TEST_CASE("a client destroyed while the journal is at work still calls the handler",
          "[client][pown][journal]")
{
    pown_servers w{on_one_page(1)};
    std::optional<raida::journal_done> kept;
    powned got;
    w.pown({.journal = [&](const record_type&, raida::journal_done done) { kept = std::move(done); }}, got);
    w.net.run();
    CHECK_FALSE(got.over);
    w.client.reset();
    w.net.run();
    REQUIRE(got.over);
    CHECK(got.result.count(0, holding::old_number) == 25);
    (*kept)();
    w.net.run();
    CHECK(w.powns == 0);
}

TEST_CASE("a journal may destroy the client", "[client][pown][journal]")
{
    pown_servers w{on_one_page(1)};
    for (const int when : {1, 2}) {
        w.make_client();
        int calls = 0;
        powned got;
        w.pown({.journal =
                    [&](const record_type&) {
                        if (++calls == when)
                            w.client.reset();
                        return std::error_code{};
                    }},
               got);
        w.net.run();
        REQUIRE(got.over);
        CHECK_FALSE(got.error);
        CHECK(w.powns == (when == 1 ? 0 : 25));
        CHECK(got.result.count(0, when == 1 ? holding::old_number : holding::new_number) == 25);
    }
}

TEST_CASE("a context may die while a journal is at work", "[client][pown][journal]")
{
    std::optional<raida::journal_done> kept;
    const auto alive = std::make_shared<int>();
    {
        pown_servers w{on_one_page(1)};
        w.client->async_pown(
            w.tokens,
            {.journal = [&](const record_type&, raida::journal_done done) { kept = std::move(done); }},
            [alive](std::error_code, const raida::transfer<>&) { FAIL("nobody runs the context"); });
        CHECK(alive.use_count() == 2);
    }
    CHECK(alive.use_count() == 1);
    (*kept)();
}

TEST_CASE("each token is told once when a quorum holds its new number", "[client][pown]")
{
    pown_servers w{on_one_page(40)};
    w.settings.consensus.margin = 2;
    w.make_client();
    w.happens = [](std::size_t server, raida::command_code) {
        return server < 10 ? fate::lost : fate::heard;
    };
    std::vector<std::size_t> decided;
    std::size_t most = 0;
    powned got;
    w.pown({.journal = take_record,
            .on_decided = [&](std::size_t token) { decided.push_back(token); },
            .on_progress =
                [&](const raida::pown_progress<>& now) {
                    CHECK(now.tokens == 40);
                    CHECK(now.decided >= most);
                    most = now.decided;
                    CHECK(now.servers[24].changed + now.servers[24].unknown <= 40);
                }},
           got);
    w.net.run();
    CHECK(got.result.quorum() == 15);
    CHECK(got.result.count(transfer_outcome::transferred) == 40);
    CHECK(most == 40);
    std::sort(decided.begin(), decided.end());
    REQUIRE(decided.size() == 40);
    CHECK(std::unique(decided.begin(), decided.end()) == decided.end());
}

TEST_CASE("a quorum that was set and is not reached decides nothing", "[client][pown]")
{
    pown_servers w{on_one_page(1)};
    w.settings.consensus.quorum = 16;
    w.make_client();
    w.happens = [](std::size_t server, raida::command_code) {
        return server < 10 ? fate::lost : fate::heard;
    };
    powned got;
    w.pown({.journal = take_record, .on_decided = [](std::size_t) { FAIL("15 hold it"); }}, got);
    w.net.run();
    CHECK(got.result.outcome(0) == transfer_outcome::unknown);

    w.settings.consensus.quorum = 12;
    w.make_client();
    powned refused;
    w.pown({.journal = take_record}, refused);
    w.net.run();
    CHECK(refused.error == errc::invalid_quorum);
}

TEST_CASE("a pown may be over for its caller when all is decided, and goes on by itself", "[client][pown]")
{
    pown_servers w{on_one_page(50)};
    w.happens = [](std::size_t server, raida::command_code) {
        return server == 7 ? fate::lost : fate::heard;
    };
    std::vector<record_type> records;
    powned got;
    w.pown({.journal =
                [&](const record_type& record) {
                    records.push_back(record);
                    return std::error_code{};
                },
            .wait = raida::wait_for::decided},
           got);
    while (!got.over)
        w.net.run_for(1ms);
    CHECK_FALSE(got.error);
    CHECK(got.result.count(transfer_outcome::transferred) == 50);
    CHECK(records.size() == 1);
    CHECK(got.result.record().new_numbers == records[0].new_numbers);
    w.net.run();
    REQUIRE(records.size() == 2);
    CHECK(records[1].finished);
    CHECK(w.false_claims(records[1]) == 0);
    CHECK(w.finds == 1);
}

TEST_CASE("what a callback throws comes out of run(), and the pown goes on", "[client][pown]")
{
    pown_servers w{on_one_page(3)};
    powned got;
    w.pown({.journal = take_record, .on_decided = [](std::size_t) { throw std::runtime_error{"screen"}; }},
           got);
    int thrown = 0;
    for (int i = 0; i < 10 && !got.over; ++i)
        try {
            w.net.run();
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    CHECK(thrown == 1);
    REQUIRE(got.over);
    CHECK(got.result.complete());
}

TEST_CASE("a callback may destroy the client, whose handler is called all the same", "[client][pown]")
{
    for (const bool by_progress : {false, true}) {
        pown_servers w{on_one_page(40)};
        powned got;
        raida::pown_options<> how{.journal = take_record};
        if (by_progress)
            how.on_progress = [&](const raida::pown_progress<>&) { w.client.reset(); };
        else
            how.on_decided = [&](std::size_t) { w.client.reset(); };
        w.pown(std::move(how), got);
        w.net.run();
        REQUIRE(got.over);
        CHECK_FALSE(w.client);
        CHECK(w.false_claims(got.result.record()) == 0);
    }
}

TEST_CASE("a recovery of another coin, or of other servers, is refused", "[client][pown]")
{
    pown_servers w{on_one_page(1)};
    std::optional<record_type> record;
    powned got;
    w.pown({.journal =
                [&](const record_type& one) {
                    record = one;
                    return std::error_code{};
                }},
           got);
    w.net.run();
    REQUIRE(record);
    const auto recover = [&](record_type from, bool other_servers = false) {
        powned again;
        w.client->async_recover(std::move(from), {.journal = take_record, .other_servers = other_servers},
                                again.handler());
        w.net.run();
        return again.error;
    };
    CHECK_FALSE(recover(*record));
    auto other = *record;
    other.coin = 1;
    CHECK(recover(other) == errc::other_coin);
    other.coin.reset(); // as old journals
    CHECK_FALSE(recover(other));
    other.servers[0] = 1; // one has moved
    CHECK_FALSE(recover(other));
    other.servers.fill(1);
    CHECK(recover(other) == errc::other_servers);
    CHECK_FALSE(recover(other, true));
    other.servers = {};
    CHECK_FALSE(recover(other));
    w.client->set_servers(raida::loopback(19'000));
    CHECK(recover(*record) == errc::other_servers);
}

TEST_CASE("a recovery asks, whatever its journal says that servers hold", "[client][pown]")
{
    for (const holding lie :
         {holding::new_number, holding::old_number, holding::neither, holding::not_asked}) {
        pown_servers w{on_one_page(2)};
        record_type record{.tokens = w.tokens, .finished = true};
        for (const auto& other : raida::testing::make_tokens(2, 5))
            record.new_numbers.push_back(other.numbers);
        record.holdings.resize(2);
        for (auto& of : record.holdings)
            of.fill(lie);
        for (std::size_t server = 0; server < 25; ++server) // the first token: each holds something else
            if (server % 2 != 0)
                w.fleet.set_number(server, w.tokens[0].id(), record.new_numbers[0][server]);
        powned got;
        w.client->async_recover(record, {.journal = take_record}, got.handler());
        w.net.run();
        CHECK_FALSE(got.error);
        CHECK(w.finds == 25);
        CHECK(w.powns == 25);
        CHECK(got.result.count(0, holding::new_number) == 25);
        CHECK(got.result.count(1, holding::new_number) == 25);
        CHECK(w.false_claims(got.result.record()) == 0);
    }
}

TEST_CASE("a pown is never sent to a mirror as well, a find is", "[client][pown]")
{
    pown_servers w{on_one_page(1)};
    auto servers = raida::loopback();
    for (std::size_t server = 0; server < 25; ++server)
        servers.set_mirror(server, {asio::ip::address_v4::loopback(), 9});
    w.client->set_servers(servers);
    std::size_t powns = 0, finds = 0; // at mirrors
    w.net.on_request = [&, to_fleet = w.net.on_request](raida::testing::simulated_request request) {
        if (request.endpoint.port() == 9) { // the same servers
            ++(request.bytes[5] == raida::pown_command.code ? powns : finds);
            request.endpoint = w.fleet.endpoint(request.server);
        }
        to_fleet(request);
    };
    w.happens = [&](std::size_t server, raida::command_code what) {
        return server == 7 && (what == raida::pown_command || finds == 0) ? fate::unanswered : fate::heard;
    };
    powned got;
    w.pown({.journal = take_record}, got);
    w.net.run();
    CHECK(powns == 0);
    CHECK(finds == 1);
    CHECK(w.powns == 25);
    CHECK(got.result.count(0, holding::new_number) == 25);
}

TEST_CASE("the token that encrypts is not powned itself", "[client][pown]")
{
    pown_servers w{on_one_page(3)};
    w.make_client();
    raida::basic_client<25, raida::testing::simulated_transport, keyed> client{
        raida::testing::simulated_transport{w.net}, raida::loopback(), w.settings, keyed{w.tokens[2].id()}};
    powned first, second, again;
    client.async_pown(w.tokens, {.journal = take_record}, first.handler());
    client.async_recover({.tokens = w.tokens}, {.journal = take_record}, again.handler());
    w.net.run();
    CHECK(first.error == errc::key_in_batch);
    CHECK(again.error == errc::key_in_batch);
    CHECK(w.powns + w.finds == 0);
    client.async_pown(std::span{w.tokens}.first(2), {.journal = take_record}, second.handler());
    w.net.run();
    CHECK_FALSE(second.error);
    CHECK(second.result.complete());
}

TEST_CASE("two calls on one page wait for each other, and both come to their end", "[client][pown]")
{
    pown_servers w{on_one_page(200)};
    powned first, second;
    const std::span all{w.tokens};
    w.client->async_pown(all.first(100), {.journal = take_record}, first.handler());
    w.client->async_pown(all.last(100), {.journal = take_record}, second.handler());
    w.net.run();
    CHECK(first.result.count(transfer_outcome::transferred) == 100);
    CHECK(second.result.count(transfer_outcome::transferred) == 100);
    CHECK(*std::max_element(w.most_in_flight.begin(), w.most_in_flight.end()) == 1);
}

TEST_CASE("a call that waits for a page ends with its budget, in virtual time", "[client][pown]")
{
    pown_servers w{on_one_page(2)};
    w.settings.deadline = 1h;
    w.settings.budget = 30s;
    w.make_client();
    w.happens = [](std::size_t, raida::command_code) { return fate::lost; };
    powned first, second;
    const std::span all{w.tokens};
    w.client->async_pown(all.first(1), {.journal = take_record}, first.handler());
    w.client->async_pown(all.last(1), {.journal = take_record}, second.handler());
    w.net.run_for(30s - 1ms);
    CHECK_FALSE(second.over);
    w.net.run_for(2ms);
    CHECK(second.over);
    CHECK(second.result.outcome(0) == transfer_outcome::not_transferred);
    CHECK_FALSE(first.over); // what has left is awaited
    w.net.run();
    CHECK(first.over);
    CHECK(w.powns == 25);
    CHECK(w.finds == 0); // the budget was over
}

TEST_CASE("a pown killed at any datagram is brought to its end by its journal", "[client][pown]")
{
    for (std::size_t kill_at = 0; kill_at <= 125; kill_at += 5) {
        CAPTURE(kill_at);
        pown_servers w{on_one_page(100)};
        std::mt19937 random{static_cast<unsigned>(kill_at)};
        std::size_t seen = 0;
        w.happens = [&](std::size_t, raida::command_code) {
            if (seen++ == kill_at)
                asio::post(w.net.context(), [&] { w.client.reset(); });
            const auto dice = random() % 10;
            return dice == 0 ? fate::lost : dice == 1 ? fate::unanswered : fate::heard;
        };
        std::optional<record_type> record;
        powned got, after;
        w.pown({.journal =
                    [&](const record_type& one) {
                        if (!record)
                            record = one;
                        return std::error_code{};
                    }},
               got);
        w.net.run();
        REQUIRE(got.over);
        CHECK(w.false_claims(got.result.record()) == 0);
        w.happens = {};
        w.make_client();
        w.client->async_recover(*record, {.journal = take_record}, after.handler());
        w.net.run();
        REQUIRE(after.over);
        CHECK_FALSE(after.error);
        CHECK(after.result.complete());
        CHECK(after.result.count(transfer_outcome::transferred) == 100);
        CHECK(w.false_claims(after.result.record()) == 0);
    }
}

TEST_CASE("a pown cancelled or destroyed at any moment claims nothing that is not true", "[client][pown]")
{
    for (int at = 0; at < 60; ++at) {
        CAPTURE(at);
        pown_servers w{on_one_page(100)};
        std::mt19937 random{static_cast<unsigned>(at)};
        w.happens = [&](std::size_t, raida::command_code) {
            const auto dice = random() % 20;
            return dice == 0 ? fate::lost : dice == 1 ? fate::unanswered : fate::heard;
        };
        asio::cancellation_signal signal;
        powned got;
        w.client->async_pown(w.tokens, {.journal = take_record},
                             asio::bind_cancellation_slot(signal.slot(), got.handler()));
        w.net.after(at * 5ms, [&] {
            if (at % 2 != 0)
                w.client.reset();
            else if (!got.over)
                signal.emit(terminal);
        });
        w.net.run();
        REQUIRE(got.over);
        CHECK_FALSE(got.error);
        CHECK(w.false_claims(got.result.record()) == 0);
    }
}

TEST_CASE("a silent server keeps no token waiting, and costs its deadline and one find", "[client][pown]")
{
    pown_servers w{on_one_page(1)};
    w.happens = [](std::size_t server, raida::command_code) {
        return server == 7 ? fate::lost : fate::heard;
    };
    const auto began = w.net.now();
    std::chrono::nanoseconds decided{};
    powned got;
    w.pown({.journal = take_record, .on_decided = [&](std::size_t) { decided = w.net.now() - began; }}, got);
    w.net.run();
    CHECK(decided == 20ms);
    CHECK(w.took == 6s);
    CHECK(w.finds == 1);
    CHECK(got.result.count(0, holding::new_number) == 24);
}

TEST_CASE("a silent server keeps no page of the others waiting", "[client][pown]")
{
    pown_servers w{on_one_page(1000)};
    w.happens = [](std::size_t server, raida::command_code) {
        return server == 7 ? fate::lost : fate::heard;
    };
    const auto began = w.net.now();
    std::chrono::nanoseconds decided{};
    powned got;
    w.pown({.journal = take_record, .on_decided = [&](std::size_t) { decided = w.net.now() - began; }}, got);
    w.net.run();
    CHECK(decided == 28 * 20ms);
    CHECK(got.result.count(transfer_outcome::transferred) == 1000);
    CHECK(w.powns == 28 * 24 + 1);
    CHECK(w.finds == 1);
    CHECK(w.took == 6s);
}
