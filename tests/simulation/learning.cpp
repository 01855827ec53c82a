// What an engine learns about its servers, and what it makes of it: deadlines, retries, isolation.
#include "support.hpp"

#include <raida/consensus.hpp>

#include <cstddef>
#include <initializer_list>
#include <set>

using namespace tests;
using raida::learned;
using raida::retry_policy;
using raida::round_trip;

namespace {

const options with_learned{.deadline = learned{.shortest = 1ms}};

// Servers that answer after a time of their own, or not at all, and requests with a new echo each time.
struct world_of_servers : bench
{
    explicit world_of_servers(const raida::limits& allowed = {}) : bench{allowed}
    {
        delays.fill(10ms);
        world.on_request = [this](const simulated_request& request) {
            ++asked[request.server];
            last_asked[request.server] = passed();
            if (!silent.contains(request.server))
                request.reply(delays[request.server], tests::answer(request.bytes, status::all_pass));
        };
    }

    packets next(raida::command_code what = raida::detect_command, std::size_t payload = 0)
    {
        packets all(n);
        ++echo;
        for (std::size_t server = 0; server < n; ++server)
            all[server] = request_to(server, echo, what, payload);
        return all;
    }
    // Another fan-out keeps the engine listening for so long: server 24 is silent to it.
    void keep_listening(duration how_long)
    {
        silent.insert(24);
        ask(only(next(), {24}), {.deadline = how_long});
        world.run_for(1ms);
        silent.erase(24);
    }
    // Asks and waits for the end, not for what comes after it.
    std::shared_ptr<outcome> finish(const packets& all, options how)
    {
        auto result = ask(all, std::move(how));
        while (result->is_open())
            world.run_for(1ms);
        return result;
    }
    [[nodiscard]] round_trip known(std::size_t server) const { return engine->learned_round_trips()[server]; }
    void know(std::size_t server, duration smoothed, duration variation = {}, std::uint32_t size = 100)
    {
        auto all = engine->learned_round_trips();
        all[server] = {smoothed, variation, {}, 8, size};
        engine->learn(all);
    }

    std::array<duration, n> delays{};
    std::set<std::size_t> silent{};
    std::array<std::size_t, n> asked{};
    std::array<duration, n> last_asked{};
    std::uint16_t echo = 0;
};

raida::limits with_isolation(unsigned failures = 3)
{
    raida::limits allowed;
    allowed.isolation.failures = failures;
    return allowed;
}

const options short_deadline{.deadline = 500ms};

// Until server 0 is left out.
void isolate_first(world_of_servers& on)
{
    on.silent.insert(0);
    for (int i = 0; i < 10 && !on.engine->is_isolated(0); ++i)
        on.finish(on.next(), short_deadline);
    REQUIRE(on.engine->is_isolated(0));
}

} // namespace

// ---- deadlines

TEST_CASE("a server's deadline is learned from its own answers", "[simulation][learning]")
{
    world_of_servers on;
    on.delays[1] = 100ms;
    for (int i = 0; i < 60; ++i)
        on.finish(on.next(), with_learned);
    CHECK(on.known(0).samples == 60);
    CHECK(on.known(0).smoothed == 10ms);
    CHECK(on.known(1).smoothed == 100ms);

    on.silent = {0, 1};
    const auto result = on.finish(on.next(), with_learned);
    CHECK(result->got[0].error == errc::timed_out);
    CHECK(result->got[0].latency == 15ms);
    CHECK(result->got[1].error == errc::timed_out);
    CHECK(result->got[1].latency == 150ms);
    CHECK(result->got.answered() == n - 2);
}

TEST_CASE("what was never measured has public guidance's deadlines", "[simulation][learning]")
{
    world_of_servers on;
    on.silent = {0};
    const auto detect = on.ask(only(on.next(), {0}), {.deadline = learned{}});
    const auto echoed = on.ask(only(on.next(raida::echo_command), {0}), {.deadline = learned{}});
    const auto batch = on.ask(only(on.next(raida::detect_command, 600), {0}), {.deadline = learned{}});
    on.world.run();
    CHECK(on.passed(detect->at) == 3s);
    CHECK(on.passed(echoed->at) == 2s);
    CHECK(on.passed(batch->at) == 5s);
}

