// Memory that runs out at any moment, over real sockets.
#include "simulation/counted_new.hpp"
#include "simulation/support.hpp"

#include <raida/transport/portable_udp.hpp>
#include <raida/transport/tcp.hpp>
#include <raida/transport/udp.hpp>

#include <catch2/catch_template_test_macros.hpp>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <new>

using namespace tests;

namespace {

constexpr std::size_t few = 3, silent = 2; // servers, and the one that says nothing

// Servers that answer when they are told to, and never wait. The last one is silent.
struct udp_servers
{
    explicit udp_servers(asio::io_context& io)
    {
        for (auto& one : sockets) {
            one.emplace(io, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 0});
            one->non_blocking(true);
        }
    }

    [[nodiscard]] std::uint16_t port(std::size_t server) const
    {
        return sockets[server]->local_endpoint().port();
    }

    void answer_all()
    {
        for (auto& one : std::span{sockets}.first(silent)) {
            asio::ip::udp::endpoint from;
            std::error_code error;
            std::array<std::uint8_t, 256> room{};
            const auto size = one->receive_from(asio::buffer(room), from, 0, error);
            if (!error)
                one->send_to(asio::buffer(answer(bytes_view{room}.first(size))), from, 0, error);
        }
    }

    std::array<std::optional<asio::ip::udp::socket>, few> sockets{};
};

struct tcp_servers
{
    explicit tcp_servers(asio::io_context& io) : context{io}
    {
        for (auto& one : acceptors) {
            one.emplace(io, asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
            one->non_blocking(true);
        }
    }

    [[nodiscard]] std::uint16_t port(std::size_t server) const
    {
        return acceptors[server]->local_endpoint().port();
    }

    // In two pieces.
    void answer_all()
    {
        std::error_code error;
        for (std::size_t server = 0; server < few; ++server)
            if (auto& next = open.emplace_back(connection{asio::ip::tcp::socket{context}, server});
                acceptors[server]->accept(next.socket, error))
                open.pop_back();
            else
                next.socket.non_blocking(true);
        for (auto& one : open) {
            std::array<std::uint8_t, 256> room{};
            if (one.server == silent)
                continue;
            if (!one.rest.empty()) {
                one.socket.send(asio::buffer(one.rest), 0, error);
                one.socket.close(error);
                one.rest.clear();
            } else if (const auto size = one.socket.receive(asio::buffer(room), 0, error); !error) {
                one.rest = answer(bytes_view{room}.first(size)); // a request comes in one piece
                one.socket.send(asio::buffer(one.rest, 10), 0, error);
                one.rest.erase(one.rest.begin(), one.rest.begin() + 10);
            }
        }
    }

    struct connection
    {
        asio::ip::tcp::socket socket;
        std::size_t server;
        bytes rest{}; // of the answer
    };

    asio::io_context& context;
    std::array<std::optional<asio::ip::tcp::acceptor>, few> acceptors{};
    std::vector<connection> open{};
};

struct account
{
    bool failed = false;
    std::size_t exceptions = 0, accepted = 0, calls = 0, answered = 0, timed_out = 0, without_memory = 0,
                leaked = 0;
    bool stopped = false;
};

// The lowest that is free: with a leak it is another one.
int free_descriptor()
{
    asio::io_context io;
    return asio::ip::udp::socket{io, asio::ip::udp::v4()}.native_handle();
}

// Three fan-outs, one after the other: the second comes before the first one's wait is over, the third finds
// an engine at rest.
template <class Transport, class Servers>
void run(account& result, std::size_t nth)
{
    asio::io_context io{1};
    asio::io_context theirs{1};
    Servers servers{theirs};
    raida::server_list<few> list;
    for (std::size_t i = 0; i < few; ++i)
        list.set(i, {asio::ip::address_v4::loopback(), servers.port(i)});
    raida::fanout<few, Transport> engine{io, list};
    const std::array<packets, 3> all{requests(1), requests(2), requests(3)};
    const failing_allocation failure{nth};
    const std::array<std::chrono::nanoseconds, few> deadlines{1h, 1h, 1ms};
    for (std::size_t round = 0; round < all.size(); ++round) {
        bool done = true;
        try {
            engine.async_request(std::span{all[round]}.first(few), {.deadline = deadlines},
                                 [&](std::error_code, const raida::replies<few>& got) {
                                     ++result.calls;
                                     for (const auto& one : got) {
                                         result.answered += one ? 1 : 0;
                                         result.timed_out += one.error == errc::timed_out ? 1 : 0;
                                         result.without_memory +=
                                             one.error == std::errc::not_enough_memory ? 1 : 0;
                                     }
                                     done = true;
                                 });
            done = false;
            ++result.accepted;
        } catch (const std::bad_alloc&) {
        }
        for (std::size_t polls = 0; !done; ++polls) {
            if (polls == 10'000'000)
                return; // it hangs
            {
                const allocations_succeed mine;
                servers.answer_all();
            }
            try {
                io.restart();
                io.poll_one();
            } catch (const std::bad_alloc&) {
                ++result.exceptions;
            }
        }
        for (bool idle = round == 0; !idle;) { // it goes to rest
            try {
                io.restart();
                idle = io.poll() == 0;
            } catch (const std::bad_alloc&) {
                ++result.exceptions;
            }
        }
        result.stopped = io.stopped();
    }
    result.failed = failure.happened();
}

template <class Transport, class Servers>
void walk()
{
    const auto perform = [](std::size_t nth) {
        account result;
        const auto before = live_allocations();
        run<Transport, Servers>(result, nth);
        result.leaked = live_allocations() - before;
        return result;
    };
    static_cast<void>(perform(1'000'000)); // what is made once is made
    const int descriptor = free_descriptor();
    std::size_t nth = 1;
    for (bool failed = true; failed; ++nth) {
        CAPTURE(nth);
        const auto got = perform(nth);
        failed = got.failed;
        REQUIRE(got.stopped);
        REQUIRE(got.leaked == 0);
        REQUIRE(free_descriptor() == descriptor);
        REQUIRE(got.exceptions <= (failed ? 1 : 0));
        REQUIRE(got.accepted >= (failed ? 2 : 3));
        REQUIRE(got.calls == got.accepted);
        REQUIRE(got.without_memory <= (failed ? 1 : 0));
        REQUIRE(got.answered + got.timed_out + got.without_memory == got.accepted * few);
        REQUIRE(got.answered + got.without_memory >= got.accepted * silent);
    }
    CHECK(nth > 10);
}

} // namespace

TEST_CASE("whatever finds no memory, fan-outs by UDP end and nothing is lost", "[simulation][allocation]")
{
    walk<raida::transport::udp, udp_servers>();
}

TEST_CASE("whatever finds no memory, fan-outs by Asio's own UDP end and nothing is lost",
          "[simulation][allocation]")
{
    walk<raida::transport::basic_portable_udp<>, udp_servers>();
}

TEST_CASE("whatever finds no memory, fan-outs by TCP end and nothing is lost", "[simulation][allocation]")
{
    walk<raida::transport::tcp, tcp_servers>();
}
