// What the operating system refuses, and what of it an engine must not take for more than it says.
#include <catch2/catch_test_macros.hpp>

#if !defined(__linux__) || !defined(__GLIBC__)

TEST_CASE("refusals of the system are tested on Linux", "[transport]")
{
    SKIP("only there can a test stand in front of the system's calls");
}

#else

#include "refused_calls.hpp"

#include <raida/base/detail/system_error.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <span>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace refused_calls;

namespace {

constexpr std::size_t n = raida::server_count;

using native_udp = raida::transport::udp;
using portable_udp = raida::transport::basic_portable_udp<>;

// Servers and an engine on one context. Where nothing may depend on them, deadlines are hours.
template <class Transport>
struct network
{
    asio::io_context io;
    asio::steady_timer other_user{io}; // Asio has its own descriptors by now
    raida::testing::fleet fleet{io};
    std::vector<raida::token> tokens = raida::testing::make_tokens(64);
    raida::commands<> ask;
    raida::fanout<n, Transport> engine{io, fleet.servers()};
    std::size_t open = 0;
    std::vector<raida::replies<>> ended;

    network()
    {
        allow_all();
        fleet.add(tokens);
    }
    ~network() { allow_all(); }

    void start(const raida::requests<>& packets)
    {
        ++open;
        engine.async_request(packets, {.deadline = 1h}, [&](std::error_code error, raida::replies<> got) {
            REQUIRE(!error);
            ended.push_back(std::move(got));
            --open;
        });
    }
    std::vector<raida::replies<>> finish()
    {
        while (open != 0)
            io.run_one();
        return std::exchange(ended, {});
    }
    raida::replies<> request(const raida::requests<>& packets)
    {
        start(packets);
        return std::move(finish().front());
    }

    // So many requests at once, some of them alike, some not.
    [[nodiscard]] bool all_answered(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i)
            start(i % 3 != 0 ? ask.echo() : ask.detect(std::span{tokens}.first(1 + i % 60)));
        std::size_t answered = 0;
        for (const auto& one : finish())
            answered += one.answered();
        return answered == count * n;
    }
};

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct counting_sink final : raida::transport_sink
{
    void on_datagram(std::size_t, std::uint8_t, const raida::incoming& arrived) override
    {
        times.push_back(arrived.when);
    }
    void on_error(std::size_t, std::uint8_t, std::error_code, raida::bytes_view, raida::request_id) override
    {}
    void on_wake() override { ++wakes; }
    raida::lane_statistics& counts(std::size_t) noexcept override { return counted; }

    raida::lane_statistics counted;
    std::vector<std::chrono::steady_clock::time_point> times; // of datagrams
    int wakes = 0;
};

} // namespace

TEST_CASE("a sandbox that bars the calls for many datagrams costs no answer", "[transport]")
{
    const int error = GENERATE(ENOSYS, EPERM);
    const auto barred = GENERATE(std::vector{send_many}, std::vector{receive_many}, std::vector{send_as_one},
                                 std::vector{send_many, receive_many, send_as_one});
    network<native_udp> on;
    for (const call one : barred)
        refuse(one, error, 1'000'000);
    for (int round = 0; round < 5; ++round)
        CHECK(on.all_answered(40));
    for (const call one : barred)
        CHECK(states[one].calls <= static_cast<int>(n)); // once, or once for each socket
}

TEMPLATE_TEST_CASE("without a free port or descriptor a slot ends at once, and the next call tries again",
                   "[transport]", native_udp, portable_udp)
{
    network<TestType> on;
    const auto [which, number, expected] =
        GENERATE(std::tuple{connect_socket, EAGAIN, std::errc::address_not_available},
                 std::tuple{make_socket, EMFILE, std::errc::too_many_files_open},
                 std::tuple{make_watch_set, EMFILE, std::errc::too_many_files_open});
    if (which == make_watch_set && std::is_same_v<TestType, portable_udp>)
        return;             // it has none
    std::size_t before = 0; // what the engine keeps it has after the first time
    for (int i = 0; i < 3; ++i) {
        refuse(which, number, 1'000'000);
        const auto got = on.request(on.ask.echo());
        allow_all();
        for (const auto& one : got) {
            CHECK(raida::detail::is_system_error(one.error, expected));
            CHECK(one.attempts == 0);
        }
        const auto now = open_descriptors();
        CHECK((i == 0 || now == before));
        before = now;
    }
    CHECK(on.request(on.ask.echo()).answered() == n);
}

