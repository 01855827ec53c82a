// A client's heal on the simulated fleet, in virtual time: its journal, its order, crashes, and what the
// servers hold afterwards.
#include "simulation/client_world.hpp"

#include <raida/client/crypto.hpp>
#include <raida/testing/encryption.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::heal_state;
using raida::holding;
using tests::called;
using namespace std::chrono_literals;

using record_type = raida::heal_record<>;
using healed = called<raida::healing<>>;

raida::client_settings<> plain_settings()
{
    return {.deadline = 3s, .allow_plain_pown = true};
}

// Servers where tokens are broken, and what they are asked.
struct heal_servers : tests::client_world
{
    std::size_t tickets = 0, fixes = 0, finds = 0, detects = 0;
    std::vector<record_type> records;
    std::function<void(std::size_t server, raida::command_code)> happens;

    explicit heal_servers(std::size_t count) : client_world{count, plain_settings()}
    {
        fleet.on_request([this](std::size_t server, raida::bytes_view request) {
            const auto what = raida::request_header::parse(request).value().what;
            ++(what == raida::get_ticket_command ? tickets
               : what == raida::fix_command      ? fixes
               : what == raida::find_command     ? finds
                                                 : detects);
            if (what == raida::fix_command)
                CHECK_FALSE(records.empty()); // the journal comes first
            if (happens)
                happens(server, what);
        });
    }

    void break_at(std::size_t server, std::size_t token)
    {
        fleet.set_number(server, tokens[token].id(), raida::testing::make_number(random_));
    }
    // At the first `servers` after the one of its index.
    void break_at_some(std::size_t token, std::size_t servers)
    {
        for (std::size_t i = 0; i < servers; ++i)
            break_at((token + i) % 25, token);
    }

    raida::heal_options<> options()
    {
        return {.journal = [this](const record_type& record) {
            records.push_back(record);
            return std::error_code{};
        }};
    }

    healed heal(raida::heal_options<> how)
    {
        healed got;
        client->async_heal(tokens, std::move(how), note(got));
        world.run();
        REQUIRE(got.calls == 1);
        return got;
    }
    healed heal() { return heal(options()); }

    healed recover(record_type from)
    {
        healed got;
        client->async_recover_heal(std::move(from), options(), note(got));
        world.run();
        REQUIRE(got.calls == 1);
        return got;
    }

    // Every number that a server holds is the one claimed, or is claimed to be unknown.
    [[nodiscard]] std::size_t false_claims(const record_type& record) const
    {
        std::size_t wrong = 0;
        for (std::size_t t = 0; t < record.tokens.size(); ++t)
            for (std::size_t s = 0; s < 25; ++s) {
                const auto is = fleet.number(s, record.tokens[t].id());
                const bool is_old = is == record.tokens[t].numbers[s], is_new = is == record.fixed(t, s);
                const auto claim = record.holdings.at(t)[s];
                wrong +=
                    (claim == holding::old_number && !is_old) || (claim == holding::new_number && !is_new) ||
                            (claim == holding::neither && (is_old || is_new)) ||
                            (claim == holding::not_asked && is_new) || (claim == holding::unknown && is_old)
                        ? 1
                        : 0;
            }
        return wrong;
    }

    [[nodiscard]] bool is_whole_everywhere(const raida::healing<>& result, std::size_t token) const
    {
        for (std::size_t s = 0; s < 25; ++s)
            if (!fleet.holds(result.token_now(token), s))
                return false;
        return true;
    }
    [[nodiscard]] bool is_any_deaf() const
    {
        for (std::size_t s = 0; s < 25; ++s)
            if (fleet.is_deaf(s))
                return true;
        return false;
    }

  private:
    raida::testing::seeded_random random_{4711};
};

} // namespace

