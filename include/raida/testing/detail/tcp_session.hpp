// One client's connection to an embedded server: header, body, answer, close.
#ifndef RAIDA_TESTING_DETAIL_TCP_SESSION_HPP
#define RAIDA_TESTING_DETAIL_TCP_SESSION_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/detail/fleet_core.hpp>
#include <raida/testing/detail/mock_server.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/tcp_manners.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// The server that a connection leads to.
struct tcp_host
{
    mock_server<fleet_core::endpoint>& server;
    const tcp_manners& manners;
    tcp_counters& counters;
    seeded_random& random;
    std::function<void()> has_died; // ends all connections
};

// Pending handlers share ownership, and that of `keeper`, which keeps the host.
class tcp_session : public std::enable_shared_from_this<tcp_session>
{
  public:
    tcp_session(asio::ip::tcp::socket&& socket, tcp_host host, std::shared_ptr<void> keeper)
        : socket_{std::move(socket)},
          timer_{socket_.get_executor()},
          host_{std::move(host)},
          keeper_{std::move(keeper)}
    {}
    tcp_session(const tcp_session&) = delete;
    tcp_session& operator=(const tcp_session&) = delete;
    ~tcp_session() { forget_request(); }

    void start()
    {
        std::error_code ignored;
        socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
        ++host_.counters.connections;
        read(header_size, &tcp_session::on_header);
    }

    void stop()
    {
        std::error_code ignored;
        timer_.cancel();
        socket_.close(ignored);
    }

  private:
    using step = void (tcp_session::*)();

    // Reads `more` bytes, then goes on with `next`. A client that leaves ends it all.
    void read(std::size_t more, step next)
    {
        const std::size_t before = request_.size();
        request_.resize(before + more);
        asio::async_read(socket_, asio::buffer(request_.data() + before, more),
                         [self = shared_from_this(), next](std::error_code error, std::size_t) {
                             if (error)
                                 return self->abandon();
                             (*self.*next)();
                         });
    }

    void abandon()
    {
        if (socket_.is_open() && !was_asked_)
            ++host_.counters.abandoned;
        stop();
    }

    // A header that is refused is refused at once: its body is never read.
    void on_header()
    {
        const bytes_view error =
            host_.server.protocol().refuse_alone(request_, host_.manners.refuse.value_or(status::no_error));
        if (error.empty())
            return read(request_header::parse(request_)->body_size, &tcp_session::on_request);
        ++host_.counters.refused;
        was_asked_ = true;
        answer_.assign(error.begin(), error.end());
        resets_ = true;
        write();
    }

    void on_request()
    {
        ++host_.counters.requests;
        host_.counters.last_request_size = request_.size();
        was_asked_ = true;
        if (host_.manners.silent) {
            forget_request();
            return read(1, &tcp_session::stop); // until the client leaves
        }
        after(host_.server.protocol().work(request_, fleet_core::now()), &tcp_session::act);
    }

    void act()
    {
        const bytes_view right = host_.server.respond_alone(request_, fleet_core::now());
        answer_.assign(right.begin(), right.end());
        forget_request();
        if (!host_.server.is_alive())
            return host_.has_died();
        if (host_.manners.resets)
            return reset();
        is_whole_ = !host_.manners.cut || *host_.manners.cut >= answer_.size();
        if (!is_whole_)
            answer_.resize(*host_.manners.cut);
        after(host_.manners.delay.draw(host_.random), &tcp_session::write);
    }

    void after(std::chrono::nanoseconds delay, step next)
    {
        if (delay <= delay.zero())
            return (this->*next)();
        timer_.expires_after(delay);
        timer_.async_wait([self = shared_from_this(), next](std::error_code error) {
            if (!error && self->socket_.is_open())
                (*self.*next)();
        });
    }

    void forget_request() noexcept // it holds secrets
    {
        raida::detail::wipe(request_.data(), request_.size());
        request_.clear();
    }

    // Between two pieces the others get their turn. After the last one the connection is closed at once.
    void write()
    {
        const std::size_t left = answer_.size() - written_;
        const std::size_t size = host_.manners.piece == 0 ? left : (std::min)(left, host_.manners.piece);
        if (size == left && is_whole_) // before the client can have seen it
            ++host_.counters.answered;
        std::error_code error;
        written_ += asio::write(socket_, asio::buffer(answer_.data() + written_, size), error);
        if (error)
            return stop(); // the client is gone; nothing that servers answer fills a buffer
        if (written_ == answer_.size())
            return resets_ ? reset() : stop();
        asio::post(socket_.get_executor(), [self = shared_from_this()] {
            if (self->socket_.is_open())
                self->write();
        });
    }

    void reset()
    {
        std::error_code ignored;
        socket_.set_option(asio::ip::tcp::socket::linger{true, 0}, ignored);
        stop();
    }

    asio::ip::tcp::socket socket_;
    asio::steady_timer timer_;
    tcp_host host_;
    std::shared_ptr<void> keeper_;
    std::vector<std::uint8_t> request_, answer_;
    std::size_t written_ = 0;
    bool was_asked_ = false;
    bool is_whole_ = false;
    bool resets_ = false;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_TCP_SESSION_HPP
