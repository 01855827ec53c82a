// What the tests of the engine share: requests, answers, what a handler was called with, and a transport that
// does as it is told.
#ifndef RAIDA_TESTS_SIMULATION_SUPPORT_HPP
#define RAIDA_TESTS_SIMULATION_SUPPORT_HPP

#include <raida/fanout.hpp>
#include <raida/testing/simulation.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace tests {

using namespace std::chrono_literals;
using raida::bytes_view;
using raida::errc;
using raida::status;

inline constexpr std::size_t n = raida::server_count;
using bytes = std::vector<std::uint8_t>;
using packets = std::vector<bytes>; // packets[i] is for server i
using replies = raida::replies<n>;
using options = raida::request_options<n>;
using simulation = raida::testing::simulation;
using simulated_request = raida::testing::simulated_request;
using network = raida::fanout<n, raida::testing::simulated_transport>;
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::nanoseconds;

// ---- requests and answers

/// A request of type 0 with a challenge that no other request of this program has.
inline bytes request_to(std::size_t server, std::uint16_t echo,
                        raida::command_code what = raida::echo_command, std::size_t payload = 0)
{
    static std::uint64_t made = 0;
    bytes packet(raida::header_size + raida::challenge_size + payload + raida::terminator_size);
    raida::request_header header{.server = static_cast<std::uint8_t>(server), .what = what};
    header.body_size = static_cast<std::uint16_t>(packet.size() - raida::header_size);
    header.echo(echo);
    header.write(packet.data());
    std::array<std::uint8_t, 12> random{};
    raida::detail::store_big<8>(random.data(), ++made);
    const auto challenge = raida::make_challenge(random);
    std::copy(challenge.begin(), challenge.end(), packet.begin() + raida::header_size);
    std::fill(packet.end() - raida::terminator_size, packet.end(), raida::terminator_byte);
    return packet;
}

/// One for each server, all with the same echo.
inline packets requests(std::uint16_t echo, raida::command_code what = raida::echo_command)
{
    packets all(n);
    for (std::size_t server = 0; server < n; ++server)
        all[server] = request_to(server, echo, what);
    return all;
}

/// Leaves all servers out but these.
inline packets only(packets all, std::initializer_list<std::size_t> asked)
{
    for (std::size_t server = 0; server < n; ++server)
        if (std::find(asked.begin(), asked.end(), server) == asked.end())
            all[server].clear();
    return all;
}

/// A request whose answer's signature nobody knows: encryption type 1.
inline bytes sealed_request_to(std::size_t server, std::uint16_t echo)
{
    bytes packet = request_to(server, echo);
    packet[16] = 1;
    return packet;
}

inline raida::response_header header_of_answer(bytes_view request, status what = status::success)
{
    raida::response_header header;
    header.server = request[2];
    header.status = what;
    header.group = request[4];
    header.echo = raida::detail::load_big<2, std::uint16_t>(request.data() + 30);
    std::copy_n(request.begin() + raida::header_size, header.signature.size(), header.signature.begin());
    return header;
}

/// The bytes of a response; without a body there is no terminator either.
inline bytes datagram(raida::response_header header, bytes body = {})
{
    if (!body.empty())
        body.insert(body.end(), raida::terminator_size, raida::terminator_byte);
    header.body_size = static_cast<std::uint32_t>(body.size());
    bytes whole(raida::header_size + body.size());
    header.write(whole.data());
    std::copy(body.begin(), body.end(), whole.begin() + raida::header_size);
    return whole;
}

/// What an honest server answers.
inline bytes answer(bytes_view request, status what = status::success, bytes body = {})
{
    return datagram(header_of_answer(request, what), std::move(body));
}

/// An answer with the right echo that nothing proves.
inline bytes unproved(bytes_view request, status what)
{
    auto header = header_of_answer(request, what);
    header.signature.fill(0xEE);
    return datagram(header);
}

/// An answer as an earlier request's, maybe another client's.
inline bytes with_echo(bytes_view request, std::uint16_t echo, status what)
{
    auto header = header_of_answer(request, what);
    header.signature.fill(0xEE);
    header.echo = echo;
    return datagram(header);
}

inline std::error_code refused()
{
    return std::make_error_code(std::errc::connection_refused);
}

// ---- a network and what comes of it

