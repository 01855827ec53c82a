// The TCP transport by itself: what it promises an engine.
#include "tcp_engine.hpp"

#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcp_support;

namespace {

struct recording_sink final : raida::transport_sink
{
    std::vector<std::pair<raida::request_id, bytes>> answers;
    std::vector<std::pair<raida::request_id, std::error_code>> errors;
    std::size_t wakes = 0;
    bool awaits = true;
    raida::lane_statistics counted;

    void on_datagram(std::size_t, std::uint8_t, const raida::incoming& arrived) override
    {
        answers.emplace_back(arrived.id, bytes{arrived.bytes.begin(), arrived.bytes.end()});
    }
    void on_error(std::size_t, std::uint8_t, std::error_code error, raida::bytes_view,
                  raida::request_id id) override
    {
        errors.emplace_back(id, error);
    }
    void on_wake() override { ++wakes; }
    bool is_awaited(std::size_t, raida::request_id) noexcept override { return awaits; }
    raida::lane_statistics& counts(std::size_t) noexcept override { return counted; }
};

constexpr auto id_of(std::uint64_t number)
{
    return static_cast<raida::request_id>(number);
}

// A transport on one event loop, its server on another, so that a test says who runs when.
struct bare_transport
{
    asio::io_context near, far;
    server peer{far};
    std::shared_ptr<recording_sink> sink = std::make_shared<recording_sink>();
    raida::transport::tcp transport;
    raida::commands<1> build;
    raida::requests<1> packets = build.echo();

    explicit bare_transport(const raida::transport::tcp_options& how = {})
        : transport{near.get_executor(), {}, how}
    {
        transport.attach(*sink, sink);
        transport.set_endpoint(0, peer.endpoint());
    }
    raida::submitted submit(std::uint64_t number, std::uint8_t generation = 0)
    {
        const raida::outgoing one{packets[0].bytes, id_of(number)};
        return transport.submit(0, generation, {&one, 1});
    }
    // Both, until the server has sent its answer; then the transport has not looked yet.
    void run_until_answered(const bool& answered)
    {
        while (!answered) {
            settle(near);
            settle(far);
        }
    }
};

} // namespace

TEST_CASE("draining a TCP lane hands up what has arrived, at once", "[tcp]")
{
    bare_transport world;
    bool answered = false;
    world.peer.on_request = [&](connection& one) {
        one.send(answer_to(one.request, raida::status::success), [&](connection&) { answered = true; });
        one.await_end();
    };
    REQUIRE(world.submit(7).count == 1);
    world.transport.drain(0);
    CHECK(world.sink->answers.empty());
    world.run_until_answered(answered);
    world.transport.drain(0);
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].first == id_of(7));
    CHECK(world.sink->wakes == 0); // whoever drains goes on by itself
    settle(world.near);
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.sink->errors.empty());
    world.transport.drain(24); // a lane that was never used
}

TEST_CASE("a header error is seen though the reset broke off the request's writing", "[tcp]")
{
    bare_transport world;
    bool answered = false;
    world.peer.on_accept = [&](connection& one) {
        one.read_header([&](connection& self) {
            self.send(header_error(0, raida::status::invalid_coin_id), [&](connection& sent) {
                sent.reset();
                answered = true;
            });
        });
    };
    const bytes endless(16 * 1024 * 1024); // no buffer takes it all
    const raida::outgoing one{endless, id_of(1)};
    REQUIRE(world.transport.submit(0, 0, {&one, 1}).count == 1);
    world.run_until_answered(answered); // answer and reset are there when the transport looks
    run_until(world.near, [&] { return world.sink->wakes != 0; });
    CHECK(world.sink->errors.empty());
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].second == header_error(0, raida::status::invalid_coin_id));
}

