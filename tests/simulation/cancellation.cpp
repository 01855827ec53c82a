// Invariant 7, second part: per-operation cancellation.
#include "simulation/support.hpp"

#include <asio/error.hpp>

using namespace tests;
using asio::cancellation_type;

namespace {

// A fan-out that can be cancelled.
struct cancellable
{
    explicit cancellable(bench& on) : engine{*on.engine} {}

    void ask(const packets& all, options how = {})
    {
        engine.async_request(
            all, std::move(how),
            asio::bind_cancellation_slot(signal.slot(), [this](std::error_code error, replies r) {
                ++calls;
                result = error;
                got = std::move(r);
            }));
    }

    network& engine;
    asio::cancellation_signal signal;
    std::size_t calls = 0;
    std::error_code result = make_error_code(errc::pending);
    replies got;
};

// Even servers answer after 10 ms, odd ones after 100 ms.
void half_and_half(bench& on)
{
    on.world.on_request = [](const simulated_request& request) {
        request.reply(request.server % 2 == 0 ? 10ms : 100ms, answer(request.bytes, status::success, {5}));
    };
}

} // namespace

TEST_CASE("invariant 7: cancellation keeps what has arrived, and succeeds", "[simulation][cancellation]")
{
    const auto type = GENERATE(cancellation_type::terminal, cancellation_type::partial,
                               cancellation_type::total, cancellation_type::all);
    bench on;
    half_and_half(on);
    cancellable one{on};
    one.ask(requests(1));
    on.world.run_for(50ms);
    one.signal.emit(type);
    CHECK(one.calls == 0); // never inside
    on.world.run_for(0ms);
    REQUIRE(one.calls == 1);
    CHECK(!one.result);
    for (std::size_t server = 0; server < n; ++server)
        if (server % 2 == 0) {
            CHECK(!one.got[server].error);
            REQUIRE(one.got[server].body().size() == 1);
            CHECK(one.got[server].body()[0] == 5);
        } else {
            CHECK(one.got[server].error == asio::error::operation_aborted);
            CHECK(one.got[server].attempts == 1);
            CHECK(one.got[server].datagram.empty());
        }
    on.world.run();
    CHECK(one.calls == 1);
    CHECK(on.engine->statistics().total().late == 12); // what came afterwards
}

TEST_CASE("a cancellation that asks for nothing changes nothing", "[simulation][cancellation]")
{
    bench on;
    half_and_half(on);
    cancellable one{on};
    one.ask(requests(1));
    on.world.run_for(50ms);
    one.signal.emit(cancellation_type::none);
    on.world.run();
    CHECK(one.got.answered() == n);
}

TEST_CASE("cancelled before anything left, nothing is sent", "[simulation][cancellation]")
{
    bench on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request&) { ++sent; };
    cancellable one{on};
    one.ask(requests(1));
    one.signal.emit(cancellation_type::total);
    CHECK(one.calls == 0);
    on.world.run();
    CHECK(sent == 0);
    CHECK(one.calls == 1);
    CHECK(!one.result);
    CHECK(count_of(one.got, asio::error::operation_aborted) == n);
    CHECK(one.got[0].attempts == 0);
}

TEST_CASE("cancelling twice, or after the end, does nothing more", "[simulation][cancellation]")
{
    bench on;
    half_and_half(on);
    cancellable one{on};
    one.ask(requests(1));
    on.world.run_for(50ms);
    one.signal.emit(cancellation_type::terminal);
    one.signal.emit(cancellation_type::terminal);
    on.world.run_for(1ms);
    one.signal.emit(cancellation_type::terminal);
    const auto other = on.ask(requests(2)); // maybe in the same place
    one.signal.emit(cancellation_type::terminal);
    on.world.run();
    CHECK(one.calls == 1);
    CHECK(other->got.answered() == n);
}

TEST_CASE("the cancellation slot is clear again when the handler runs", "[simulation][cancellation]")
{
    const bool good = GENERATE(true, false);
    bench on;
    asio::cancellation_signal signal;
    auto slot = signal.slot();
    bool clear = false;
    on.engine->async_request(good ? requests(1) : packets(3),
                             asio::bind_cancellation_slot(slot, [&](std::error_code error, replies) {
                                 CHECK(!error == good);
                                 clear = !slot.has_handler();
                                 // and it can be used for the next operation
                                 on.engine->async_request(
                                     requests(2),
                                     asio::bind_cancellation_slot(slot, [](std::error_code, replies) {}));
                             }));
    CHECK(slot.has_handler() == good);
    on.world.run();
    CHECK(clear);
    CHECK(!slot.has_handler());
}

