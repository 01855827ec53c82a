// Invariant 5, second part: error answers that nothing proves, and hints.
#include "simulation/support.hpp"

#include <raida/consensus.hpp>

#include <asio/error.hpp>

using namespace tests;

namespace {

// Errors that servers send with the right echo and a stale signature, and others.
constexpr status some_errors[] = {status::invalid_packet_length,
                                  status::invalid_terminator,
                                  status::invalid_encryption,
                                  status::invalid_crc,
                                  status::internal,
                                  status::request_rate,
                                  status{0},
                                  status{99}};

} // namespace

TEST_CASE("invariant 5: an unverifiable error answer fills its slot when the grace is over",
          "[simulation][provisional]")
{
    for (const status what : some_errors) {
        INFO(raida::describe(what));
        bench on;
        on.know(4ms);
        on.world.on_request = [&](const simulated_request& request) {
            if (request.server == 4)
                request.reply(20ms, unproved(request.bytes, what));
            else
                request.reply(1ms, answer(request.bytes));
        };
        duration shown{};
        const auto result = on.ask(requests(1), {.on_reply = [&](const raida::reply& one) {
                                       if (one.server == 4)
                                           shown = on.passed();
                                   }});
        on.world.run();
        const auto& slot = result->got[4];
        CHECK(!slot.error);
        CHECK(slot.status() == what);
        CHECK(!slot.verified);
        CHECK(!slot.hint);
        CHECK(slot.latency == 20ms); // when it came, not when it was settled for
        CHECK(shown == 70ms);
        CHECK(on.passed(result->at) == 70ms);
        CHECK(on.counts(4).answered == 1);
        CHECK(on.counts(4).timed_out == 0);
    }
}

TEST_CASE("invariant 5: a provisional error answer is never a vote", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(1ms, request.server < 12
                               ? unproved(request.bytes, some_errors[request.server % std::size(some_errors)])
                               : answer(request.bytes, status::all_pass));
    };
    const auto result = on.ask(requests(1, raida::detect_command));
    on.world.run();
    REQUIRE(result->got.answered() == n);
    const auto tally = raida::aggregate(result->got, 3);
    CHECK(tally.successes == 13);
    CHECK(tally.failures == 0);
    CHECK(tally.fails(0) == 0);
    CHECK(tally.vote(0, 0) == raida::vote::none);
}

TEST_CASE("invariant 5: a verified answer replaces the provisional one until the grace is over",
          "[simulation][provisional]")
{
    const auto delay = GENERATE(1ms, 49ms, 50ms, 51ms);
    bench on;
    on.know(4ms);
    on.world.on_request = [&](const simulated_request& request) {
        request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        request.reply(10ms + delay, answer(request.bytes, status::all_pass));
    };
    const auto result = on.ask(only(requests(1, raida::detect_command), {0}));
    on.world.run();
    const auto& slot = result->got[0];
    if (delay <= 50ms) { // at its very end, what has arrived is taken first
        CHECK(slot.status() == status::all_pass);
        CHECK(slot.verified);
        CHECK(slot.latency == 10ms + delay);
    } else {
        CHECK(slot.status() == status::invalid_packet_length);
        CHECK(!slot.verified);
        CHECK(on.counts(0).late == 1);
    }
    CHECK(on.counts(0).answered == 1);
}

TEST_CASE("invariant 5: the grace is settable, and never longer than the deadline",
          "[simulation][provisional]")
{
    const auto [grace, over] = GENERATE(std::pair<duration, duration>{0ms, 20ms}, std::pair{1ms, 21ms},
                                        std::pair{30ms, 50ms}, std::pair{10s, 100ms});
    raida::limits allowed;
    allowed.grace = grace;
    bench on{allowed};
    on.know(4ms);
    on.world.on_request = [](const simulated_request& request) {
        request.reply(20ms, unproved(request.bytes, status::invalid_packet_length));
    };
    const auto result = on.ask(requests(1), {.deadline = 100ms});
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(on.passed(result->at) == over);
}

TEST_CASE("invariant 5: an unverifiable error answer waits as long as honest answers usually take",
          "[simulation][provisional]")
{
    // Somebody who sees the requests is faster than the servers, which are far away.
    const bool known = GENERATE(true, false);
    const bool honest = GENERATE(true, false);
    bench on;
    if (known)
        on.know(300ms); // within 450 ms
    on.world.on_request = [&](const simulated_request& request) {
        request.reply(1ms, unproved(request.bytes, status::invalid_packet_length));
        if (honest)
            request.reply(440ms, answer(request.bytes, status::all_pass));
    };
    const auto result = on.ask(requests(1, raida::detect_command), {.deadline = 2s});
    on.world.run();
    for (const raida::reply& one : result->got) {
        CHECK(one.verified == honest);
        CHECK(one.status() == (honest ? status::all_pass : status::invalid_packet_length));
    }
    CHECK(on.passed(result->at) == (honest ? 440ms : known ? 450ms : 2s));
}

