// The sockets and the timer around the embedded servers. All decisions are mock_server's.
#ifndef RAIDA_TESTING_DETAIL_FLEET_CORE_HPP
#define RAIDA_TESTING_DETAIL_FLEET_CORE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/testing/detail/server_group.hpp>
#include <raida/testing/fleet_options.hpp>
#include <raida/testing/manners.hpp>
#include <raida/wire/packet.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// Pending handlers share ownership, so that the fleet can be destroyed at any moment, inside a handler too.
class fleet_core : public std::enable_shared_from_this<fleet_core>
{
  public:
    using endpoint = asio::ip::udp::endpoint;

    fleet_core(const asio::any_io_executor& executor, std::size_t servers, fleet_options options)
        : options_{std::move(options)},
          servers_{servers, options_.rules, options_.manners, options_.seed},
          timer_{executor},
          foreign_{executor},
          receive_(max_datagram + 1)
    {
        lanes_.reserve(servers);
        for (std::size_t i = 0; i < servers; ++i)
            lanes_.emplace_back(executor);
    }
    fleet_core(const fleet_core&) = delete;
    fleet_core& operator=(const fleet_core&) = delete;
    ~fleet_core() { raida::detail::wipe(receive_.data(), receive_.size()); } // requests hold secrets

    [[nodiscard]] asio::any_io_executor executor() { return timer_.get_executor(); }
    [[nodiscard]] server_group<endpoint>& servers() noexcept { return servers_; }
    [[nodiscard]] static time_point now() noexcept { return std::chrono::steady_clock::now(); }
    [[nodiscard]] const endpoint& address(std::size_t i) const { return lanes_.at(i).address; }
    [[nodiscard]] const fleet_options& options() const noexcept { return options_; }
    [[nodiscard]] bool is_running() const noexcept { return running_; }

    // Before the first start: a port that was found otherwise.
    void address(std::size_t i, const endpoint& chosen) { lanes_.at(i).address = chosen; }