TEST_CASE("60 tokens broken on 0 to 13 servers: all on 12 or fewer pass on all 25 afterwards",
          "[client][heal]")
{
    heal_servers w{60};
    for (std::size_t t = 0; t < 60; ++t)
        w.break_at_some(t, t % 15 == 14 ? 0 : t % 15);
    const auto got = w.heal();
    CHECK_FALSE(got.error);
    CHECK(w.tickets == 25);
    CHECK(w.fixes == 25);
    CHECK(w.records.size() == 2);
    CHECK_FALSE(w.records[0].finished);
    CHECK(w.records[1].finished);
    CHECK(got.took <= 3 * 20ms + 25 * (20ms + 17ms)); // the servers' time and three round trips
    for (std::size_t t = 0; t < 60; ++t) {
        const bool heals = t % 15 != 13;
        CHECK(w.is_whole_everywhere(got.result, t) == heals);
        CHECK(got.result.is_whole(t) == heals);
        CHECK(got.result.count(t, heals ? heal_state::healed : heal_state::not_authentic) ==
              (t % 15 == 14 ? 0 : t % 15));
    }
    CHECK(w.false_claims(got.result.record()) == 0);
    CHECK_FALSE(w.is_any_deaf());
    for (auto& token : w.tokens)
        token = got.result.token_now(static_cast<std::size_t>(&token - w.tokens.data()));
    CHECK(w.detect({.wait = raida::wait_for::all}).result.count(raida::verdict::authentic) == 56);
}

TEST_CASE("a healthy batch costs a detect and nothing else", "[client][heal]")
{
    heal_servers w{200};
    w.fleet.set(7, {.silent = true});
    const auto got = w.heal();
    CHECK(w.tickets + w.fixes + w.finds == 0);
    CHECK(w.records.empty());
    CHECK(got.result.count(heal_state::healthy) == 24 * 200);
    CHECK(got.result.at(199, 7) == heal_state::unknown);
    CHECK(got.result.is_whole(199));
}

TEST_CASE("a slot that is healthy, silent or without a number keeps what it has", "[client][heal]")
{
    heal_servers w{4};
    w.break_at_some(0, 3);
    w.break_at(9, 1);
    w.tokens[2].numbers[5] = {};
    w.fleet.set(9, {.silent = true});
    std::array<std::array<std::optional<raida::authenticity_number>, 25>, 4> before;
    for (std::size_t t = 0; t < 4; ++t)
        for (std::size_t s = 0; s < 25; ++s)
            before[t][s] = w.fleet.number(s, w.tokens[t].id());
    const auto got = w.heal();
    for (std::size_t t = 0; t < 4; ++t)
        for (std::size_t s = 0; s < 25; ++s)
            CHECK((w.fleet.number(s, w.tokens[t].id()) == before[t][s]) == !(t == 0 && s < 3));
    CHECK(got.result.at(1, 9) == heal_state::unknown);
    CHECK(got.result.at(2, 5) == heal_state::not_asked);
    CHECK(to_string(got.result) == "92 healthy, 3 healed, 4 unknown, 1 not asked");
    CHECK(got.result.at(0, 0) == heal_state::healed);
}

TEST_CASE("a fix at a server whose peer hangs is awaited, and the only one", "[client][heal]")
{
    heal_servers w{2};
    w.break_at_some(0, 2);
    w.happens = [&](std::size_t, raida::command_code what) {
        if (what == raida::fix_command)
            w.fleet.set(20, {.silent = true}); // it has given a ticket
    };
    const auto began = w.world.now();
    std::vector<std::chrono::nanoseconds> told;
    auto how = w.options();
    how.on_progress = [&](const raida::heal_progress& now) {
        if (now.what == raida::fix_command)
            told.push_back(w.world.now() - began);
    };
    const auto got = w.heal(std::move(how));
    CHECK(w.fixes == 2);
    CHECK(got.took > 65s);
    CHECK(told.size() >= 4);
    CHECK(got.result.count(heal_state::healed) == 2);
    CHECK(w.false_claims(got.result.record()) == 0);
    CHECK_FALSE(w.is_any_deaf());
}

TEST_CASE("a lost fix is awaited, found to have done nothing, and sent afresh with fresh tickets",
          "[client][heal]")
{
    heal_servers w{1};
    w.break_at(3, 0);
    w.happens = [&](std::size_t server, raida::command_code what) {
        if (what == raida::fix_command)
            w.fleet.set(server, {.lose_requests = w.fixes == 1 ? 1.0 : 0.0});
        else if (what == raida::find_command)
            w.fleet.set(server, {});
    };
    const auto got = w.heal();
    CHECK(w.fixes == 2);
    CHECK(w.tickets == 2 * 24);
    CHECK(got.took > 33s);
    CHECK(got.result.at(0, 3) == heal_state::healed);
}

