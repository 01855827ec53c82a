// The virtual network around the embedded servers. All decisions are mock_server's.
#ifndef RAIDA_TESTING_DETAIL_SIMULATED_CORE_HPP
#define RAIDA_TESTING_DETAIL_SIMULATED_CORE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/testing/detail/delay_queue.hpp>
#include <raida/testing/detail/server_group.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/simulated_fleet_options.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/wire/packet.hpp>

#include <asio/error.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// Events of the virtual network know it weakly, so that the fleet can be destroyed at any moment.
class simulated_core : public std::enable_shared_from_this<simulated_core>
{
  public:
    using endpoint = asio::ip::udp::endpoint;

    simulated_core(simulation& world, std::size_t servers, simulated_fleet_options options)
        : world_{&world},
          options_{std::move(options)},
          servers_{servers, options_.rules, options_.manners, options_.seed}
    {
        seeded_random seeds{options_.seed ^ 0x3C3C3C3C3C3C3C3CU};
        ways_.reserve(servers);
        for (std::size_t i = 0; i < servers; ++i)
            ways_.push_back({{options_.address, static_cast<std::uint16_t>(options_.port_base + i)},
                             seeded_random{seeds()}});
    }
    simulated_core(const simulated_core&) = delete;
    simulated_core& operator=(const simulated_core&) = delete;

    // What is sent to other addresses goes on to whoever was there before.
    void join()
    {
        world_->on_request = [weak = weak_from_this(),
                              next = std::move(world_->on_request)](const simulated_request& request) {
            const auto self = weak.lock();
            if (!(self && self->take(request)) && next)
                next(request);
        };
    }

    [[nodiscard]] server_group<simulated_peer>& servers() noexcept { return servers_; }
    [[nodiscard]] const endpoint& address(std::size_t i) const { return ways_.at(i).address; }
    [[nodiscard]] time_point now() const noexcept { return world_->now(); }
    [[nodiscard]] bool is_running() const noexcept { return running_; }

    void start(std::error_code& error)
    {
        error.clear();
        if (options_.port_base == 0 || options_.port_base + ways_.size() > 65'536)
            error = errc::invalid_port;
        running_ = !error;
    }

    void stop()
    {
        running_ = false;
        for (std::size_t i = 0; i < servers_.size(); ++i)
            servers_[i].clear();
    }

    // Server i may have begun or ceased to listen.
    void follow(std::size_t i, std::error_code& error)
    {
        error.clear();
        if (!servers_[i].listens())
            servers_[i].clear();
    }

  private:
    struct way
    {
        endpoint address;
        seeded_random random;
        time_point busy_until{};
        std::size_t buffered = 0; // bytes that wait for the server, as the kernel counts them
    };

    // A datagram between the client's socket and the server.
    struct passage
    {
        std::size_t server;
        simulated_peer from;
        std::size_t buffered = 0;
    };
    using passages = delay_queue<passage>;

    // An skb's memory: a power of two for data, headers and the shared part, and the skb itself.
    static std::size_t kernel_cost(std::size_t datagram) noexcept
    {
        return 256 + std::bit_ceil(datagram + 400);
    }

    bool take(const simulated_request& request)
    {
        const auto to = std::find_if(ways_.begin(), ways_.end(),
                                     [&](const way& one) { return one.address == request.endpoint; });
        if (to == ways_.end())
            return false;
        const auto i = static_cast<std::size_t>(to - ways_.begin());
        under_way_.push(now() + options_.one_way.draw(to->random), {i, request.from}, request.bytes, false);
        arm();
        return true;
    }

    void wake()
    {
        while (auto next = under_way_.pop(now())) {
            arrive(*next);
            raida::detail::wipe(next->bytes.data(), next->bytes.size()); // requests hold secrets
            under_way_.recycle(std::move(*next));
        }
        servers_.release(now(), [this](std::size_t i, const simulated_peer& to, bytes_view bytes,
                                       bool foreign) { return send(i, to, bytes, foreign); });
        arm();
    }

    void arrive(passages::entry& datagram)
    {
        const std::size_t i = datagram.to.server;
        way& at = ways_[i];
        if (datagram.to.buffered != 0)
            at.buffered -= datagram.to.buffered;
        else if (const auto service = options_.service.draw(at.random); service > service.zero())
            return queue(i, datagram, service);
        serve(i, datagram.to.from, datagram.bytes);
    }

    void queue(std::size_t i, const passages::entry& datagram, latency::duration service)
    {
        way& at = ways_[i];
        if (!listens(i))
            return refuse(i, datagram.to.from, datagram.bytes);
        const std::size_t cost = kernel_cost(datagram.bytes.size());
        if (at.buffered + cost > options_.receive_buffer)
            return servers_[i].overflow();
        at.buffered += cost;
        at.busy_until = (std::max)(at.busy_until, now()) + service;
        under_way_.push(at.busy_until, {i, datagram.to.from, cost}, datagram.bytes, false);
    }

    void serve(std::size_t i, const simulated_peer& from, bytes_view request)
    {
        if (listens(i))
            servers_.show(i, request);
        if (!listens(i)) // or no longer
            return refuse(i, from, request);
        servers_[i].receive(request, from, now(),
                            [&](const simulated_peer& to, bytes_view bytes, bool foreign) {
                                return send(i, to, bytes, foreign);
                            });
    }

    [[nodiscard]] bool listens(std::size_t i) { return running_ && servers_[i].listens(); }

    void refuse(std::size_t i, const simulated_peer& to, bytes_view request)
    {
        constexpr std::size_t quoted = 64;
        to.fail(options_.one_way.draw(ways_[i].random), asio::error::connection_refused,
                request.first((std::min)(quoted, request.size())));
    }

    // A client's socket is connected: what comes from elsewhere does not get in.
    bool send(std::size_t i, const simulated_peer& to, bytes_view bytes, bool foreign)
    {
        if (!listens(i))
            return false;
        if (!foreign)
            to.reply(options_.one_way.draw(ways_[i].random), bytes);
        return true;
    }

    // One event for all: another one only when something is due earlier.
    void arm()
    {
        std::optional<time_point> next = servers_.due();
        if (const auto due = under_way_.due(); due && (!next || *due < *next))
            next = due;
        if (!next || (armed_ && *armed_ <= *next))
            return;
        armed_ = next;
        world_->after(*next - now(), [weak = weak_from_this(), at = *next] {
            const auto self = weak.lock();
            if (!self || self->armed_ != at)
                return;
            self->armed_.reset();
            self->wake();
        });
    }

    simulation* world_;
    simulated_fleet_options options_;
    server_group<simulated_peer> servers_;
    std::vector<way> ways_;
    passages under_way_;
    std::optional<time_point> armed_;
    bool running_ = false;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_SIMULATED_CORE_HPP
