// Invariant 3: no send waits for a reply, but for slots over their lane's in-flight limit.
#include "simulation/support.hpp"

#include <asio/error.hpp>

using namespace tests;

namespace {

raida::limits lane_of(std::size_t in_flight, duration queue_wait = 3s)
{
    raida::limits allowed;
    allowed.in_flight_per_lane = in_flight;
    allowed.queue_wait = queue_wait;
    return allowed;
}

} // namespace

TEST_CASE("invariant 3: all requests leave at once, whatever the answers do", "[simulation][queueing]")
{
    bench on;
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    for (std::uint16_t echo = 0; echo < 200; ++echo)
        on.ask(requests(echo));
    on.world.run_for(0ms);
    for (std::size_t server = 0; server < n; ++server)
        CHECK(log.times(server) == std::vector<duration>(200, 0ms));
}

TEST_CASE("invariant 3: what is over the lane's limit waits alone, and in order", "[simulation][queueing]")
{
    bench on{lane_of(2)};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        request.reply(request.server == 0 ? 100ms : 1ms, answer(request.bytes));
    };
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 6; ++echo)
        results.push_back(on.ask(requests(echo)));
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0ms, 0ms, 100ms, 100ms, 200ms, 200ms});
    CHECK(log.times(1) == std::vector<duration>{0ms, 0ms, 1ms, 1ms, 2ms, 2ms});
    CHECK(log.echoes(0) == std::vector<std::uint16_t>{0, 1, 2, 3, 4, 5});
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i]->got.answered() == n);
        CHECK(results[i]->got[0].latency == 100ms); // from its own send
        CHECK(on.passed(results[i]->at) == (i / 2 + 1) * 100ms);
    }
}

TEST_CASE("invariant 3: a waiting slot's deadline counts from its own send", "[simulation][queueing]")
{
    bench on{lane_of(1)};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 5; ++echo)
        results.push_back(on.ask(only(requests(echo), {0}), {.deadline = 150ms}));
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0ms, 150ms, 300ms, 450ms, 600ms});
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i]->got[0].error == errc::timed_out);
        CHECK(results[i]->got[0].latency == 150ms);
        CHECK(results[i]->got[0].attempts == 1);
        CHECK(on.passed(results[i]->at) == (i + 1) * 150ms);
    }
}

TEST_CASE("invariant 3: a waiting slot ends with overloaded after its wait, never sent",
          "[simulation][queueing]")
{
    bench on{lane_of(1, 200ms)};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        if (request.server != 0)
            request.reply(10ms, answer(request.bytes));
    };
    const auto first = on.ask(requests(1), {.deadline = 1s});
    const auto second = on.ask(requests(2), {.deadline = 1s});
    on.world.run();
    CHECK(first->got[0].error == errc::timed_out);
    CHECK(second->got[0].error == errc::overloaded);
    CHECK(second->got[0].attempts == 0);
    CHECK(second->got[0].latency == 200ms);
    CHECK(second->got.answered() == n - 1);
    CHECK(on.passed(second->at) == 200ms);
    CHECK(on.passed(first->at) == 1s);
    CHECK(log.sent[0].size() == 1);
    CHECK(on.counts(0).timed_out == 1);
}

TEST_CASE("invariant 3: a silent server slows no other lane, however many fan-outs wait",
          "[simulation][queueing]")
{
    bench on{lane_of(50, 500ms)};
    on.world.on_request = [](const simulated_request& request) {
        if (request.server != 13)
            request.reply(10ms, answer(request.bytes));
    };
    constexpr std::size_t count = 500;
    std::size_t timed_out = 0, overloaded = 0, answered = 0;
    duration slowest{}, last{};
    for (std::uint16_t echo = 0; echo < count; ++echo)
        on.engine->async_request(requests(echo),
                                 options{.deadline = 2s,
                                         .on_reply =
                                             [&](const raida::reply& one) {
                                                 if (one.server != 13)
                                                     slowest = std::max(slowest, on.passed());
                                             }},
                                 [&](std::error_code, const replies& got) {
                                     answered += got.answered();
                                     timed_out += got[13].error == errc::timed_out ? 1 : 0;
                                     overloaded += got[13].error == errc::overloaded ? 1 : 0;
                                     last = on.passed();
                                 });
    on.world.run();
    CHECK(answered == count * (n - 1));
    CHECK(slowest == 100ms); // ten waves of fifty, ten milliseconds each
    CHECK(timed_out == 50);
    CHECK(overloaded == count - 50);
    CHECK(last == 2s);
}