TEST_CASE("a fix whose answer is lost, or that the network repeats, is found to be done", "[client][heal]")
{
    const bool lost = GENERATE(false, true);
    heal_servers w{1};
    w.break_at(3, 0);
    w.happens = [&](std::size_t server, raida::command_code what) {
        w.fleet.set(server, {.lose_replies = lost && what == raida::fix_command ? 1.0 : 0.0,
                             .repeat_requests = what == raida::fix_command ? 1.0 : 0.0});
    };
    const auto got = w.heal();
    CHECK(w.fixes == 1);
    CHECK(got.result.at(0, 3) == heal_state::healed);
    CHECK(w.false_claims(got.result.record()) == 0);
}

TEST_CASE("a server that falls silent after its fix leaves it open, and a recovery closes it",
          "[client][heal]")
{
    heal_servers w{1};
    w.break_at_some(0, 2);
    w.happens = [&](std::size_t server, raida::command_code what) {
        if (server == 1 && what == raida::find_command)
            w.fleet.set(1, {.silent = true});
    };
    const auto got = w.heal();
    CHECK_FALSE(got.error);
    CHECK(got.result.at(0, 0) == heal_state::healed);
    CHECK(got.result.at(0, 1) == heal_state::unconfirmed);
    CHECK(got.result.record().holdings[0][1] == holding::unknown);
    CHECK_FALSE(got.result.is_whole(0));
    CHECK(w.is_whole_everywhere(got.result, 0)); // what may be the fixed number is taken for it
    w.happens = {};
    w.fleet.set(1, {});
    const auto after = w.recover(w.records.back());
    CHECK(after.result.count(0, heal_state::healed) == 2);
    CHECK(w.fixes == 2);
}

TEST_CASE("servers without a ticket to give vouch for nothing: what 13 others do not confirm stays",
          "[client][heal]")
{
    heal_servers w{2};
    w.break_at_some(0, 12); // 0 to 11: all the others are needed
    w.break_at(1, 1);
    w.fleet.set(20, {.answer = raida::testing::forced_answer{raida::status::no_ticket_slot}});
    const auto votes = w.detect({.wait = raida::wait_for::all});
    w.fleet.set(20, {});
    w.happens = [&](std::size_t server, raida::command_code what) {
        if (server == 20)
            w.fleet.set(20, {.lose_requests = what == raida::get_ticket_command ? 1.0 : 0.0});
    };
    auto how = w.options();
    const auto got = w.heal(std::move(how));
    CHECK(votes.result.passes(0) == 12);
    CHECK(got.result.count(0, heal_state::few_tickets) == 12);
    CHECK(got.result.at(1, 1) == heal_state::healed);
    CHECK(w.false_claims(got.result.record()) == 0);
}

TEST_CASE("votes that are given are not asked for again", "[client][heal]")
{
    heal_servers w{2};
    w.break_at(3, 1);
    auto how = w.options();
    how.votes = w.detect({.wait = raida::wait_for::all}).result;
    const auto detects = w.detects;
    const auto got = w.heal(std::move(how));
    CHECK(w.detects == detects);
    CHECK(got.result.at(1, 3) == heal_state::healed);

    auto other = w.options();
    w.break_at(4, 1);
    other.votes = raida::batch_tally<>{}; // of another batch
    CHECK(w.heal(std::move(other)).result.at(1, 4) == heal_state::healed);
    CHECK(w.detects == detects + 25);
}

TEST_CASE("what may not be healed is refused before anything is sent", "[client][heal]")
{
    heal_servers w{2};
    const auto error_of = [&](raida::heal_options<> how) { return w.heal(std::move(how)).error; };
    CHECK(error_of({}) == errc::journal_failed);
    auto hasty = w.options();
    hasty.fix_deadline = 33s;
    CHECK(error_of(hasty) == errc::invalid_deadline);
    w.settings.allow_plain_pown = false;
    w.make_client(w.fleet.servers());
    CHECK(error_of(w.options()) == errc::plain_pown);
    w.settings = plain_settings();
    w.make_client(w.fleet.servers());
    CHECK(w.recover({.tokens = w.tokens}).error == errc::invalid_authenticity); // no seeds
    w.tokens.push_back(w.tokens[0]);
    CHECK(error_of(w.options()) == errc::duplicate_token);
    CHECK(w.fleet.counters().requests == 0);
}