TEST_CASE("cancelling one fan-out disturbs no other", "[simulation][cancellation]")
{
    bench on;
    half_and_half(on);
    std::vector<std::unique_ptr<cancellable>> all;
    for (std::uint16_t echo = 0; echo < 30; ++echo) {
        all.push_back(std::make_unique<cancellable>(on));
        all.back()->ask(requests(echo));
    }
    on.world.run_for(50ms);
    for (std::size_t i = 0; i < all.size(); i += 3)
        all[i]->signal.emit(cancellation_type::partial);
    on.world.run();
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i]->calls == 1);
        CHECK(all[i]->got.answered() == (i % 3 == 0 ? 13 : n));
    }
}

TEST_CASE("a cancelled fan-out into the caller's storage leaves it complete", "[simulation][cancellation]")
{
    bench on;
    half_and_half(on);
    asio::cancellation_signal signal;
    replies storage;
    std::error_code result = make_error_code(errc::pending);
    on.engine->async_request(
        requests(1), storage, {},
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code e) { result = e; }));
    on.world.run_for(50ms);
    signal.emit(cancellation_type::terminal);
    on.world.run_for(0ms);
    CHECK(!result);
    CHECK(storage.answered() == 13);
    const auto before = storage.clone();
    on.world.run(); // nothing writes to it any more
    for (std::size_t server = 0; server < n; ++server)
        CHECK(storage[server].error == before[server].error);
}

TEST_CASE("on_reply may cancel its own fan-out", "[simulation][cancellation]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply((request.server + 1) * 1ms, answer(request.bytes));
    };
    cancellable one{on};
    std::size_t told = 0;
    one.ask(requests(1), {.on_reply = [&](const raida::reply&) {
                if (++told == 5)
                    one.signal.emit(cancellation_type::terminal);
            }});
    on.world.run();
    CHECK(told == 5);
    CHECK(one.calls == 1);
    CHECK(one.got.answered() == 5);
    CHECK(count_of(one.got, asio::error::operation_aborted) == n - 5);
}

TEST_CASE("on_reply is still told of what was settled before a cancellation", "[simulation][cancellation]")
{
    scripted_bench on;
    asio::cancellation_signal signal;
    std::size_t told = 0, calls = 0;
    on.engine->async_request(requests(1),
                             options{.on_reply =
                                         [&](const raida::reply&) {
                                             CHECK(calls == 0);
                                             if (++told == 1)
                                                 signal.emit(cancellation_type::terminal);
                                         }},
                             asio::bind_cancellation_slot(signal.slot(), [&](std::error_code, replies got) {
                                 ++calls;
                                 CHECK(got.answered() == 10);
                             }));
    on.turn();
    for (std::size_t server = 0; server < 10; ++server)
        on.how.arrive(server, 0, answer(on.how.sent[server].data));
    on.turn();
    CHECK(told == 10);
    CHECK(calls == 1);
}

TEST_CASE("the rule may cancel its own fan-out, whatever it answers then", "[simulation][cancellation]")
{
    const bool answer_then = GENERATE(true, false);
    bench on;
    half_and_half(on);
    cancellable one{on};
    one.ask(requests(1), {.complete =
                              [&](const replies&) {
                                  one.signal.emit(cancellation_type::terminal);
                                  return answer_then;
                              },
                          .linger = 20ms});
    on.world.run();
    CHECK(one.calls == 1);
    CHECK(one.got.answered() == 1);
    CHECK(count_of(one.got, asio::error::operation_aborted) == n - 1);
}

TEST_CASE("cancellation ends lingering", "[simulation][cancellation]")
{
    bench on;
    half_and_half(on);
    cancellable one{on};
    one.ask(requests(1),
            {.complete = [](const replies& so_far) { return so_far.answered() >= 3; }, .linger = 1min});
    on.world.run_for(50ms);
    CHECK(one.calls == 0);
    one.signal.emit(cancellation_type::terminal);
    on.world.run_for(0ms);
    CHECK(one.calls == 1);
    CHECK(one.got.answered() == 13);
}

TEST_CASE("a server may be asked again at once after a cancellation, and old answers stay away",
          "[simulation][cancellation]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        const bool first = asked++ == 0;
        request.reply(first ? 50ms : 100ms,
                      answer(request.bytes, first ? status::all_pass : status::all_fail));
    };
    cancellable one{on};
    one.ask(only(requests(1, raida::detect_command), {0}));
    on.world.run_for(10ms);
    one.signal.emit(cancellation_type::total);
    const auto other = on.ask(only(requests(1, raida::detect_command), {0}));
    on.world.run();
    CHECK(other->got[0].status() == status::all_fail);
}