TEST_CASE("learned deadlines stay within their bounds", "[simulation][learning]")
{
    world_of_servers on;
    on.know(0, 1ms);
    on.know(1, 30s);
    on.silent = {0, 1};
    const auto result = on.finish(on.next(), {.deadline = learned{.shortest = 40ms, .longest = 700ms}});
    CHECK(result->got[0].latency == 40ms);
    CHECK(result->got[1].latency == 700ms);
}

TEST_CASE("a batch gets more time until batches were measured", "[simulation][learning]")
{
    world_of_servers on;
    on.know(0, 300ms);
    on.silent = {0};
    CHECK(on.finish(on.next(), with_learned)->got[0].latency == 450ms);
    CHECK(on.finish(on.next(raida::detect_command, 600), with_learned)->got[0].latency == 750ms);
    on.know(0, 300ms, {}, 700);
    CHECK(on.finish(on.next(raida::detect_command, 600), with_learned)->got[0].latency == 450ms);
}

TEST_CASE("what was learned can be taken to another engine", "[simulation][learning]")
{
    world_of_servers first;
    first.delays[4] = 80ms;
    for (int i = 0; i < 5; ++i)
        first.finish(first.next(), with_learned);

    world_of_servers second;
    second.engine->learn(first.engine->learned_round_trips());
    CHECK(second.engine->learned_round_trips() == first.engine->learned_round_trips());
    second.silent = {4};
    const auto result = second.finish(second.next(), with_learned);
    CHECK(result->got[4].latency < 200ms);

    std::array<round_trip, n> wild;
    wild.fill({duration::min(), duration::max(), duration::max(), 1, 0});
    second.engine->learn(wild); // a spoiled file is no danger
    CHECK(second.known(0).smoothed == 0ns);
    CHECK(second.known(0).variation == 1h);
    CHECK(second.finish(second.next(), {.deadline = learned{.longest = 300ms}})->got[4].latency == 300ms);
}

TEST_CASE("unverified answers teach nothing", "[simulation][learning]")
{
    world_of_servers on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, unproved(request.bytes, status::internal));
    };
    const auto result = on.finish(on.next(), with_learned);
    CHECK(result->got[0].status() == status::internal);
    CHECK(on.known(0) == round_trip{});
}

TEST_CASE("a server at a new address is a new server", "[simulation][learning]")
{
    world_of_servers on{with_isolation()};
    isolate_first(on);
    on.know(0, 50ms);
    on.delays[1] = 700ms;
    const auto open = on.ask(only(on.next(), {1})); // will be answered from the old address
    on.world.run_for(1ms);
    for (const std::size_t server : {0U, 1U})
        on.engine->set_server(server, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 9});
    CHECK_FALSE(on.engine->is_isolated(0));
    CHECK(on.known(0) == round_trip{});
    on.world.run();
    CHECK(open->got.answered() == 1);
    CHECK(on.known(1) == round_trip{});
    on.delays[1] = 30ms;
    on.finish(on.next(), with_learned);
    CHECK(on.known(1).smoothed == 30ms);
}

// ---- answers that come too late

TEST_CASE("a server that became slower than its deadline is learned from its late answers",
          "[simulation][learning][late]")
{
    world_of_servers on;
    on.keep_listening(2s);
    on.know(0, 100ms, 10ms);
    on.delays[0] = 400ms;
    const auto first = on.finish(on.next(), with_learned);
    CHECK(first->got[0].error == errc::timed_out);
    on.world.run_for(1s);
    CHECK(on.known(0).samples == 9);
    CHECK(on.finish(on.next(), with_learned)->got[0]);
}