TEST_CASE("invariant 3: a place is free again however its slot ended", "[simulation][queueing]")
{
    const int ending = GENERATE(0, 1, 2, 3, 4);
    bench on{lane_of(1)};
    on.know(4ms);
    send_log log;
    asio::cancellation_signal stop;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        if (log.sent[0].size() > 1)
            return request.reply(1ms, answer(request.bytes));
        if (ending == 0)
            request.reply(50ms, answer(request.bytes));
        else if (ending == 1)
            request.fail(50ms, refused());
        else if (ending == 2) // until the grace is over
            request.reply(0ms, unproved(request.bytes, status::invalid_packet_length));
    };
    on.engine->async_request(only(requests(1), {0}), options{.deadline = ending == 3 ? 50ms : 1000ms},
                             asio::bind_cancellation_slot(stop.slot(), [](std::error_code, replies) {}));
    const auto second = on.ask(only(requests(2), {0}));
    if (ending == 4)
        on.world.after(50ms, [&] { stop.emit(asio::cancellation_type::total); });
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0ms, 50ms});
    CHECK(second->got.answered() == 1);
    CHECK(on.passed(second->at) == 51ms);
}

TEST_CASE("invariant 3: those that give up while they wait leave the order of the others alone",
          "[simulation][queueing]")
{
    bench on{lane_of(1, 10s)};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        request.reply(100ms, answer(request.bytes));
    };
    std::array<asio::cancellation_signal, 6> stop;
    for (std::uint16_t echo = 0; echo < 6; ++echo)
        on.engine->async_request(only(requests(echo), {0}),
                                 asio::bind_cancellation_slot(stop[echo].slot(), [](auto...) {}));
    on.world.run_for(10ms);
    for (const std::size_t gone : {1U, 3U, 5U}) // first, middle and last of the queue
        stop[gone].emit(asio::cancellation_type::terminal);
    const auto last = on.ask(only(requests(9), {0}));
    on.world.run();
    CHECK(log.echoes(0) == std::vector<std::uint16_t>{0, 2, 4, 9});
    CHECK(last->got.answered() == 1);
}

TEST_CASE("a wait of zero means now or never", "[simulation][queueing]")
{
    bench on{lane_of(1, 0s)};
    const auto first = on.ask(requests(1));
    const auto second = on.ask(requests(2));
    on.world.run();
    CHECK(first->got.answered() == n);
    CHECK(count_of(second->got, errc::overloaded) == n);
    CHECK(on.passed(second->at) <= 1us);
    const auto third = on.ask(requests(3));
    on.world.run();
    CHECK(third->got.answered() == n);
}

TEST_CASE("limits beyond reason are taken as the nearest reasonable ones", "[simulation][queueing]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 0;
    allowed.queue_wait = duration::max();
    allowed.grace = duration::max();
    bench on{allowed};
    const auto first = on.ask(requests(1)), second = on.ask(requests(2));
    on.world.run();
    CHECK(first->got.answered() == n);
    CHECK(second->got.answered() == n);

    allowed.queue_wait = -1s;
    allowed.grace = duration::min();
    on.engine.emplace(on.world, servers(), allowed);
    on.world.on_request = [](const simulated_request& request) {
        request.reply(1ms, unproved(request.bytes, status::invalid_packet_length));
    };
    const auto third = on.ask(requests(3));
    on.world.run();
    CHECK(third->got.answered() == n);
}

