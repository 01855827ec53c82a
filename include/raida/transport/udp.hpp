// UDP: one long-lived, connected, non-blocking socket per server.
#ifndef RAIDA_TRANSPORT_UDP_HPP
#define RAIDA_TRANSPORT_UDP_HPP

#include <raida/async/detail/wake_timer.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/transport.hpp>
#include <raida/transport/detail/addresses.hpp>

#ifdef __linux__
#include <raida/transport/detail/linux_sockets.hpp>
#else
#include <raida/transport/detail/portable_sockets.hpp>
#endif

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::transport {

/// The transport of raida::fanout. The sockets are connected, so the kernel drops what others send to them
/// and tells when a server's port is closed. They are opened by the first request of their lane; after a
/// number of requests, when the local address they were bound to went away, and when a server was silent time
/// and again, a lane moves to a fresh one, and the earlier one stays open while somebody waits for its
/// answers.
///
/// `Sockets` is how the operating system is asked: in batches on Linux (sendmmsg, recvmmsg, the error queue),
/// elsewhere with Asio's sockets; portable_udp.hpp has those on Linux, too.
template <class Executor, template <class> class Sockets>
class basic_udp_over
{
  public:
    using executor_type = Executor;
    using endpoint = asio::ip::udp::endpoint;
    using clock = std::chrono::steady_clock;

    template <class Other>
    struct rebind_executor
    {
        using other = basic_udp_over<Other, Sockets>;
    };

    /// `allowed` is to be the engine's too. Opens nothing.
    explicit basic_udp_over(const executor_type& executor, const limits& allowed = {})
        : executor_{executor}, sockets_{executor, bounded(allowed)}
    {}

    [[nodiscard]] executor_type get_executor() const noexcept { return *executor_; }

    // ---- the seam: see engine/transport.hpp

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        sockets_.attach(sink, owner);
        timer_.attach(sink, std::move(owner));
    }

    [[nodiscard]] bool has_endpoint(std::size_t lane) const noexcept
    {
        return lane < endpoints_.size() && endpoints_[lane].port() != 0;
    }

    void set_endpoint(std::size_t lane, const endpoint& address)
    {
        endpoints_.resize((std::max)(endpoints_.size(), lane + 1));
        endpoints_[lane] = {detail::unmapped(address.address()), address.port()};
    }

    submitted submit(std::size_t lane, std::uint8_t generation, std::span<const outgoing> batch)
    {
        const bool is_fresh = !sockets_.is_open(lane, generation);
        if (is_fresh)
            if (const auto error = open(lane, generation))
                return {0, error};
        auto done = sockets_.send(lane, generation, batch);
        if (!done.error)
            return done;
        done.is_stale = !is_fresh && lost_its_address(done.error);
        if (detail::is_system_error(
                done.error, std::errc::no_buffer_space)) { // the kernel's queue: it empties by itself, soon
            ++sink_->counts(lane).no_buffers;
            try_again_ = now() + std::chrono::milliseconds{1};
            done.error = std::make_error_code(std::errc::operation_would_block);
        }
        return done;
    }

    void drain(std::size_t lane) { sockets_.drain(lane); }
    void close_generation(std::size_t lane, std::uint8_t generation) { sockets_.close(lane, generation); }
    [[nodiscard]] clock::time_point now() const noexcept { return clock::now(); }

    void arm(clock::time_point due)
    {
        timer_.arm(*executor_, (std::min)(due, std::exchange(try_again_, (clock::time_point::max)())));
    }

    void listen() { sockets_.listen(); }

    void rest()
    {
        sockets_.rest();
        timer_.rest();
    }

    void notify_fork(asio::execution_context::fork_event event) noexcept { sockets_.notify_fork(event); }

    void close() noexcept
    {
        sockets_.close_all();
        timer_.close();
    }

    void release() noexcept
    {
        sockets_.release();
        executor_.reset();
    }

  private:
    // No datagram is longer, whatever is allowed: buffers are made for what can come.
    static limits bounded(limits allowed) noexcept
    {
        allowed.max_reply = std::min<std::size_t>(allowed.max_reply, 65'535);
        return allowed;
    }

    [[nodiscard]] std::error_code open(std::size_t lane, std::uint8_t generation)
    {
        ++sink_->counts(lane).sockets;
        try {
            return sockets_.open(lane, generation, endpoints_[lane]);
        } catch (const std::bad_alloc&) {
            return std::make_error_code(std::errc::not_enough_memory);
        } catch (const std::system_error& failed) { // Asio's own descriptors, the first time in a context
            return failed.code();
        }
    }

    // The network that the socket was bound to is gone (another Wi-Fi, a sleep): a fresh one may find a way.
    static bool lost_its_address(std::error_code error) noexcept
    {
        return detail::is_system_error(error, std::errc::address_not_available) ||
               detail::is_system_error(error, std::errc::network_unreachable) ||
               detail::is_system_error(error, std::errc::network_down) ||
               detail::is_system_error(error, std::errc::invalid_argument) ||
               detail::is_system_error(error, std::errc::bad_file_descriptor) ||
               detail::is_system_error(error, std::errc::not_connected);
    }

    std::optional<executor_type> executor_;
    transport_sink* sink_ = nullptr;
    std::vector<endpoint> endpoints_;
    Sockets<Executor> sockets_;
    detail::wake_timer<Executor> timer_;
    clock::time_point try_again_ = (clock::time_point::max)();
};

/// UDP as this platform does it best, on any executor.
#ifdef __linux__
template <class Executor = asio::any_io_executor>
using basic_udp = basic_udp_over<Executor, detail::linux_sockets>;
#else
template <class Executor = asio::any_io_executor>
using basic_udp = basic_udp_over<Executor, detail::portable_sockets>;
#endif

/// UDP as this platform does it best.
using udp = basic_udp<>;

} // namespace raida::inline v1::transport

#endif // RAIDA_TRANSPORT_UDP_HPP
