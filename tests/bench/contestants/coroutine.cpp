// What a C++20 user would write with Asio alone, and the seed's async/await in C++: a coroutine, a socket and
// a timer for each server. The sockets are kept from one fan-out to the next, or opened afresh as the seed
// does.
#include "contestant.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <optional>

namespace bench {
namespace {

using asio::ip::udp;

class coroutine final : public contestant
{
  public:
    coroutine(const setting& with, bool fresh)
        : contestant{fresh ? "coroutine per server, fresh sockets" : "coroutine per server, sockets kept",
                     family::cpp, most(with, fresh)},
          with_{with},
          fresh_{fresh}
    {}

    void prepare(std::size_t in_flight) override
    {
        while (flights_.size() < in_flight) {
            flights_.emplace_back(io_);
            flights_.back().index = flights_.size() - 1;
        }
    }

    void run(std::size_t in_flight, std::size_t fanouts, block& into) override
    {
        prepare(in_flight);
        into_ = &into;
        to_start_ = fanouts;
        for (std::size_t i = 0; i < in_flight; ++i)
            asio::co_spawn(io_, one_after_another(flights_[i]), asio::detached);
        io_.restart();
        io_.run();
    }

  private:
    struct lane
    {
        std::optional<udp::socket> socket;
        std::optional<asio::steady_timer> timer;
        std::array<std::uint8_t, 4096> answer;
    };

    struct flight
    {
        explicit flight(asio::io_context& io) : finished{io} {}

        std::size_t index = 0;
        std::size_t open = 0;
        asio::steady_timer finished; // what a coroutine can wait for
        std::array<lane, raida::server_count> lanes;
    };

    // Each fan-out in flight takes 25 descriptors, and a local port for each.
    static std::size_t most(const setting& with, bool fresh)
    {
        const std::size_t affordable = std::min<std::size_t>(with.descriptors, 16'000) / 26;
        return std::min({with.packets.size(), affordable, fresh ? std::size_t{64} : std::size_t{512}});
    }

    asio::awaitable<void> one_after_another(flight& mine)
    {
        while (to_start_ != 0) {
            --to_start_;
            const auto began = bench_clock::now();
            mine.open = raida::server_count;
            mine.finished.expires_at(asio::steady_timer::time_point::max());
            for (std::size_t server = 0; server < raida::server_count; ++server)
                asio::co_spawn(io_, ask(mine, server), asio::detached);
            asio::error_code woken;
            co_await mine.finished.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            into_->latencies.push_back(micros_since(began));
        }
    }

    asio::awaitable<void> ask(flight& of, std::size_t server)
    {
        lane& mine = of.lanes[server];
        if (!mine.socket)
            open(mine, server);
        const auto packet = with_.packets[of.index][server].bytes;
        asio::error_code error;
        co_await mine.socket->async_send(asio::buffer(packet.data(), packet.size()),
                                         asio::redirect_error(asio::use_awaitable, error));
        mine.timer->expires_after(with_.deadline);
        mine.timer->async_wait([&mine](asio::error_code cancelled) {
            if (!cancelled && mine.socket)
                mine.socket->cancel();
        });
        std::size_t size = 0;
        do { // an answer to the fan-out before is none
            size = co_await mine.socket->async_receive(asio::buffer(mine.answer),
                                                       asio::redirect_error(asio::use_awaitable, error));
        } while (!error && (size < 32 || mine.answer[6] != packet[30] || mine.answer[7] != packet[31]));
        mine.timer->cancel();
        into_->answered += error ? 0 : 1;
        if (fresh_) {
            mine.timer.reset();
            mine.socket.reset();
        }
        if (--of.open == 0)
            of.finished.cancel();
    }

    void open(lane& made, std::size_t server)
    {
        made.socket.emplace(io_, udp::v4());
        made.socket->set_option(udp::socket::receive_buffer_size{with_.receive_buffer});
        made.socket->connect({asio::ip::address_v4::loopback(), with_.ports[server]});
        made.timer.emplace(io_);
    }

    const setting& with_;
    bool fresh_;
    asio::io_context io_{1};
    std::deque<flight> flights_;
    std::size_t to_start_ = 0;
    block* into_ = nullptr;
};

} // namespace

contestant_ptr make_coroutine(const setting& with, bool fresh_sockets)
{
    return std::make_unique<coroutine>(with, fresh_sockets);
}

} // namespace bench