TEST_CASE("a free place wins over a wait that is over, when the thread was busy", "[simulation][queueing]")
{
    scripted_bench on;
    const auto result = on.ask(requests(1), {.deadline = 10ms});
    on.turn_after(5s); // longer than the queue's wait and the deadline
    CHECK(on.how.sent.size() == n);
    CHECK(result->is_open());
    CHECK(on.how.armed == on.how.now + 10ms);
}

TEST_CASE("what the transport cannot take yet waits, and leaves when it can", "[simulation][queueing]")
{
    scripted_bench on;
    bool blocked = true;
    on.how.on_submit = [&](std::size_t lane, std::span<const raida::outgoing> batch) {
        if (lane == 0 && blocked)
            return raida::submitted{1, std::make_error_code(std::errc::operation_would_block)};
        return raida::submitted{batch.size(), {}};
    };
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 3; ++echo)
        results.push_back(on.ask(only(requests(echo), {0, 1})));
    on.poll();
    CHECK(on.how.sent.size() == 4); // one on lane 0, three on lane 1
    on.how.now += 100ms;
    blocked = false;
    on.turn();
    REQUIRE(on.how.sent.size() == 6);
    CHECK(on.how.sent[4].data[31] == 1);
    CHECK(on.how.sent[5].data[31] == 2);
    for (const auto& one : on.how.sent)
        on.how.arrive(one.lane, one.generation, answer(one.data));
    on.turn();
    for (const auto& result : results)
        CHECK(result->got.answered() == 2);
    CHECK(results[0]->got[0].latency == 100ms);
    CHECK(results[2]->got[0].latency == 0ms);
    CHECK(on.engine->statistics().servers[0].refused == 0);
}

TEST_CASE("what the transport never takes ends with overloaded after its wait", "[simulation][queueing]")
{
    scripted_bench on{lane_of(200, 400ms)};
    on.how.on_submit = [&](std::size_t lane, std::span<const raida::outgoing> batch) {
        return lane == 0 ? raida::submitted{0, std::make_error_code(std::errc::operation_would_block)}
                         : raida::submitted{batch.size(), {}};
    };
    const auto result = on.ask(only(requests(1), {0, 1}), {.deadline = 10ms});
    on.turn();
    on.turn_after(10ms);
    CHECK(result->is_open());
    CHECK(on.how.armed == on.how.now + 390ms);
    on.turn_after(390ms);
    REQUIRE(result->calls == 1);
    CHECK(result->got[0].error == errc::overloaded);
    CHECK(result->got[1].error == errc::timed_out);
}

TEST_CASE("an error that is reported while a batch leaves charges no request that left",
          "[simulation][queueing]")
{
    // The first request's retry stands at the head of the batch when its refusal is found.
    scripted_bench on;
    const auto retried =
        on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = raida::retry_policy::up_to(3)});
    on.turn();
    REQUIRE(on.how.sent.size() == 1);
    const bytes first = on.how.sent[0].data;
    std::vector<std::shared_ptr<outcome>> others;
    bool told = false;
    on.how.on_submit = [&](std::size_t, std::span<const raida::outgoing> batch) {
        if (!std::exchange(told, true))
            on.how.sink->on_error(0, 0, refused(), first);
        return raida::submitted{batch.size(), {}};
    };
    on.how.now += 100ms;
    on.how.wake(); // the retry is queued and sent in one turn
    for (std::uint16_t echo = 2; echo < 5; ++echo)
        others.push_back(on.ask(only(requests(echo), {0})));
    on.turn();
    REQUIRE(retried->calls == 1);
    CHECK(retried->got[0].error == std::errc::connection_refused);
    REQUIRE(on.how.sent.size() == 5);
    for (std::size_t i = 2; i < 5; ++i)
        on.how.arrive(0, 0, answer(on.how.sent[i].data));
    on.turn();
    for (const auto& other : others) {
        REQUIRE(other->calls == 1);
        CHECK(other->got.answered() == 1);
    }
    CHECK(on.engine->statistics().servers[0].sent == 5);
}