TEST_CASE("so is one that is always given up when the others have decided", "[simulation][learning][late]")
{
    world_of_servers on;
    on.delays[0] = 300ms;
    on.keep_listening(1h);
    for (int i = 0; i < 20; ++i) {
        const auto result = on.finish(on.next(), {.deadline = learned{}, .complete = raida::when_decided{1}});
        CHECK(result->got[0].error == errc::not_awaited);
        on.world.run_for(1s);
    }
    CHECK(on.known(0).samples == 20);
    CHECK(on.known(0).smoothed == 300ms);
}

TEST_CASE("of several late answers the first is measured, by its own send", "[simulation][learning][late]")
{
    world_of_servers on;
    on.keep_listening(1h);
    const options how{.deadline = learned{}, .complete = raida::when_decided{1}};
    on.delays[0] = 300ms;
    on.finish(on.next(), how);
    on.delays[0] = 500ms;
    on.finish(on.next(), how);
    on.world.run_for(1s);
    CHECK(on.known(0).samples == 1);
    CHECK(on.known(0).smoothed == 300ms);
}

TEST_CASE("a server is not taken for faster since only its fast answers are awaited",
          "[simulation][learning][late]")
{
    world_of_servers on;
    on.delays[0] = 300ms;
    on.know(0, 4ms, 1ms);
    on.know(1, 100ms, 1ms);
    on.silent = {1};
    on.finish(on.next(), {.deadline = learned{}, .complete = raida::when_decided{1}}); // given up after 10 ms
    CHECK(on.known(0).smoothed == 4750us);
    CHECK(on.known(1).smoothed == 100ms); // no news

    on.know(0, 4ms, 1ms);
    on.finish(on.next(), {.deadline = 50ms}); // one that is over says nothing: there may be no answer at all
    CHECK(on.known(0).smoothed == 4ms);
}

TEST_CASE("what is cancelled was awaited until then, however long nothing had happened before",
          "[simulation][learning][late]")
{
    world_of_servers on;
    on.silent = {0, 1};
    on.know(0, 4ms);
    on.know(1, 4ms);
    asio::cancellation_signal signal;
    on.engine->async_request(only(on.next(), {0, 1}), options{.deadline = 1s},
                             asio::bind_cancellation_slot(signal.slot(), [](auto&&...) {}));
    on.world.run_for(404ms); // nothing happens in it
    signal.emit(asio::cancellation_type::total);
    CHECK(on.known(0).smoothed == 54ms);
    CHECK(on.known(1).smoothed == 54ms);
    on.world.run();
}

TEST_CASE("a number that no server has is of a server of which nothing is known", "[simulation][isolation]")
{
    world_of_servers on{with_isolation()};
    isolate_first(on);
    for (const std::size_t server : {n, n + 1, std::size_t{1} << 20, static_cast<std::size_t>(-1)}) {
        CAPTURE(server);
        CHECK_FALSE(on.engine->is_isolated(server));
        CHECK(on.engine->timeout_for(server, {}, raida::detect_command, 100) == 0s);
        std::error_code error;
        on.engine->set_server(server, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 1}, error);
        CHECK(error == errc::invalid_server);
    }
}

TEST_CASE("how long a request would be awaited is told beforehand", "[simulation][learning]")
{
    world_of_servers on;
    on.know(3, 300ms);
    CHECK(on.engine->timeout_for(3, {700ms}, raida::detect_command, 100) == 700ms);
    CHECK(on.engine->timeout_for(3, learned{}, raida::detect_command, 100) == 450ms);
    CHECK(on.engine->timeout_for(4, learned{}, raida::detect_command, 100) == 3s);
}

