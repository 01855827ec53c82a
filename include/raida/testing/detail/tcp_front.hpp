// The listening sockets of a fleet's servers.
#ifndef RAIDA_TESTING_DETAIL_TCP_FRONT_HPP
#define RAIDA_TESTING_DETAIL_TCP_FRONT_HPP

#include <raida/testing/detail/fleet_core.hpp>
#include <raida/testing/detail/tcp_session.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/tcp_manners.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// Listens on the ports of a fleet and asks its servers. Pending handlers share ownership.
class tcp_front : public std::enable_shared_from_this<tcp_front>
{
  public:
    tcp_front(std::shared_ptr<fleet_core> core, std::size_t servers, const tcp_manners& how,
              std::uint64_t seed)
        : core_{std::move(core)}
    {
        seeded_random seeds{seed ^ 0x5A5A5A5A5A5A5A5AU};
        doors_.reserve(servers);
        for (std::size_t i = 0; i < servers; ++i)
            doors_.emplace_back(core_->executor(), how, seeds());
    }
    tcp_front(const tcp_front&) = delete;
    tcp_front& operator=(const tcp_front&) = delete;

    [[nodiscard]] const tcp_manners& manners(std::size_t i) const { return doors_.at(i).manners; }
    [[nodiscard]] const tcp_counters& counters(std::size_t i) const { return doors_.at(i).counters; }
    [[nodiscard]] bool is_wedged(std::size_t i) const { return !doors_.at(i).stuck.empty(); }

    // Where one cannot be opened, none is. The servers' ports are known, or found here: TCP clients leave
    // many ports of TCP unusable for a while, and hardly ever one of UDP.
    void start(std::error_code& error)
    {
        error.clear();
        core_->on_follow([weak = weak_from_this()](std::size_t i, std::error_code& failed) {
            if (const auto self = weak.lock())
                self->follow(i, failed);
        });
        for (std::size_t i = 0; i < doors_.size() && !error; ++i) {
            if (!doors_[i].acceptor.is_open())
                open(i, error);
            if (!may_be_open(i)) // only now: its port had to be known
                shut(doors_[i]);
        }
        if (error)
            stop();
    }

    void stop()
    {
        for (door& one : doors_)
            shut(one);
    }

    void manners(std::size_t i, const tcp_manners& how, std::error_code& error)
    {
        error.clear();
        doors_.at(i).manners = how;
        follow(i, error);
    }

    // As if the server were started anew.
    void unwedge(std::size_t i, std::error_code& error)
    {
        error.clear();
        door& one = doors_.at(i);
        if (one.stuck.empty())
            return;
        shut(one);
        open(i, error);
    }

  private:
    using tcp = asio::ip::tcp;

    struct door
    {
        door(const asio::any_io_executor& executor, const tcp_manners& how, std::uint64_t seed)
            : acceptor{executor}, manners{how}, random{seed}
        {}

        tcp::acceptor acceptor;
        tcp_manners manners;
        tcp_counters counters;
        seeded_random random;
        std::vector<std::weak_ptr<tcp_session>> sessions;
        std::deque<tcp::socket> stuck; // came too soon after another
        std::uint64_t generation = 0;  // changes with every close, so that handlers of an older one notice
    };

    [[nodiscard]] bool may_be_open(std::size_t i) const
    {
        return !doors_[i].manners.closed && core_->servers()[i].is_alive();
    }

    // A door's manners or its server's life have changed.
    void follow(std::size_t i, std::error_code& error)
    {
        if (!may_be_open(i))
            shut(doors_[i]);
        else if (core_->is_running() && !doors_[i].acceptor.is_open())
            open(i, error);
    }

    void open(std::size_t i, std::error_code& error)
    {
        door& one = doors_[i];
        const auto known = core_->address(i);
        const tcp::endpoint address{known.port() != 0 ? known.address() : core_->options().address,
                                    known.port()};
        one.acceptor.open(address.protocol(), error);
        if (!error)
            one.acceptor.set_option(asio::socket_base::reuse_address{true}, error);
        if (!error)
            one.acceptor.non_blocking(true, error);
        if (!error)
            one.acceptor.bind(address, error);
        if (!error)
            one.acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error && known.port() == 0)
            core_->address(i, {address.address(), one.acceptor.local_endpoint(error).port()});
        if (error)
            return shut(one);
        wait(i);
    }

    static void shut(door& one)
    {
        std::error_code ignored;
        ++one.generation;
        one.acceptor.close(ignored);
        one.stuck.clear();
        for (const auto& session : std::exchange(one.sessions, {}))
            if (const auto alive = session.lock())
                alive->stop();
    }

    void wait(std::size_t i)
    {
        doors_[i].acceptor.async_wait(
            asio::socket_base::wait_read,
            [self = shared_from_this(), i, at = doors_[i].generation](std::error_code error) {
                if (!error && self->doors_[i].generation == at)
                    self->accept(i);
            });
    }

    // A server that is told of a new connection accepts one. Where two have connected at the same moment it
    // is one behind for good: each hangs until the next one comes.
    void accept(std::size_t i)
    {
        door& one = doors_[i];
        for (;;) {
            std::error_code error;
            tcp::socket socket = one.acceptor.accept(error);
            if (error)
                break;
            one.stuck.push_back(std::move(socket));
        }
        while (!one.stuck.empty()) {
            serve(i, std::move(one.stuck.front()));
            one.stuck.pop_front();
            if (one.manners.wedges)
                break;
        }
        wait(i);
    }

    void serve(std::size_t i, tcp::socket&& socket)
    {
        door& one = doors_[i];
        const auto made =
            std::make_shared<tcp_session>(std::move(socket),
                                          tcp_host{core_->servers()[i], one.manners, one.counters, one.random,
                                                   [core = core_, i] {
                                                       std::error_code ignored;
                                                       core->follow(i, ignored);
                                                   }},
                                          shared_from_this());
        std::erase_if(one.sessions, [](const auto& session) { return session.expired(); });
        one.sessions.push_back(made);
        made->start();
    }

    std::shared_ptr<fleet_core> core_;
    std::vector<door> doors_; // stays where it is: sessions point into it
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_TCP_FRONT_HPP