TEST_CASE("a journal that does not take the first record lets no fix leave, and may say so later",
          "[client][heal][journal]")
{
    heal_servers w{1};
    w.break_at(3, 0);
    const auto refused = w.heal(
        {.journal = [](const record_type&) { return make_error_code(std::errc::no_space_on_device); }});
    CHECK(refused.error == errc::journal_failed);
    CHECK(refused.result.at(0, 3) == heal_state::not_tried);
    CHECK(w.heal({.journal = [](const record_type&) -> std::error_code {
               throw std::runtime_error{"disk"};
           }}).error == errc::journal_failed);
    CHECK(w.heal({.journal = [](const record_type&, const raida::journal_done&) {}}).error ==
          errc::journal_failed);
    CHECK(w.fixes == 0);

    const auto later = w.heal({.journal = [&](const record_type& record, const raida::journal_done& done) {
        w.world.after(1s, [&w, record, done] {
            CHECK(w.fixes == w.records.size());
            w.records.push_back(record);
            done();
        });
    }});
    CHECK_FALSE(later.error);
    CHECK(later.result.at(0, 3) == heal_state::healed);
    CHECK(later.took > 2s);
}

TEST_CASE("two heals at once take turns", "[client][heal]")
{
    heal_servers w{8};
    for (std::size_t t = 0; t < 8; ++t)
        w.break_at_some(t, 5);
    std::size_t open = 0;
    w.happens = [&](std::size_t, raida::command_code what) {
        if (what != raida::fix_command)
            return;
        CHECK(++open == 1);
        w.world.after(7ms, [&] { --open; }); // the least that it takes
    };
    healed all[4];
    for (std::size_t i = 0; i < 4; ++i)
        w.client->async_heal(std::span{w.tokens}.subspan(2 * i, 2), w.options(), w.note(all[i]));
    w.world.run();
    for (const auto& got : all) {
        REQUIRE(got.calls == 1);
        CHECK(got.result.count(heal_state::healed) == 10);
    }
    CHECK_FALSE(w.is_any_deaf());
}

TEST_CASE("a heal killed at any datagram is brought to its end by its journal", "[client][heal][journal]")
{
    const std::size_t kill_at = GENERATE(range(std::size_t{0}, std::size_t{110}, std::size_t{3}));
    heal_servers w{6};
    for (std::size_t t = 0; t < 6; ++t)
        w.break_at_some(t, 2 * t);
    std::mt19937 random{static_cast<unsigned>(kill_at)};
    std::size_t seen = 0;
    w.happens = [&](std::size_t server, raida::command_code) {
        if (seen++ == kill_at)
            asio::post(w.world.context(), [&] { w.client.reset(); });
        const auto dice = random() % 20;
        w.fleet.set(server, {.lose_requests = dice == 0 ? 1.0 : 0.0, .lose_replies = dice == 1 ? 1.0 : 0.0});
    };
    healed got;
    w.client->async_heal(w.tokens, w.options(), w.note(got));
    w.world.run();
    REQUIRE(got.calls == 1);
    CHECK_FALSE(got.error);
    CHECK(w.false_claims(got.result.record()) == 0);
    for (const auto& record : w.records)
        CHECK(record.seeds == got.result.record().seeds);
    const bool wrote = !w.records.empty();
    if (wrote)
        CHECK(w.false_claims(w.records.front()) == 0); // as a crash would leave it
    w.happens = {};
    w.fleet.set_all({});
    w.make_client(w.fleet.servers());
    const auto after = wrote ? w.recover(w.records.front()) : w.heal();
    CHECK_FALSE(after.error);
    CHECK(w.false_claims(after.result.record()) == 0);
    for (std::size_t t = 0; t < 6; ++t)
        CHECK(w.is_whole_everywhere(after.result, t));
}

TEST_CASE("a heal cancelled or destroyed at any moment claims nothing that is not true", "[client][heal]")
{
    const int at = GENERATE(range(0, 40));
    heal_servers w{6};
    for (std::size_t t = 0; t < 6; ++t)
        w.break_at_some(t, 2 * t);
    asio::cancellation_signal signal;
    healed got;
    w.client->async_heal(w.tokens, w.options(), asio::bind_cancellation_slot(signal.slot(), w.note(got)));
    w.world.after(at * 10ms, [&] {
        if (at % 2 != 0)
            w.client.reset();
        else if (got.calls == 0)
            signal.emit(asio::cancellation_type::terminal);
    });
    w.world.run();
    REQUIRE(got.calls == 1);
    CHECK_FALSE(got.error);
    CHECK(w.false_claims(got.result.record()) == 0);
    CHECK(got.result.record().finished);
}