TEST_CASE("an answer that nobody listened for is not measured by when it is read",
          "[simulation][learning][late]")
{
    world_of_servers on;
    on.world.reads_at_rest = false;
    on.delays[0] = 300ms;
    for (int i = 0; i < 5; ++i) {
        on.finish(on.next(), {.deadline = learned{}, .complete = raida::when_decided{1}});
        on.world.run_for(2s);
    }
    CHECK(on.counts(0).late == 4); // the last one is not read yet
    CHECK(on.known(0) == round_trip{});

    on.delays[0] = 100ms; // heard again while others are awaited
    on.delays[1] = 200ms;
    on.finish(on.next(), {.deadline = 3s});
    CHECK(on.known(0).samples == 1);
    CHECK(on.known(0).smoothed == 100ms);
}

TEST_CASE("but it tells that a deadline that was over was too short", "[simulation][learning][late]")
{
    world_of_servers on;
    on.world.reads_at_rest = false;
    on.know(0, 100ms);
    on.delays[0] = 400ms;
    std::size_t tries = 0;
    for (bool answered = false; !answered; ++tries) {
        REQUIRE(tries < 20);
        answered = static_cast<bool>(on.finish(on.next(), with_learned)->got[0]);
        on.world.run_for(7s);
    }
    CHECK(tries == 7); // 150, 225, 337 and 506 ms: what is read while one is in flight serves the next one
}

TEST_CASE("Karn: a request that was sent twice is not measured", "[simulation][learning][retries]")
{
    world_of_servers on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++sent > 1)
            request.reply(10ms, answer(request.bytes));
    };
    const auto result = on.finish(only(on.next(), {0}), {.deadline = 200ms, .retry = retry_policy::up_to(2)});
    CHECK(result->got[0].attempts == 2);
    CHECK(result->got[0]);
    CHECK(on.known(0).samples == 0);
}

TEST_CASE("Karn: the deadline that a retry needed stays until a request is measured again",
          "[simulation][learning][retries]")
{
    world_of_servers on;
    on.know(0, 100ms);
    on.delays[0] = 400ms; // three times too slow, all of a sudden
    const options how{.deadline = learned{}, .retry = retry_policy::up_to(3)};
    std::vector<unsigned> attempts;
    for (int i = 0; i < 4; ++i) {
        attempts.push_back(on.finish(on.next(), how)->got[0].attempts);
        on.world.run_for(2s);
    }
    CHECK(attempts == std::vector<unsigned>{2, 2, 1, 1});
    CHECK(on.known(0).samples == 10);
    CHECK(on.known(0).backed_off == 0ns);
}

TEST_CASE("each retry has half as long again as the attempt before, capped",
          "[simulation][learning][retries]")
{
    world_of_servers on;
    on.know(0, 200ms);
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    auto retry = retry_policy::up_to(4);
    retry.longest = 600ms;
    const auto result = on.finish(only(on.next(), {0}), {.deadline = learned{}, .retry = retry});
    CHECK(log.times(0) == std::vector<duration>{0ms, 300ms, 750ms, 1350ms});
    CHECK(on.passed(result->at) == 1950ms);
    CHECK(result->got[0].error == errc::timed_out);
    CHECK(result->got[0].attempts == 4);
}

TEST_CASE("a retry of a learned deadline must be allowed for the command", "[simulation][learning][retries]")
{
    world_of_servers on;
    const auto result =
        on.ask(on.next(raida::pown_command), {.deadline = learned{}, .retry = retry_policy::up_to(2)});
    on.world.run();
    CHECK(result->error == errc::not_idempotent);
    CHECK(on.asked[0] == 0);
}

// ---- servers that were never heard of

TEST_CASE("a server that was never heard of soon costs no more than the others", "[simulation][learning]")
{
    world_of_servers on;
    on.delays[1] = 600ms; // the slowest: within 900 ms
    on.silent = {0};
    const options how{.deadline = learned{}};
    for (int i = 0; i < 40; ++i) // warm, but nobody waits for server 0
        on.finish(only(on.next(), {1, 2, 3, 4, 5}), how);
    CHECK(on.finish(on.next(), how)->got[0].latency == 3s);
    CHECK(on.finish(on.next(), how)->got[0].latency == 900ms);
    CHECK(on.finish(on.next(), how)->got[0].latency == 200ms); // a typical one

    on.silent.clear(); // it was merely slow, and somewhere else
    on.delays[0] = 500ms;
    CHECK(on.finish(on.next(), how)->got[0].error == errc::timed_out);
    on.world.run_for(1s);
    CHECK(on.finish(on.next(), how)->got[0]);
}