TEMPLATE_TEST_CASE("an error of an earlier datagram is not the next one's", "[transport]", native_udp,
                   portable_udp)
{
    network<TestType> on;
    CHECK(on.request(on.ask.echo()).answered() == n);
    for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENOPROTOOPT, EMSGSIZE, ENETUNREACH}) {
        refuse(send_one, error);
        const auto got = on.request(on.ask.echo());
        CHECK(got.answered() == n);
        CHECK(got[0].attempts == 1);
        CHECK(states[send_one].calls == static_cast<int>(n) + 1);
    }
    CHECK(on.engine.statistics().total().sockets == n);
}

TEST_CASE("a path too small for packets that are cut apart changes its own lane alone", "[transport]")
{
    network<native_udp> on;
    const auto ask_thrice = [&] {
        for (int i = 0; i < 3; ++i)
            on.start(on.ask.echo());
        for (const auto& one : on.finish())
            CHECK(one.answered() == n);
        return std::exchange(states[send_as_one].calls, 0);
    };
    if (ask_thrice() == 0)
        SKIP("this system cuts no packets");
    refuse(send_as_one, EMSGSIZE);
    CHECK(ask_thrice() == static_cast<int>(n));
    CHECK(ask_thrice() == static_cast<int>(n) - 1);
}

TEST_CASE("too long to be told apart when it is refused, a request leaves alone unless it may be asked again",
          "[transport]")
{
    network<native_udp> on;
    const std::span some{on.tokens.data(), 36};
    std::vector<raida::authenticity_numbers<>> new_numbers;
    for (const auto& one : some)
        new_numbers.push_back(one.numbers);
    const auto ask_twice = [&](auto packets) {
        for (int i = 0; i < 2; ++i)
            on.start(packets());
        on.finish();
        return std::exchange(states[send_as_one].calls, 0);
    };
    if (ask_twice([&] { return on.ask.echo(); }) == 0)
        SKIP("this system cuts no packets");
    CHECK(ask_twice([&] { return on.ask.detect(on.tokens); }) == static_cast<int>(n));
    CHECK(ask_twice([&] { return on.ask.find(some, new_numbers); }) == static_cast<int>(n));
    CHECK(ask_twice([&] { return on.ask.pown(some, new_numbers); }) == 0);
    CHECK(ask_twice([&] { return on.ask.pown(some.first(2), std::span{new_numbers}.first(2)); }) ==
          static_cast<int>(n)); // short
}

TEST_CASE("a lane that would block waits for space once, however often it is tried", "[transport]")
{
    allow_all();
    asio::io_context io;
    asio::ip::udp::socket server{io, {asio::ip::address_v4::loopback(), 0}};
    counting_sink sink;
    const auto owner = std::make_shared<int>();
    raida::detail::portable_sockets<asio::any_io_executor> sockets{io.get_executor(), {}};
    sockets.attach(sink, owner);
    REQUIRE(!sockets.open(0, 0, server.local_endpoint()));
    const std::vector<std::uint8_t> bytes(50);
    const raida::outgoing one{bytes, raida::request_id{1}};
    for (int round = 1; round < 4; ++round) {
        refuse(send_one, EAGAIN, 1'000'000);
        for (int i = 0; i < 5; ++i)
            CHECK(raida::detail::is_system_error(sockets.send(0, 0, {&one, 1}).error,
                                                 std::errc::operation_would_block));
        allow_all();
        io.restart();
        io.poll();
        CHECK(sink.wakes == round);
    }
    CHECK(sockets.send(0, 0, {&one, 1}).count == 1);
}

TEST_CASE("what was read in one call has one time, what was read alone has the engine's", "[transport]")
{
    allow_all();
    asio::io_context io;
    asio::ip::udp::socket server{io, {asio::ip::address_v4::loopback(), 0}};
    asio::ip::udp::socket client{io, {asio::ip::address_v4::loopback(), 0}};
    for (char i = 0; i < 4; ++i)
        server.send_to(asio::buffer(&i, 1), client.local_endpoint());
    counting_sink sink;
    raida::detail::linux_receiver receiver{100};
    receiver.make_room(0);
    const auto before = std::chrono::steady_clock::now();
    receiver.receive(client.native_handle(), 0, 0, sink, raida::detail::linux_receiver::until::empty);
    REQUIRE(sink.times.size() == 4); // first one alone, then all that there are
    CHECK(sink.times[0] == std::chrono::steady_clock::time_point{});
    CHECK(sink.times[1] >= before);
    CHECK(sink.times[1] <= std::chrono::steady_clock::now());
    CHECK(sink.times[2] == sink.times[1]);
    CHECK(sink.times[3] == sink.times[1]);
}

#endif
