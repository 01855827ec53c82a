// One request over one connection: connect, write, read the answer, close.
#ifndef RAIDA_TRANSPORT_DETAIL_TCP_EXCHANGE_HPP
#define RAIDA_TRANSPORT_DETAIL_TCP_EXCHANGE_HPP

#include <raida/base/errc.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/engine/transport.hpp>
#include <raida/transport/detail/tcp_answer.hpp>

#include <asio/basic_stream_socket.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

struct tcp_exchange_base;

/// Who is told how an exchange goes on. Never called before start() has returned, nor after close().
class tcp_observer
{
  public:
    /// The connection stands; the request is on its way.
    virtual void on_connected() = 0;

    /// It is over and closed. `error` is empty if an answer came, or its header if it is oversize.
    virtual void on_finished(tcp_exchange_base& done, std::error_code error) = 0;

  protected:
    virtual ~tcp_observer() = default;
};

/// What names an exchange, and what came of it.
struct tcp_exchange_base
{
    std::size_t lane;
    std::uint8_t generation;
    request_id id;
    tcp_answer answer;
    bool connected = false;

  protected:
    tcp_exchange_base(std::size_t in, std::uint8_t of, request_id name, std::size_t max_reply)
        : lane{in}, generation{of}, id{name}, answer{max_reply}
    {}
    ~tcp_exchange_base() = default;
};

/// Made by std::make_shared. Its pending operations share its ownership and that of `owner`, which keeps the
/// observer alive.
///
/// It reads while it writes: a server that dislikes a header answers at once and resets the connection, and
/// its answer is still in the socket when the write fails.
template <class Executor>
class tcp_exchange final : public tcp_exchange_base,
                           public std::enable_shared_from_this<tcp_exchange<Executor>>
{
  public:
    using endpoint = asio::ip::tcp::endpoint;
    using duration = std::chrono::nanoseconds;

    /// `request` is copied, and the copy wiped once it is written.
    tcp_exchange(const Executor& executor, std::size_t in, std::uint8_t of, const outgoing& request,
                 std::size_t max_reply)
        : tcp_exchange_base{in, of, request.id, max_reply},
          socket_{executor},
          timer_{std::in_place, executor},
          request_{request.bytes}
    {}

    /// Starts to connect. An error means that nothing was started.
    [[nodiscard]] std::error_code start(const endpoint& to, duration connect_time, duration read_time,
                                        tcp_observer& observer, std::weak_ptr<void> owner)
    {
        std::error_code error;
        socket_.open(to.protocol(), error);
        if (!error)
            socket_.non_blocking(true, error);
        if (error)
            return error;
        std::error_code ignored; // without it a long request takes longer, no more
        socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
        observer_ = &observer;
        owner_ = std::move(owner);
        remote_ = to;
        read_time_ = read_time;
        expire_after(connect_time);
        socket_.async_connect(
            to, guarded([](tcp_exchange& self, std::error_code result) { self.on_connect(result); }));
        return {};
    }

    [[nodiscard]] const endpoint& remote() const noexcept { return remote_; }

    /// Takes what has arrived already. May end the exchange.
    void drain()
    {
        if (connected)
            receive();
    }

    /// Ends it without telling anybody.
    void close() noexcept
    {
        std::error_code ignored;
        observer_ = nullptr;
        timer_.reset();
        socket_.close(ignored);
    }

  private:
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>, Executor>;

    [[nodiscard]] bool is_over() const noexcept { return observer_ == nullptr; }

    // A handler that keeps all that it needs, and does nothing once the exchange is over.
    template <class Function>
    auto guarded(Function function)
    {
        return [self = this->shared_from_this(), owner = owner_.lock(), function](std::error_code error,
                                                                                  std::size_t = 0) {
            if (!self->is_over())
                function(*self, error);
        };
    }

    void on_connect(std::error_code error)
    {
        if (!error && is_connected_to_itself())
            error = asio::error::connection_refused;
        if (error)
            return finish(error);
        connected = true;
        try {
            expire_after(read_time_);
            asio::async_write(
                socket_, asio::buffer(request_.data(), request_.size()),
                guarded([](tcp_exchange& self, std::error_code result) { self.on_written(result); }));
            await_answer();
        } catch (const std::bad_alloc&) {
            return finish(std::make_error_code(std::errc::not_enough_memory));
        }
        observer_->on_connected();
    }

    // Where nobody listens on a port of this machine, connecting to it from that very port succeeds.
    [[nodiscard]] bool is_connected_to_itself() const
    {
        std::error_code error;
        const auto local = socket_.local_endpoint(error);
        return !error && local == remote_;
    }

    void on_written(std::error_code error)
    {
        request_ = {};
        if (!error)
            return;
        broken_ = error;
        receive();
        if (!is_over())
            finish(error);
    }

    void await_answer()
    {
        socket_.async_wait(asio::socket_base::wait_read,
                           guarded([](tcp_exchange& self, std::error_code error) {
                               if (error)
                                   return self.finish(error);
                               self.receive();
                               if (!self.is_over())
                                   self.await_more();
                           }));
    }

    void await_more()
    {
        try {
            await_answer();
        } catch (const std::bad_alloc&) {
            finish(std::make_error_code(std::errc::not_enough_memory));
        }
    }

    void receive()
    {
        while (answer.state() == tcp_answer::progress::incomplete) {
            std::error_code error;
            const auto space = answer.space();
            const auto size = socket_.read_some(asio::buffer(space.data(), space.size()), error);
            if (error == asio::error::would_block || error == asio::error::try_again)
                return;
            if (error) // a reset that the write has been told already is an end for the read
                return finish(broken_ ? broken_ : error);
            try {
                answer.advance(size);
            } catch (const std::bad_alloc&) {
                return finish(std::make_error_code(std::errc::not_enough_memory));
            }
        }
        finish({});
    }

    void expire_after(duration time)
    {
        timer_->expires_after(time);
        timer_->async_wait(guarded([](tcp_exchange& self, std::error_code error) {
            // A wait that was replaced may still report success.
            if (error || self.timer_->expiry() > std::chrono::steady_clock::now())
                return;
            self.drain();
            if (!self.is_over())
                self.finish(errc::timed_out);
        }));
    }

    // The observer may destroy nearly everything: nothing is touched afterwards.
    void finish(std::error_code error)
    {
        tcp_observer& told = *observer_;
        close();
        told.on_finished(*this, error);
    }

    asio::basic_stream_socket<asio::ip::tcp, Executor> socket_;
    std::optional<timer> timer_;
    secret_bytes request_;
    std::error_code broken_; // why the request could not be written
    endpoint remote_;
    duration read_time_{};
    tcp_observer* observer_ = nullptr; // set while it goes on
    std::weak_ptr<void> owner_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_TCP_EXCHANGE_HPP