/// 25 servers with addresses that nothing is ever sent to.
inline raida::server_list<n> servers()
{
    raida::server_list<n> list;
    for (std::size_t server = 0; server < n; ++server)
        list.set(server, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(18'000 + server)});
    return list;
}

/// What a handler was called with.
struct outcome
{
    std::size_t calls = 0;
    std::error_code error{};
    replies got{};
    time_point at{};

    [[nodiscard]] bool is_open() const { return calls == 0; }
};

/// A virtual network with one engine on it. Every server answers at once, unless `on_request` says otherwise.
struct bench
{
    explicit bench(const raida::limits& allowed = {}) : engine{std::in_place, world, servers(), allowed}
    {
        world.on_request = [](const simulated_request& request) {
            request.reply(10ms, answer(request.bytes));
        };
    }

    /// Starts a fan-out.
    std::shared_ptr<outcome> ask(const packets& all, options how = {})
    {
        auto result = std::make_shared<outcome>();
        engine->async_request(all, std::move(how), [result, this](std::error_code error, replies got) {
            ++result->calls;
            result->error = error;
            result->got = std::move(got);
            result->at = world.now();
        });
        return result;
    }

    /// The engine has learned that every server answers so fast.
    void know(duration smoothed)
    {
        std::array<raida::round_trip, n> all{};
        all.fill({.smoothed = smoothed, .samples = 8, .size = 100});
        engine->learn(all);
    }

    /// Time since the beginning.
    [[nodiscard]] duration passed(time_point at) const { return at - began; }
    [[nodiscard]] duration passed() const { return passed(world.now()); }
    [[nodiscard]] raida::lane_statistics counts(std::size_t server) const
    {
        return engine->statistics().servers[server];
    }

    simulation world;
    time_point began = world.now();
    std::optional<network> engine;
};

/// The times at which a server was asked.
struct send_log
{
    struct entry
    {
        duration at;
        std::uint16_t echo;
    };

    std::array<std::vector<entry>, n> sent{};

    void note(const bench& on, const simulated_request& request)
    {
        sent[request.server].push_back(
            {on.passed(), raida::detail::load_big<2, std::uint16_t>(request.bytes.data() + 30)});
    }
    [[nodiscard]] std::vector<duration> times(std::size_t server) const
    {
        std::vector<duration> all;
        for (const entry& one : sent[server])
            all.push_back(one.at);
        return all;
    }
    [[nodiscard]] std::vector<std::uint16_t> echoes(std::size_t server) const
    {
        std::vector<std::uint16_t> all;
        for (const entry& one : sent[server])
            all.push_back(one.echo);
        return all;
    }
};

/// How many slots ended so.
inline std::size_t count_of(const replies& all, std::error_code error)
{
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const raida::reply& one) { return one.error == error; }));
}

// ---- a transport that does as it is told

/// What a scripted transport was told, and what it is to say.
struct script
{
    struct sent_datagram
    {
        std::size_t lane;
        std::uint8_t generation;
        bytes data;
    };

    time_point now{1h};
    time_point armed = time_point::max();
    std::vector<sent_datagram> sent{};
    std::vector<std::size_t> drained{};
    std::vector<std::pair<std::size_t, std::uint8_t>> closed{};
    bool listening = false;
    bool is_closed = false;
    std::function<raida::submitted(std::size_t, std::span<const raida::outgoing>)> on_submit{};
    std::function<void(std::size_t)> on_drain{};
    raida::transport_sink* sink = nullptr;
    std::weak_ptr<void> owner{};

    void arrive(std::size_t lane, std::uint8_t generation, bytes_view data, bool truncated = false) const
    {
        sink->on_datagram(lane, generation, {.bytes = data, .truncated = truncated});
    }
    void wake() const
    {
        if (const auto alive = owner.lock())
            sink->on_wake();
    }
};

template <class Executor = asio::any_io_executor>
class scripted_transport
{
  public:
    using executor_type = Executor;

    template <class Other>
    struct rebind_executor
    {
        using other = scripted_transport<Other>;
    };

    scripted_transport(executor_type executor, script& how) : executor_{std::move(executor)}, how_{&how} {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
    void attach(raida::transport_sink& sink, std::weak_ptr<void> owner)
    {
        how_->sink = &sink;
        how_->owner = std::move(owner);
    }
    [[nodiscard]] bool has_endpoint(std::size_t) const noexcept { return true; }
    void set_endpoint(std::size_t, const asio::ip::udp::endpoint&) {}
    raida::submitted submit(std::size_t lane, std::uint8_t generation, std::span<const raida::outgoing> batch)
    {
        auto done = how_->on_submit ? how_->on_submit(lane, batch) : raida::submitted{batch.size(), {}};
        for (const raida::outgoing& one : batch.first(done.count))
            how_->sent.push_back({lane, generation, bytes(one.bytes.begin(), one.bytes.end())});
        return done;
    }
    void drain(std::size_t lane)
    {
        how_->drained.push_back(lane);
        if (how_->on_drain)
            how_->on_drain(lane);
    }
    void close_generation(std::size_t lane, std::uint8_t generation)
    {
        how_->closed.emplace_back(lane, generation);
    }
    [[nodiscard]] time_point now() const noexcept { return how_->now; }
    void arm(time_point due) noexcept { how_->armed = due; }
    void listen() noexcept { how_->listening = true; }
    void rest() noexcept { how_->listening = false; }
    void close() noexcept { how_->is_closed = true; }
    void release() noexcept {}

  private:
    executor_type executor_;
    script* how_;
};

/// One engine on a scripted transport. `turn()` runs what was posted, then wakes the engine.
struct scripted_bench
{
    using engine_type = raida::fanout<n, scripted_transport<asio::io_context::executor_type>>;

    explicit scripted_bench(const raida::limits& allowed = {})
        : engine{std::in_place, scripted_transport<asio::io_context::executor_type>{io.get_executor(), how},
                 servers(), allowed}
    {}

    std::shared_ptr<outcome> ask(const packets& all, options with = {})
    {
        auto result = std::make_shared<outcome>();
        engine->async_request(all, std::move(with), [result, this](std::error_code error, replies got) {
            ++result->calls;
            result->error = error;
            result->got = std::move(got);
            result->at = how.now;
        });
        return result;
    }
    void poll()
    {
        io.restart();
        io.poll();
    }
    void turn()
    {
        poll();
        how.wake();
        poll();
    }
    void turn_after(duration passed)
    {
        how.now += passed;
        turn();
    }

    asio::io_context io; // with a hint of one thread, Asio miscounts the work of a handler that runs it again
    script how;
    std::optional<engine_type> engine;
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_SUPPORT_HPP
