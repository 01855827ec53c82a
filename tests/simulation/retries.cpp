// Invariant 6: nothing is retransmitted unless the caller says that it may be.
#include "simulation/support.hpp"

#include <asio/error.hpp>

using namespace tests;
using raida::retry_policy;

TEST_CASE("invariant 6: silence is not answered by asking again, unless that was asked for",
          "[simulation][retries]")
{
    bench on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request&) { ++sent; };
    const auto what = GENERATE(raida::echo_command, raida::detect_command, raida::pown_command);
    const auto result = on.ask(requests(1, what));
    on.world.run();
    CHECK(sent == n);
    CHECK(on.engine->statistics().total().retried == 0);
    for (const auto& one : result->got)
        CHECK(one.attempts == 1);
}

TEST_CASE("invariant 6: only commands that may be repeated may be retried", "[simulation][retries]")
{
    bench on;
    for (const auto what :
         {raida::echo_command, raida::version_command, raida::detect_command, raida::find_command}) {
        const auto result = on.ask(requests(1, what), {.retry = retry_policy::up_to(2)});
        on.world.run();
        CHECK(!result->error);
    }
    const auto sent = on.engine->statistics().total().sent;
    for (const auto what : {raida::pown_command, raida::command_code{1, 30}, raida::command_code{2, 40}}) {
        auto all = requests(2);
        all[24] = request_to(24, 2, what); // one is enough
        const auto refusal = on.ask(all, {.retry = retry_policy::up_to(2)});
        const auto once = on.ask(all, {.retry = retry_policy::up_to(1)});
        on.world.run();
        CHECK(refusal->error == errc::not_idempotent);
        CHECK(!once->error);
        CHECK(once->got.answered() == n);
    }
    CHECK(on.engine->statistics().total().sent == sent + 3 * n);
}

TEST_CASE("invariant 6: a retry is the same bytes to the same server", "[simulation][retries]")
{
    bench on;
    std::array<std::vector<bytes>, n> seen;
    on.world.on_request = [&](const simulated_request& request) {
        seen[request.server].emplace_back(request.bytes.begin(), request.bytes.end());
    };
    const auto all = requests(1);
    on.ask(all, {.deadline = 10ms, .retry = retry_policy::up_to(3)});
    on.world.run();
    for (std::size_t server = 0; server < n; ++server)
        CHECK(seen[server] == std::vector<bytes>(3, all[server]));
}

TEST_CASE("each retry has half as much time again, up to the longest", "[simulation][retries]")
{
    bench on;
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    const auto result =
        on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = {.attempts = 5, .longest = 300ms}});
    on.world.run();
    // 100, 150, 225, 300 (not 337.5), 300
    CHECK(log.times(0) == std::vector<duration>{0ms, 100ms, 250ms, 475ms, 775ms});
    CHECK(on.passed(result->at) == 1075ms);
    CHECK(result->got[0].error == errc::timed_out);
    CHECK(result->got[0].attempts == 5);
    CHECK(result->got[0].latency == 300ms); // of the last one
    CHECK(on.counts(0).sent == 5);
    CHECK(on.counts(0).retried == 4);
    CHECK(on.counts(0).timed_out == 1);
}

TEST_CASE("a longest retry deadline under the first one shortens nothing", "[simulation][retries]")
{
    bench on;
    on.world.on_request = {};
    const double backoff = GENERATE(0.1, 1.0, -5.0, 2.0);
    const auto result =
        on.ask(only(requests(1), {0}),
               {.deadline = 100ms, .retry = {.attempts = 3, .backoff = backoff, .longest = 1ms}});
    on.world.run();
    CHECK(on.passed(result->at) == 300ms);
}

TEST_CASE("retries of different servers keep their own pace", "[simulation][retries]")
{
    std::array<std::chrono::milliseconds, n> each{};
    each.fill(40ms);
    each[1] = 100ms;
    bench on;
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        if (request.server > 1)
            request.reply(1ms, answer(request.bytes));
    };
    on.ask(requests(1), {.deadline = each, .retry = retry_policy::up_to(3)});
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0ms, 40ms, 100ms});
    CHECK(log.times(1) == std::vector<duration>{0ms, 100ms, 250ms});
    CHECK(log.times(2) == std::vector<duration>{0ms});
}

TEST_CASE("the answer to a later attempt fills the slot", "[simulation][retries]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked == 3)
            request.reply(20ms, answer(request.bytes));
    };
    const auto result = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(5)});
    on.world.run();
    CHECK(asked == 3);
    CHECK(result->got[0].attempts == 3);
    CHECK(result->got[0].latency == 20ms);
    CHECK(result->got[0].verified);
    CHECK(on.passed(result->at) == 270ms);
}

TEST_CASE("the answer to an earlier attempt fills the slot, and later ones are late", "[simulation][retries]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        ++asked;
        request.reply(120ms, answer(request.bytes));
    };
    const auto result = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(5)});
    on.world.run();
    CHECK(asked == 2);
    CHECK(result->got[0].attempts == 2);
    CHECK(on.passed(result->at) == 120ms);
    CHECK(on.counts(0).late == 1);
}