// ---- isolation

TEST_CASE("by default a silent server is asked for ever", "[simulation][isolation]")
{
    world_of_servers on;
    on.silent = {0};
    for (int i = 0; i < 50; ++i)
        on.finish(on.next(), short_deadline);
    CHECK(on.asked[0] == 50);
    CHECK_FALSE(on.engine->is_isolated(0));
}

TEST_CASE("a server that fails again and again is left out, and no other", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(3)};
    on.silent = {0};
    std::size_t fanouts = 0;
    for (; !on.engine->is_isolated(0); ++fanouts) {
        REQUIRE(fanouts < 10);
        on.finish(on.next(), short_deadline);
    }
    CHECK(fanouts == 4); // three failures, but 2 seconds of silence, too
    for (std::size_t server = 1; server < n; ++server)
        CHECK_FALSE(on.engine->is_isolated(server));

    const auto result = on.finish(on.next(), short_deadline);
    CHECK(result->got[0].error == errc::isolated);
    CHECK(result->got[0].attempts == 0);
    CHECK(result->got.answered() == n - 1);
    CHECK(on.passed(result->at) < 2100ms); // nobody waited for it
    const auto counted = raida::aggregate(result->got, 1);
    CHECK(counted.pown_string(0) == "u" + std::string(n - 1, 'p'));
    CHECK(counted.verdict(0) == raida::verdict::authentic);
}

TEST_CASE("a short outage is not enough", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(3)};
    on.silent = {0};
    for (int i = 0; i < 3; ++i)
        on.finish(on.next(), short_deadline); // 1.5 seconds
    CHECK_FALSE(on.engine->is_isolated(0));
    on.silent.clear();
    on.finish(on.next(), short_deadline);
    on.silent = {0};
    for (int i = 0; i < 3; ++i)
        on.finish(on.next(), short_deadline);
    CHECK_FALSE(on.engine->is_isolated(0)); // the count begins anew
}

TEST_CASE("a dead port is left out like a silent server, a restarting one is not", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(3)};
    on.world.on_request = [&](const simulated_request& request) {
        if (request.server == 0)
            request.fail(20ms, refused());
        else
            request.reply(10ms, answer(request.bytes));
    };
    for (int i = 0; i < 40; ++i) { // refused 40 times within a second
        const auto result = on.finish(on.next(), short_deadline);
        CHECK(result->got[0].error == std::errc::connection_refused);
    }
    CHECK_FALSE(on.engine->is_isolated(0));
    for (int i = 0; i < 80; ++i)
        on.finish(on.next(), short_deadline);
    CHECK(on.engine->is_isolated(0));
}

TEST_CASE("a slow server is never left out, though nobody ever waits for it", "[simulation][isolation]")
{
    const bool reads_at_rest = GENERATE(true, false);
    world_of_servers on{with_isolation(1)};
    on.world.reads_at_rest = reads_at_rest;
    on.delays[0] = 2900ms;
    for (int i = 0; i < 200; ++i) {
        const auto result = on.finish(on.next(), {.complete = raida::when_decided{1}});
        REQUIRE(result->got[0].error == errc::not_awaited);
        on.world.run_for(100ms * (i % 7));
    }
    CHECK_FALSE(on.engine->is_isolated(0));
    CHECK(on.asked[0] == 200);
}

TEST_CASE("a silent server is found out even if nobody ever waits for it", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(2)};
    on.silent = {0};
    const options how{.deadline = 1s, .complete = raida::when_decided{1}};
    while (!on.engine->is_isolated(0) && on.passed() < 10s)
        on.finish(on.next(), how);
    CHECK(on.engine->is_isolated(0));
    CHECK(on.passed() >= 2s);
    CHECK(on.passed() < 3s);
}