TEST_CASE("a heal ends with its budget, and awaits the fix that has left", "[client][heal]")
{
    heal_servers w{1};
    w.break_at_some(0, 5);
    w.happens = [&](std::size_t, raida::command_code what) {
        if (what == raida::fix_command)
            w.fleet.set(20, {.silent = true}); // from now on each takes 32.5 s
    };
    auto how = w.options();
    how.budget = 10s;
    const auto got = w.heal(std::move(how));
    CHECK(w.fixes == 1);
    CHECK(got.took > 32s);
    CHECK(got.result.count(heal_state::unconfirmed) == 1);
    CHECK(got.result.count(heal_state::not_tried) == 4);
}

TEST_CASE("a recovery of another coin, or of other servers, is refused", "[client][heal]")
{
    heal_servers w{1};
    w.break_at(3, 0);
    static_cast<void>(w.heal());
    auto other = w.records.at(0);
    other.coin = 1;
    CHECK(w.recover(other).error == errc::other_coin);
    other = w.records.at(0);
    other.servers.fill(1);
    CHECK(w.recover(other).error == errc::other_servers);
}

TEST_CASE("what a callback throws comes out of run(), and one may destroy the client", "[client][heal]")
{
    heal_servers w{1};
    w.break_at(3, 0);
    auto how = w.options();
    int thrown = 0;
    how.on_progress = [&](const raida::heal_progress& now) {
        if (now.unconfirmed == 1 && thrown == 0)
            throw std::runtime_error{"screen"};
        if (now.healed == 1)
            w.client.reset();
    };
    healed got;
    w.client->async_heal(w.tokens, std::move(how), w.note(got));
    for (int i = 0; i < 5 && got.calls == 0; ++i)
        try {
            w.world.run();
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    CHECK(thrown == 1);
    REQUIRE(got.calls == 1);
    CHECK(got.result.at(0, 3) == heal_state::healed);
    CHECK_FALSE(w.client);
}

TEST_CASE("a sealed heal reads its tickets whichever way servers count, and kills nobody", "[client][heal]")
{
    const std::size_t count = GENERATE(1U, 2U, 3U, 6U, 12U, 30U);
    const std::uint64_t seed = GENERATE(range(100U, 110U));
    heal_servers w{count};
    raida::testing::enable_encryption(w.fleet);
    for (std::size_t s = 0; s < 25; ++s)
        w.fleet.set_rules(s, {.counter_goes_on = s % 2 != 0, .overrun_kills = count % 2 == 0 ? 1.0 : 0.0});
    const auto key = raida::testing::make_tokens(1, 77)[0];
    w.fleet.add(key);
    for (std::size_t t = 0; t < count; ++t)
        w.break_at_some(t, 1 + t % 5);
    using raida::testing::seeded_random;
    using codec = raida::basic_sealed<25, seeded_random>;
    raida::basic_client<25, raida::testing::simulated_transport, codec, seeded_random> client{
        raida::testing::simulated_transport{w.world},
        w.fleet.servers(),
        {.deadline = 3s},
        codec{key, raida::serial_limit, seeded_random{seed}},
        seeded_random{seed + 1}};
    auto how = w.options();
    healed got;
    client.async_heal(w.tokens, std::move(how), w.note(got));
    w.world.run();
    REQUIRE(got.calls == 1);
    CHECK_FALSE(got.error);
    for (std::size_t s = 0; s < 25; ++s)
        CHECK(w.fleet.is_alive(s));
    CHECK(w.false_claims(got.result.record()) == 0);
    for (std::size_t t = 0; t < count; ++t) {
        std::string states;
        for (std::size_t s = 0; s < 25; ++s)
            states += "u-pH?atxo"[static_cast<std::size_t>(got.result.at(t, s))];
        CAPTURE(count, states);
        CHECK(w.is_whole_everywhere(got.result, t));
    }
}

TEST_CASE("the token that encrypts is not healed itself", "[client][heal]")
{
    heal_servers w{2};
    raida::basic_client<25, raida::testing::simulated_transport, raida::sealed> client{
        raida::testing::simulated_transport{w.world}, w.fleet.servers(), {}, raida::sealed{w.tokens[1]}};
    healed got;
    client.async_heal(w.tokens, w.options(), w.note(got));
    w.world.run();
    CHECK(got.error == errc::key_in_batch);
}