TEST_CASE("a batch of which a part is settled while it leaves takes nobody else's turn",
          "[simulation][queueing]")
{
    scripted_bench on{lane_of(1)};
    const auto a =
        on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = raida::retry_policy::up_to(2)});
    on.turn();
    const auto b = on.ask(only(requests(2), {0}), {.deadline = 1s});
    REQUIRE(on.how.sent.size() == 1);
    const bytes first = on.how.sent[0].data;
    on.turn_after(100ms); // b has the place, a waits to be asked again
    REQUIRE(on.how.sent.size() == 2);
    const auto c = on.ask(only(requests(3), {0}));
    on.how.arrive(0, 0, answer(on.how.sent[1].data)); // b is done: a is next
    on.how.on_submit = [&](std::size_t, std::span<const raida::outgoing> batch) {
        on.how.sink->on_error(0, 0, refused(), first);
        on.how.on_submit = {};
        return raida::submitted{batch.size(), {}};
    };
    on.turn();
    CHECK(a->got[0].error == std::errc::connection_refused);
    CHECK(b->got.answered() == 1);
    REQUIRE(on.how.sent.size() == 4); // the retry had left; then c, which has the free place
    CHECK(on.how.sent[3].data[31] == 3);
    on.how.arrive(0, 0, answer(on.how.sent[3].data));
    on.turn();
    CHECK(c->got.answered() == 1);
}

TEST_CASE("large requests leave in bursts, and no more than a server's buffer holds are under way",
          "[simulation][queueing]")
{
    bench on;
    std::size_t under_way = 0, most = 0;
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        if (request.server == 0)
            most = std::max(most, ++under_way);
        request.reply(100ms, answer(request.bytes));
        if (request.server == 0)
            on.world.after(100ms, [&] { --under_way; });
    };
    packets all(n);
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 150; ++echo) {
        for (const std::size_t server : {0U, 1U})
            all[server] = request_to(server, echo, raida::detect_command, 1'344);
        results.push_back(on.ask(all));
    }
    on.world.run();
    for (const auto& one : results)
        CHECK(one->got.answered() == 2);
    CHECK(most <= 92); // of a default buffer
    CHECK(most >= 70);
    for (const std::size_t server : {0U, 1U}) {
        const auto times = log.times(server);
        REQUIRE(times.size() == 150);
        CHECK(std::count(times.begin(), times.end(), 0ms) == 11);
        CHECK(std::count(times.begin(), times.end(), 1ms) == 11);
        CHECK(std::count_if(times.begin(), times.end(), [](duration at) { return at < 100ms; }) == 70);
    }
}

TEST_CASE("after losses fewer are under way, and again more when all is answered", "[simulation][queueing]")
{
    // A server whose buffer holds 40: what is beyond that is lost.
    bench on;
    std::size_t held = 0, lost = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (held == 40) {
            ++lost;
            return;
        }
        ++held;
        on.world.after(5ms, [&] { --held; });
        request.reply(10ms, answer(request.bytes));
    };
    packets all(n);
    std::size_t answered = 0;
    for (int batch = 0; batch < 100; ++batch) {
        std::vector<std::shared_ptr<outcome>> results;
        for (std::uint16_t echo = 0; echo < 100; ++echo) {
            all[0] = request_to(0, echo, raida::detect_command, 1'344);
            results.push_back(on.ask(all, {.deadline = 300ms}));
        }
        on.world.run();
        for (const auto& one : results)
            answered += one->got.answered();
    }
    CHECK(lost != 0);
    CHECK(lost < 300); // 60 of each 100 with a window that does not learn
    CHECK(answered == 10'000 - lost);
}