TEST_CASE("cancelled requests isolate nobody that had no time to answer", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    on.delays.fill(400ms);
    for (int i = 0; i < 20; ++i) {
        asio::cancellation_signal signal;
        bool ended = false;
        on.engine->async_request(on.next(), options{},
                                 asio::bind_cancellation_slot(
                                     signal.slot(), [&](std::error_code, const replies&) { ended = true; }));
        on.world.run_for(300ms);
        signal.emit(asio::cancellation_type::terminal);
        on.world.run_for(1ms);
        REQUIRE(ended);
    }
    for (std::size_t server = 0; server < n; ++server)
        CHECK_FALSE(on.engine->is_isolated(server));
}

TEST_CASE("hundreds of requests that fail at once count once", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(2)};
    on.silent = {0};
    for (int i = 0; i < 150; ++i)
        on.ask(on.next());
    on.world.run();
    CHECK(on.passed() == 3s);
    CHECK(on.counts(0).timed_out == 150);
    CHECK_FALSE(on.engine->is_isolated(0));
}

TEST_CASE(
    "nothing that is sent in a server's name keeps it from being left out, or brings it back, without proof",
    "[simulation][isolation]")
{
    const int kind = GENERATE(0, 1, 2, 3, 4, 5);
    CAPTURE(kind);
    world_of_servers on{with_isolation(1)};
    const auto forged = [&](bytes_view request) -> bytes {
        switch (kind) {
        case 0:
            return bytes(7, 0xEE);
        case 1:
            return with_echo(request, 0x7777, status::invalid_coin_id); // a complaint with a wrong echo
        case 2:
            return with_echo(request, 0x7777, status::all_pass);
        case 3:
            return unproved(request, status::all_pass); // the right echo under a wrong signature
        case 4: {                                       // too long
            auto header = header_of_answer(request);
            header.signature.fill(0xEE);
            return datagram(header, bytes(5'000));
        }
        default: { // the right signature under another command's group
            auto header = header_of_answer(request);
            header.group = 9;
            return datagram(header);
        }
        }
    };
    on.world.on_request = [&](const simulated_request& request) {
        if (request.server != 0)
            return request.reply(10ms, answer(request.bytes));
        for (auto at = 10ms; at < 5s; at += 200ms) // in time and late
            request.reply(at, forged(request.bytes));
    };
    for (int i = 0; i < 8; ++i)
        on.finish(on.next(), short_deadline);
    CHECK(on.engine->is_isolated(0));
    on.keep_listening(10s);
    on.world.run_for(5s);
    CHECK(on.engine->is_isolated(0));
    CHECK(on.known(0) == round_trip{});
}

TEST_CASE("answers to requests without a known signature are signs of life", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(2)};
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked % 2 == 0)
            request.reply(10ms, answer(request.bytes));
    };
    for (std::uint16_t echo = 0; echo < 20; ++echo) {
        packets one(n);
        one[0] = sealed_request_to(0, echo);
        on.finish(one, {.deadline = 3s});
        CHECK_FALSE(on.engine->is_isolated(0));
    }
}

TEST_CASE("a server whose answers are all late is alive, however they fall", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(3)};
    on.delays[0] = GENERATE(510ms, 700ms, 1'300ms);
    on.keep_listening(1h);
    for (int i = 0; i < 40; ++i) {
        CHECK(on.finish(on.next(), short_deadline)->got[0].error == errc::timed_out);
        CHECK_FALSE(on.engine->is_isolated(0));
    }
}