    void start(std::error_code& error)
    {
        error.clear();
        if (running_)
            return;
        if (options_.port_base + lanes_.size() > 65536)
            error = errc::invalid_port;
        for (std::size_t i = 0; i < lanes_.size() && !error; ++i)
            open(i, error);
        if (error)
            return stop();
        running_ = true;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            if (servers_[i].listens())
                wait(i);
            else // only now: its port had to be known
                refuse(i);
        }
    }

    void stop()
    {
        running_ = false;
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            shut(i);
        std::error_code ignored;
        foreign_.close(ignored);
        timer_.cancel();
        armed_.reset();
    }

    // Server i may have begun or ceased to listen.
    void follow(std::size_t i, std::error_code& error)
    {
        error.clear();
        if (running_ && servers_[i].listens() != lanes_[i].listens) {
            if (lanes_[i].listens)
                refuse(i);
            else
                reopen(i, error);
        }
        if (on_follow_ && !error)
            on_follow_(i, error);
    }

    // Whoever listens on the same ports is told, too.
    void on_follow(std::function<void(std::size_t, std::error_code&)> also) { on_follow_ = std::move(also); }

  private:
    struct lane
    {
        explicit lane(const asio::any_io_executor& executor) : socket{executor} {}

        asio::ip::udp::socket socket;
        endpoint address{}; // known from the first start on, kept over stops and closed times
        bool listens = false;
        std::uint64_t generation = 0; // changes with every close, so that handlers of an older socket notice
    };

    void open(std::size_t i, std::error_code& error)
    {
        lane& one = lanes_[i];
        if (one.address.port() == 0) {
            const auto port = options_.port_base == 0 ? std::size_t{0} : options_.port_base + i;
            one.address = {options_.address, static_cast<std::uint16_t>(port)};
        }
        bind(one.socket, one.address, error);
        if (!error)
            one.address = one.socket.local_endpoint(error);
        if (error)
            return shut(i);
        one.listens = true;
    }

    void bind(asio::ip::udp::socket& socket, const endpoint& address, std::error_code& error) const
    {
        std::error_code ignored; // smaller buffers are no error
        socket.open(address.protocol(), error);
        if (!error)
            socket.non_blocking(true, error);
        if (!error) {
            if (options_.receive_buffer != 0) {
                socket.set_option(asio::socket_base::receive_buffer_size(options_.receive_buffer), ignored);
                socket.set_option(asio::socket_base::send_buffer_size(options_.receive_buffer), ignored);
            }
            socket.bind(address, error);
        }
    }

    void reopen(std::size_t i, std::error_code& error)
    {
        shut(i);
        open(i, error);
        if (!error)
            wait(i);
    }

    void shut(std::size_t i)
    {
        lane& one = lanes_[i];
        std::error_code ignored;
        ++one.generation;
        one.socket.close(ignored);
        servers_[i].clear();
        one.listens = false;
    }

    // Its only peer is itself from now on: the kernel refuses everybody else as if there was no socket, and
    // gives the port to nobody meanwhile.
    void refuse(std::size_t i)
    {
        lane& one = lanes_[i];
        std::error_code error;
        ++one.generation;
        servers_[i].clear();
        one.socket.cancel(error);
        one.socket.connect(one.address, error);
        if (error)
            one.socket.close(error);
        one.listens = false;
    }

    void wait(std::size_t i)
    {
        lanes_[i].socket.async_wait(
            asio::socket_base::wait_read,
            [self = shared_from_this(), i, at = lanes_[i].generation](std::error_code error) {
                if (!error && self->lanes_[i].generation == at)
                    self->drain(i, at);
            });
    }

    bool send(std::size_t i, const endpoint& to, bytes_view bytes, bool foreign)
    {
        std::error_code error;
        asio::ip::udp::socket& from = foreign ? foreign_ : lanes_[i].socket;
        if (foreign && !foreign_.is_open())
            bind(foreign_, {options_.address, 0}, error);
        if (!error)
            from.send_to(asio::buffer(bytes.data(), bytes.size()), to, 0, error);
        return !error;
    }

    // Takes what has come, a batch at most, and answers at once what is not to be delayed.
    void drain(std::size_t i, std::uint64_t generation)
    {
        lane& one = lanes_[i];
        const time_point began = now();
        for (std::size_t taken = 0; taken < options_.batch; ++taken) {
            endpoint from;
            std::error_code error;
            const std::size_t size = one.socket.receive_from(asio::buffer(receive_), from, 0, error);
            if (error == asio::error::connection_reset || error == asio::error::connection_refused)
                continue; // a client is gone; some systems tell it here
            if (error)
                break;
            const bytes_view request{receive_.data(), size};
            servers_.show(i, request);
            if (one.generation != generation) // stopped or closed by the observer
                return;
            servers_[i].receive(request, from, began,
                                [&](const endpoint& to, bytes_view bytes, bool foreign) {
                                    return send(i, to, bytes, foreign);
                                });
            if (!servers_[i].listens()) { // it did not survive that
                std::error_code ignored;
                follow(i, ignored);
                return arm();
            }
        }
        wait(i);
        arm();
    }

    // One timer for all: it is moved only when something is due earlier.
    void arm()
    {
        const std::optional<time_point> next = servers_.due();
        if (!next || (armed_ && *armed_ <= *next))
            return;
        armed_ = next;
        timer_.expires_at(*next);
        timer_.async_wait([self = shared_from_this()](std::error_code error) {
            if (error || !self->running_)
                return;
            self->armed_.reset();
            self->servers_.release(now(), [&](std::size_t i, const endpoint& to, bytes_view bytes,
                                              bool foreign) { return self->send(i, to, bytes, foreign); });
            std::error_code ignored;
            for (std::size_t i = 0; i < self->lanes_.size(); ++i)
                if (self->lanes_[i].listens && !self->servers_[i].listens()) // what it did killed it
                    self->follow(i, ignored);
            self->arm();
        });
    }

    fleet_options options_;
    server_group<endpoint> servers_;
    std::vector<lane> lanes_;
    asio::steady_timer timer_;
    asio::ip::udp::socket foreign_;
    std::vector<std::uint8_t> receive_;
    std::optional<time_point> armed_;
    std::function<void(std::size_t, std::error_code&)> on_follow_;
    bool running_ = false;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_FLEET_CORE_HPP