TEST_CASE("a reset that breaks off the request's writing without an answer is the slot's error", "[tcp]")
{
    bare_transport world;
    world.peer.on_accept = [](connection& one) { one.read_header([](connection& self) { self.reset(); }); };
    const bytes endless(16 * 1024 * 1024);
    const raida::outgoing one{endless, id_of(1)};
    REQUIRE(world.transport.submit(0, 0, {&one, 1}).count == 1);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.empty());
    REQUIRE(world.sink->errors.size() == 1);
    const auto error = world.sink->errors[0].second;
    CHECK((error == asio::error::connection_reset || error == asio::error::broken_pipe));
    settle(world.near);
    CHECK(world.sink->wakes == 1); // told once
}

TEST_CASE("a TCP lane takes one request, and the next when it is over", "[tcp]")
{
    bare_transport world;
    const raida::outgoing two[] = {{world.packets[0].bytes, id_of(1)}, {world.packets[0].bytes, id_of(2)}};
    const auto first = world.transport.submit(0, 0, two);
    CHECK(first.count == 1);
    CHECK(first.error == std::errc::operation_would_block);
    CHECK(world.submit(2).error == std::errc::operation_would_block);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.submit(2).count == 1);
    CHECK(world.sink->counted.sockets == 2);
}

TEST_CASE("where more connections are allowed, still one connects after another", "[tcp]")
{
    bare_transport world{{.connections = 3}};
    world.peer.on_request = keep_silent;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        CHECK(world.submit(number).count == 1);
        CHECK(world.submit(number + 1).error == std::errc::operation_would_block);
        run_until(world.near, [&] { return world.sink->wakes == number; }); // it stands: the next one may
    }
    CHECK(world.submit(4).error == std::errc::operation_would_block);
    CHECK(world.sink->counted.sockets == 3);
}

TEST_CASE("a TCP connection that nobody waits for makes room", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    world.sink->awaits = false;
    CHECK(world.submit(2).count == 1);
    world.transport.listen(); // nor for this one
    settle(world.near);
    settle(world.far);
    CHECK(world.sink->answers.empty());
    CHECK(world.sink->errors.empty());
    CHECK(world.sink->wakes == 0);
}

TEST_CASE("the same request submitted again over TCP replaces its connection", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    CHECK(world.submit(1).count == 1);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.sink->counted.sockets == 2);
}

TEST_CASE("closing a generation ends its TCP connections silently, and no others", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1, 3).count == 1);
    world.transport.close_generation(0, 4);
    CHECK(world.submit(2, 4).error == std::errc::operation_would_block);
    world.transport.close_generation(0, 3);
    CHECK(world.submit(2, 4).count == 1);
    world.transport.close_generation(24, 0); // a lane that was never used
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].first == id_of(2));
}

TEST_CASE("in a forked child the TCP connections are the parent's, which keeps them", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    world.transport.notify_fork(asio::execution_context::fork_prepare);
    world.transport.notify_fork(asio::execution_context::fork_parent);
    CHECK(world.submit(2).error == std::errc::operation_would_block); // the first one is still there
    world.transport.notify_fork(asio::execution_context::fork_child);
    CHECK(world.submit(2).count == 1);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].first == id_of(2));
    CHECK(world.sink->errors.empty());
}

TEST_CASE("at rest and after its close a TCP transport holds no work", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    world.transport.arm(world.transport.now() + 1h);
    world.transport.rest();
    world.near.restart();
    world.near.run();

    CHECK(world.submit(2).count == 1);
    world.transport.arm(world.transport.now() + 1h);
    world.transport.close();
    world.near.restart();
    world.near.run();
    CHECK(world.sink->answers.empty());
    CHECK(world.sink->errors.empty());
    world.transport.release();
}

TEST_CASE("an armed TCP transport wakes the engine once, and not after rest()", "[tcp]")
{
    bare_transport world;
    world.transport.arm(world.transport.now() + 1h);
    world.transport.arm(world.transport.now() - 1ms); // earlier
    run_until(world.near, [&] { return world.sink->wakes == 1; });
    world.transport.arm(world.transport.now() - 1ms);
    world.transport.rest();
    world.near.restart();
    world.near.run();
    CHECK(world.sink->wakes == 1);
}