TEST_CASE("never so many are left out that no verdict could be reached", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    const std::size_t silent = GENERATE(std::size_t{12}, std::size_t{13}, n);
    for (std::size_t server = 0; server < silent; ++server)
        on.silent.insert(server);
    while (on.passed() < 2500ms)
        on.finish(on.next(), short_deadline);
    for (std::size_t server = 0; server < silent; ++server)
        REQUIRE(on.engine->is_isolated(server));
    const auto result = on.finish(on.next(), short_deadline);
    CHECK(count_of(result->got, errc::isolated) == (silent == 12 ? 12 : 0));
    CHECK(result->got.answered() == n - silent);

    on.silent.clear(); // the own network is back: one request is enough
    if (silent > 12) {
        CHECK(on.finish(on.next(), short_deadline)->got.answered() == n);
        CHECK_FALSE(on.engine->is_isolated(0));
    }
}

TEST_CASE("of the servers asked, and of all that can be, enough are left", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    isolate_first(on);
    auto some = on.next();
    for (std::size_t server = 14; server < n; ++server)
        some[server].clear(); // 14 are asked, 13 are left
    CHECK(on.finish(some, short_deadline)->got[0].error == errc::isolated);
    some = on.next();
    for (std::size_t server = 13; server < n; ++server)
        some[server].clear();
    CHECK(on.finish(some, short_deadline)->got[0].error == errc::timed_out);
    CHECK(on.finish(only(on.next(), {0}), short_deadline)->got[0].error == errc::timed_out); // it alone
}

TEST_CASE("who wants a larger quorum has fewer left out", "[simulation][isolation]")
{
    auto allowed = with_isolation(1);
    allowed.isolation.most = 1;
    world_of_servers on{allowed};
    isolate_first(on);
    CHECK(on.finish(on.next(), short_deadline)->got[0].error == errc::isolated);
    on.silent.insert(1);
    while (!on.engine->is_isolated(1))
        on.finish(on.next(), short_deadline);
    const auto result = on.finish(on.next(), short_deadline);
    CHECK(count_of(result->got, errc::isolated) == 0);
    CHECK(count_of(result->got, errc::timed_out) == 2);
}

TEST_CASE("an isolated server is tried by one real request after its pause, and the pause doubles",
          "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    isolate_first(on);
    std::vector<duration> tries;
    const std::size_t before = on.asked[0];
    const duration left_out_at = on.passed();
    for (std::size_t seen = before; on.passed() < left_out_at + 80s;) {
        on.ask(on.next(), short_deadline);
        on.ask(on.next(), short_deadline); // the second one does not try, too
        on.world.run_for(100ms);
        if (on.asked[0] != seen) {
            CHECK(on.asked[0] == ++seen);
            tries.push_back(on.last_asked[0] - left_out_at);
        }
    }
    REQUIRE(tries.size() == 4); // 5, 10, 20 and 40 s after each other's end
    for (std::size_t i = 0; i < 4; ++i) {
        const duration earliest = 5s * ((1 << (i + 1)) - 1) + 500ms * i;
        CHECK(tries[i] >= earliest);
        CHECK(tries[i] <= earliest + 100ms * (i + 1));
    }
    CHECK(on.engine->is_isolated(0));
}

TEST_CASE("the answer to such a try brings a server back", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    isolate_first(on);
    on.silent.clear();
    CHECK(on.finish(on.next(), short_deadline)->got[0].error == errc::isolated);
    on.world.run_for(5s);
    CHECK(on.finish(on.next(), short_deadline)->got[0]);
    CHECK_FALSE(on.engine->is_isolated(0));
    CHECK(on.finish(on.next(), short_deadline)->got[0]);
}

TEST_CASE("a try that is given up early neither counts nor ends the trying", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    isolate_first(on);
    on.silent.clear();
    on.delays[0] = 300ms;
    on.world.run_for(5s);
    const auto first = on.finish(on.next(), {.deadline = 500ms, .complete = raida::when_decided{1}});
    CHECK(first->got[0].error == errc::not_awaited);
    CHECK(on.engine->is_isolated(0));
    const auto second = on.finish(on.next(), short_deadline); // tries again at once; the first answer arrives
    CHECK(second->got[0]);
    CHECK_FALSE(on.engine->is_isolated(0));
}