TEST_CASE("the first of several unverifiable error answers is kept", "[simulation][provisional]")
{
    bench on;
    on.know(4ms);
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        request.reply(20ms, unproved(request.bytes, status::invalid_terminator));
        request.reply(30ms, unproved(request.bytes, status::all_pass));
    };
    const auto result = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(result->got[0].status() == status::invalid_packet_length);
    CHECK(on.passed(result->at) == 60ms); // and it does not get more grace
    CHECK(on.counts(0).late == 1);
    CHECK(on.counts(0).forged == 1);
}

TEST_CASE("a verified error answer needs no grace", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, answer(request.bytes, status::invalid_crc));
    };
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(result->got[0].status() == status::invalid_crc);
    CHECK(result->got[0].verified);
    CHECK(on.passed(result->at) == 10ms);
}

TEST_CASE("a 48-byte error header is an unverifiable error answer", "[simulation][provisional]")
{
    bench on;
    on.know(4ms);
    on.world.on_request = [](const simulated_request& request) {
        bytes whole = request.server == 0 ? answer(request.bytes, status::invalid_encryption_code)
                                          : unproved(request.bytes, status::invalid_encryption_code);
        whole.resize(48, 0xAA);
        request.reply(10ms, whole);
    };
    const auto result = on.ask(only(requests(1), {0, 1}));
    on.world.run();
    for (const std::size_t server : {0U, 1U}) {
        CHECK(result->got[server].status() == status::invalid_encryption_code);
        CHECK(!result->got[server].verified);
        CHECK(result->got[server].body().empty());
    }
    CHECK(on.passed(result->at) == 60ms);
}

TEST_CASE("while it is provisional, a slot is still pending to those who watch", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        else
            request.reply(20ms, answer(request.bytes));
    };
    std::size_t seen_pending = 0;
    const auto result = on.ask(requests(1), {.complete = [&](const replies& so_far) {
                                   seen_pending += so_far[0].error == errc::pending ? 1 : 0;
                                   CHECK(!so_far[0]);
                                   CHECK(so_far[0].status() == status{});
                                   return false;
                               }});
    on.world.run();
    CHECK(seen_pending == n - 1);
    CHECK(result->got.answered() == n);
}

TEST_CASE("a provisional answer is what has arrived when the fan-out is ended early",
          "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        if (request.server == 1)
            request.reply(20ms, answer(request.bytes));
    };
    const auto result =
        on.ask(requests(1), {.complete = [](const replies& so_far) { return so_far.answered() == 1; }});
    on.world.run();
    CHECK(on.passed(result->at) == 20ms);
    CHECK(result->got[0].status() == status::invalid_packet_length);
    CHECK(!result->got[0].verified);
    CHECK(count_of(result->got, errc::not_awaited) == n - 2);
    CHECK(on.counts(0).answered == 1);
}

TEST_CASE("a refusal during the grace fails the slot", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        request.fail(20ms, refused());
    };
    const auto result = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(result->got[0].error == std::errc::connection_refused);
}

TEST_CASE("invariant 5: with an echo that was used lately an error answer is only a hint",
          "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [&](const simulated_request& request) {
        if (on.passed() == 0ms)
            request.reply(1ms, answer(request.bytes));
        else
            request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
    };
    on.ask(only(requests(1), {0}));
    on.world.run_for(100ms);
    const auto second = on.ask(only(requests(1), {0}), {.deadline = 1s});
    on.world.run();
    CHECK(second->got[0].error == errc::timed_out);
    CHECK(second->got[0].hint == status::invalid_packet_length);
    CHECK(on.counts(0).hints == 1);
}

TEST_CASE("invariant 5: lately means within the longest deadline", "[simulation][provisional]")
{
    bench on;
    bool first = true;
    on.world.on_request = [&](const simulated_request& request) {
        if (std::exchange(first, false))
            request.reply(1ms, answer(request.bytes));
        else
            request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
    };
    on.ask(only(requests(1), {0}), {.deadline = 5s});
    const bool long_ago = GENERATE(true, false);
    on.world.run_for(long_ago ? 10s : 4999ms);
    const auto second = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(second->got[0].error == (long_ago ? std::error_code{} : make_error_code(errc::timed_out)));
}

TEST_CASE("invariant 5: an echo that somebody else used since proves nothing for the earlier request",
          "[simulation][provisional]")
{
    // The second request's late complaint must not become the first one's answer.
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked == 2)
            request.reply(200ms, unproved(request.bytes, status::invalid_packet_length));
    };
    const auto first = on.ask(only(requests(1), {0}), {.deadline = 1s});
    on.world.run_for(1ms);
    const auto second = on.ask(only(requests(1), {0}), {.deadline = 100ms});
    on.world.run();
    CHECK(second->got[0].error == errc::timed_out);
    CHECK(first->got[0].error == errc::timed_out);
    CHECK(first->got[0].hint == status::invalid_packet_length);
    CHECK(on.counts(0).answered == 0);
}