TEST_CASE("the answer to the first attempt counts while the retry waits for a place", "[simulation][retries]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    bench on{allowed};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        request.reply(log.sent[0].size() == 1 ? 150ms : 500ms, answer(request.bytes));
    };
    const auto retried = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(3)});
    const auto other = on.ask(only(requests(2), {0})); // takes the place at 100 ms
    on.world.run();
    CHECK(log.echoes(0) == std::vector<std::uint16_t>{1, 2});
    CHECK(retried->got[0].attempts == 1);
    CHECK(retried->got[0].latency == 150ms); // from its send, not from when its retry was queued
    CHECK(on.passed(retried->at) == 150ms);
    CHECK(other->got.answered() == 1);
    CHECK(on.counts(0).retried == 0);
    CHECK(on.engine->learned_round_trips()[0].samples == 2);
    CHECK(on.engine->learned_round_trips()[0].smoothed >= 150ms);
}

TEST_CASE("a retry that finds no place ends as timed out, since it was sent once", "[simulation][retries]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    allowed.queue_wait = 200ms;
    bench on{allowed};
    on.world.on_request = {};
    const auto retried = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(3)});
    on.ask(only(requests(2), {0}), {.deadline = 10s});
    on.world.run();
    CHECK(retried->got[0].error == errc::timed_out);
    CHECK(retried->got[0].attempts == 1);
    CHECK(on.passed(retried->at) == 300ms);
    CHECK(on.counts(0).timed_out == 2);
}

TEST_CASE("a retry that waits is refused by the refusal of its first attempt", "[simulation][retries]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    bench on{allowed};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) {
        log.note(on, request);
        if (log.sent[0].size() == 1)
            request.fail(150ms, refused());
        else
            request.reply(500ms, answer(request.bytes));
    };
    const auto retried = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(3)});
    const auto other = on.ask(only(requests(2), {0}));
    on.world.run();
    CHECK(retried->got[0].error == std::errc::connection_refused);
    CHECK(on.passed(retried->at) == 150ms);
    CHECK(other->got.answered() == 1);
    CHECK(log.sent[0].size() == 2);
}

TEST_CASE("while a retry waits, an error without a quote could be about either and fails nobody",
          "[simulation][retries]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    bench on{allowed};
    on.world.on_request = [&](const simulated_request& request) {
        if (on.passed() == 0ms)
            request.fail(150ms, refused(), 0);
        else
            request.reply(100ms, answer(request.bytes));
    };
    const auto retried = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(3)});
    const auto other = on.ask(only(requests(2), {0}));
    on.world.run();
    CHECK(other->got.answered() == 1);
    CHECK(retried->got.answered() == 1);
    CHECK(on.counts(0).unattributed == 1);
}

TEST_CASE("a network error ends a slot, whatever attempts are left", "[simulation][retries]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) { request.fail(5ms, refused()); };
    const auto result = on.ask(requests(1), {.retry = retry_policy::up_to(5)});
    on.world.run();
    CHECK(count_of(result->got, refused()) == n);
    CHECK(on.passed(result->at) == 5ms);
}

TEST_CASE("a retry does not cost its own echo the right to an error answer", "[simulation][retries]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked == 2)
            request.reply(1ms, unproved(request.bytes, status::invalid_packet_length));
    };
    const auto result = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(5)});
    on.world.run();
    CHECK(result->got[0].status() == status::invalid_packet_length);
    CHECK(result->got[0].attempts == 2);
    CHECK(on.passed(result->at) == 250ms); // the end of that attempt: nothing is known of the server yet
}

TEST_CASE("retries work without any wait for a place", "[simulation][retries]")
{
    raida::limits allowed;
    allowed.queue_wait = 0s;
    bench on{allowed};
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    const auto result = on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = retry_policy::up_to(3)});
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0ms, 100ms, 250ms});
    CHECK(result->got[0].attempts == 3);
}

TEST_CASE("nothing is asked again after an hour", "[simulation][retries]")
{
    bench on;
    send_log log;
    on.world.on_request = [&](const simulated_request& request) { log.note(on, request); };
    const auto result =
        on.ask(only(requests(1), {0}),
               {.deadline = 25min, .retry = {.attempts = 255, .backoff = 1.0, .longest = 1h}});
    on.world.run();
    CHECK(log.times(0) == std::vector<duration>{0min, 25min, 50min});
    CHECK(result->got[0].error == errc::timed_out);
    CHECK(on.passed(result->at) == 75min);
}

TEST_CASE("cancellation ends a retry that waits and one that is in flight", "[simulation][retries]")
{
    raida::limits allowed;
    allowed.in_flight_per_lane = 1;
    bench on{allowed};
    on.world.on_request = {};
    asio::cancellation_signal stop;
    replies got;
    on.engine->async_request(only(requests(1), {0, 1}), got,
                             options{.deadline = 100ms, .retry = retry_policy::up_to(9)},
                             asio::bind_cancellation_slot(stop.slot(), [](std::error_code) {}));
    const auto other = on.ask(only(requests(2), {0}), {.deadline = 1s});
    on.world.run_for(120ms); // 0 waits, 1 was sent twice
    stop.emit(asio::cancellation_type::terminal);
    on.world.run();
    CHECK(got[0].error == asio::error::operation_aborted);
    CHECK(got[0].attempts == 1);
    CHECK(got[1].error == asio::error::operation_aborted);
    CHECK(got[1].attempts == 2);
    CHECK(other->got[0].error == errc::timed_out);
}