TEST_CASE("any late sign of life brings an isolated server back at once", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(1)};
    on.delays[0] = 2600ms;
    for (int i = 0; i < 5; ++i)
        on.finish(on.next(), short_deadline);
    CHECK(on.engine->is_isolated(0));
    on.world.run_for(600ms); // the first one's answer
    CHECK_FALSE(on.engine->is_isolated(0));
    CHECK(on.finish(on.next(), {})->got[0]);
}

TEST_CASE("retries to a silent server count as one failure", "[simulation][isolation]")
{
    world_of_servers on{with_isolation(3)};
    on.silent = {0};
    const options how{.deadline = 1s, .retry = retry_policy::up_to(3)}; // 1, 1.5 and 2.25 seconds
    on.finish(on.next(), how);
    on.finish(on.next(), how);
    CHECK_FALSE(on.engine->is_isolated(0));
    on.finish(on.next(), how);
    CHECK(on.engine->is_isolated(0));
}

// ---- the overall limit

TEST_CASE("the overall limit ends whatever is open as timed out, in flight, retried or waiting",
          "[simulation][overall]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    world_of_servers on{allowed};
    on.silent = {0, 1};
    const auto other = on.ask(only(on.next(), {1}), {.deadline = 10s}); // takes the only place of lane 1
    const auto result = on.ask(only(on.next(), {0, 1, 2}),
                               {.deadline = 200ms, .retry = retry_policy::up_to(10), .overall = 900ms});
    on.world.run();
    CHECK(on.passed(result->at) == 900ms);
    CHECK(result->error == std::error_code{});
    CHECK(result->got[0].error == errc::timed_out);
    CHECK(result->got[0].attempts == 3); // at 0, 200 and 500 ms
    CHECK(result->got[1].error == errc::timed_out);
    CHECK(result->got[1].attempts == 0);
    CHECK(result->got[2]);
    CHECK(raida::aggregate(result->got, 1).pown_string(0).substr(0, 3) == "nup");
    CHECK(on.passed(other->at) == 10s); // of its own accord
    CHECK(on.asked[1] == 1);
}

TEST_CASE("what arrives at the very end of the overall limit counts", "[simulation][overall]")
{
    world_of_servers on;
    on.delays[0] = 900ms;
    on.delays[1] = 901ms;
    const auto result = on.ask(on.next(), {.overall = 900ms});
    on.world.run();
    CHECK(result->got[0]);
    CHECK(result->got[1].error == errc::timed_out);
    CHECK(on.passed(result->at) == 900ms);
}

TEST_CASE("the overall limit cuts lingering short, and is no deadline where it is later",
          "[simulation][overall]")
{
    world_of_servers on;
    on.delays[0] = 500ms;
    const auto lingers =
        on.ask(on.next(), {.complete = raida::when_decided{1}, .linger = 2s, .overall = 300ms});
    const auto ends = on.ask(on.next(), {.overall = 1h});
    on.world.run();
    CHECK(on.passed(lingers->at) == 300ms);
    CHECK(lingers->got[0].error == errc::not_awaited);
    CHECK(on.passed(ends->at) == 500ms);
}

TEST_CASE("an overall limit that is negative or longer than an hour is refused", "[simulation][overall]")
{
    world_of_servers on;
    const duration wrong = GENERATE(duration{-1}, duration{1h} + 1ns, duration::max(), duration::min());
    const auto result = on.ask(on.next(), {.overall = wrong});
    on.world.run();
    CHECK(result->error == errc::invalid_deadline);
    CHECK(on.asked[0] == 0);
}

TEST_CASE("a server whose overall limit was short is not taken for a failing one",
          "[simulation][isolation][overall]")
{
    world_of_servers on{with_isolation(1)};
    on.delays[0] = 2s;
    for (int i = 0; i < 30; ++i)
        on.finish(on.next(), {.overall = 300ms});
    CHECK_FALSE(on.engine->is_isolated(0));
}