TEST_CASE("an unverifiable error that fits two requests in flight fills neither", "[simulation][provisional]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked == 2)
            request.reply(10ms, unproved(request.bytes, status::invalid_packet_length));
        request.reply(500ms, answer(request.bytes));
    };
    const auto first = on.ask(only(requests(1), {0})), second = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(first->got[0].status() == status::success);
    CHECK(second->got[0].status() == status::success);
    CHECK(!first->got[0].hint);
    CHECK(!second->got[0].hint);
    CHECK(on.counts(0).forged == 1);
}

TEST_CASE("without a known signature an error with the right echo is the answer", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, unproved(request.bytes, status::invalid_encryption));
    };
    auto all = packets(n);
    all[0] = sealed_request_to(0, 7);
    const auto result = on.ask(all);
    on.world.run();
    CHECK(result->got[0].status() == status::invalid_encryption);
    CHECK(!result->got[0].verified);
    CHECK(on.passed(result->at) == 10ms);
}

// ---- header errors, which come with an earlier request's echo and signature

TEST_CASE("invariant 5: a header error with a stranger's echo is a hint for the only request in flight",
          "[simulation][provisional]")
{
    for (const int number : {1, 2, 3, 4, 5, 6, 7, 18, 255}) {
        const auto what = static_cast<status>(number);
        INFO(raida::describe(what));
        for (const auto stranger : {std::uint16_t{0}, std::uint16_t{0xBEEF}}) {
            bench on;
            on.world.on_request = [&](const simulated_request& request) {
                request.reply(10ms, with_echo(request.bytes, stranger, what));
            };
            const auto result = on.ask(requests(1), {.deadline = 1s});
            on.world.run();
            CHECK(on.passed(result->at) == 1s); // it ends nothing
            for (const auto& slot : result->got) {
                CHECK(slot.error == errc::timed_out);
                CHECK(slot.hint == what);
                CHECK(!slot.verified);
                CHECK(slot.datagram.empty());
            }
            CHECK(on.engine->statistics().total().hints == n);
        }
    }
}

TEST_CASE("invariant 5: with two requests in flight a stranger's error is nobody's hint",
          "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, with_echo(request.bytes, 77, status::invalid_coin_id));
    };
    const auto first = on.ask(only(requests(1), {0})), second = on.ask(only(requests(2), {0}));
    on.world.run();
    CHECK(!first->got[0].hint);
    CHECK(!second->got[0].hint);
    CHECK(on.counts(0).hints == 0);
    CHECK(on.counts(0).foreign == 2);
}

TEST_CASE("a server that was asked under a wrong number may hint so", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        auto header = header_of_answer(request.bytes, request.server == 0   ? status::invalid_raida_id
                                                      : request.server == 1 ? status::wrong_raida
                                                                            : status::invalid_crc);
        header.server = 24;
        header.signature = {};
        header.echo = 0;
        request.reply(10ms, datagram(header));
    };
    const auto result = on.ask(only(requests(1), {0, 1, 2}));
    on.world.run();
    CHECK(result->got[0].hint == status::invalid_raida_id);
    CHECK(result->got[1].hint == status::wrong_raida);
    CHECK(!result->got[2].hint); // no header error: another server's business
    CHECK(on.counts(2).foreign == 1);
}

TEST_CASE("after a hint the right answer still counts", "[simulation][provisional]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(10ms, with_echo(request.bytes, 77, status::invalid_coin_id));
        request.reply(20ms, answer(request.bytes));
    };
    const auto result = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(result->got[0].status() == status::success);
    CHECK(result->got[0].verified);
    CHECK(on.passed(result->at) == 20ms);
}

TEST_CASE("a hint never outlives its fan-out", "[simulation][provisional]")
{
    bench on;
    bool first = true;
    on.world.on_request = [&](const simulated_request& request) {
        if (std::exchange(first, false))
            request.reply(10ms, with_echo(request.bytes, 77, status::invalid_coin_id));
    };
    replies storage;
    std::size_t calls = 0;
    on.engine->async_request(only(requests(1), {0}), storage, {}, [&](std::error_code) { ++calls; });
    on.world.run();
    CHECK(storage[0].hint == status::invalid_coin_id);
    on.engine->async_request(only(requests(2), {0}), storage, {}, [&](std::error_code) { ++calls; });
    on.world.run();
    CHECK(calls == 2);
    CHECK(storage[0].error == errc::timed_out);
    CHECK(!storage[0].hint);
}
