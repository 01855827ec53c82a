// UDP lanes on Linux: batches in and out, the error queue, and one descriptor for Asio to watch.
#ifndef RAIDA_TRANSPORT_DETAIL_LINUX_SOCKETS_HPP
#define RAIDA_TRANSPORT_DETAIL_LINUX_SOCKETS_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/transport.hpp>
#include <raida/transport/detail/linux_receiver.hpp>
#include <raida/transport/detail/linux_sender.hpp>

#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/posix/descriptor_base.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace raida::inline v1::detail {

/// All lanes' sockets stand in an epoll set of their own, and Asio watches that set: one wait serves all of
/// them, where a wait per socket would cost a system call per server and answer.
template <class Executor>
class linux_sockets
{
  public:
    using endpoint = asio::ip::udp::endpoint;

    linux_sockets(const Executor& executor, const limits& allowed)
        : executor_{executor}, receiver_{allowed.max_reply}, receive_buffer_{allowed.receive_buffer}
    {}

    linux_sockets(linux_sockets&& other) noexcept = default;
    ~linux_sockets() { close_all(); }

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        owner_ = std::move(owner);
    }

    [[nodiscard]] bool is_open(std::size_t lane, std::uint8_t generation) const noexcept
    {
        return find(lane, generation) != nullptr;
    }

    [[nodiscard]] std::error_code open(std::size_t lane, std::uint8_t generation, const endpoint& to)
    {
        sockets_.resize((std::max)(sockets_.size(), lane + 1)); // before there is a descriptor to be lost
        receiver_.make_room(lane);
        if (!watched_)
            if (const auto error = open_set())
                return error;
        int fd = connected(to);
        if (fd >= 0 && is_connected_to_itself(fd, to)) // this one would keep a dead server's port for good
            ::close(std::exchange(fd, connected(to)));
        if (fd < 0)
            return last_error();
        if (!watch(fd, lane, generation)) {
            const auto error = last_error();
            ::close(fd);
            return error;
        }
        auto& both = sockets_[lane];
        *std::find_if(both.begin(), both.end(),
                      [](const socket& one) { return one.fd < 0; }) = {.fd = fd, .generation = generation};
        return {};
    }

    /// A pending error belongs to an earlier datagram: the kernel tells it once, instead of sending. So the
    /// send is tried again; what the error was about stands in the error queue, and is read from there when
    /// all requests of this batch are known to be on their way.
    [[nodiscard]] submitted send(std::size_t lane, std::uint8_t generation, std::span<const outgoing> batch)
    {
        socket& from = *find(lane, generation);
        for (int excuses = 2;; --excuses) {
            bool as_one = false;
            if (const auto left = sender_.send(from.fd, from.cuts, batch, as_one); left > 0)
                return {static_cast<std::size_t>(left), {}, as_one};
            const auto error = last_error();
            if (is_system_error(error, std::errc::operation_would_block))
                await_space(from, lane, true);
            else if (!is_system_error(error, std::errc::no_buffer_space) && excuses > 0)
                continue;
            return {0, error};
        }
    }

    /// Everything that has arrived on this lane.
    void drain(std::size_t lane)
    {
        if (lane >= sockets_.size())
            return;
        for (const socket one : sockets_[lane])
            if (one.fd >= 0)
                receiver_.receive(one.fd, lane, one.generation, *sink_, linux_receiver::until::empty);
    }

    void close(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (socket* const found = find(lane, generation)) {
            ::close(found->fd);
            *found = {};
        }
    }

    void close_all() noexcept
    {
        for (auto& both : sockets_)
            for (socket& one : both)
                if (one.fd >= 0)
                    ::close(std::exchange(one.fd, -1));
        watched_.reset(); // closes the set too
        listening_ = false;
    }

    void release() noexcept { executor_.reset(); }

    /// The set would be one for both processes, and wake either for what the other one leaves unread. So it
    /// is gone before, the parent makes another one, and the child begins without sockets.
    void notify_fork(asio::execution_context::fork_event event) noexcept
    {
        if (event == asio::execution_context::fork_prepare) {
            was_watched_ = watched_.has_value();
            watched_.reset();
            listening_ = false;
        } else {
            const bool has_lost_set = std::exchange(was_watched_, false);
            if (event == asio::execution_context::fork_child || (has_lost_set && !could_watch_again()))
                close_all();
        }
    }

    void listen()
    {
        wanted_ = true;
        if (!watched_ || listening_)
            return;
        watched_->async_wait(asio::posix::descriptor_base::wait_read, on_ready{this, owner_.lock(), sets_});
        listening_ = true;
    }

    void rest()
    {
        wanted_ = false;
        if (watched_ && listening_)
            watched_->cancel();
    }

  private:
    struct socket
    {
        int fd = -1;
        std::uint8_t generation = 0;
        cutting cuts = cutting::untried;
        bool awaits_space = false;
    };

    struct on_ready
    {
        linux_sockets* self;
        std::shared_ptr<void> owner;
        unsigned set;

        void operator()(std::error_code error) const
        {
            if (!self->watched_ || set != self->sets_)
                return; // closed meanwhile
            self->listening_ = false;
            if (!error)
                self->receive();
            else if (self->wanted_) // a rest that was over before it began
                self->listen_again();
        }
    };

    static std::error_code last_error() noexcept { return {errno, asio::error::get_system_category()}; }

    [[nodiscard]] const socket* find(std::size_t lane, std::uint8_t generation) const noexcept
    {
        if (lane < sockets_.size())
            for (const socket& one : sockets_[lane])
                if (one.fd >= 0 && one.generation == generation)
                    return &one;
        return nullptr;
    }
    [[nodiscard]] socket* find(std::size_t lane, std::uint8_t generation) noexcept
    {
        return const_cast<socket*>(std::as_const(*this).find(lane, generation));
    }

    // Short of memory the engine tries it, in a turn of its own.
    void listen_again()
    {
        try {
            listen();
        } catch (const std::bad_alloc&) {
            sink_->on_wake();
        }
    }

    [[nodiscard]] std::error_code open_set()
    {
        asio::posix::basic_stream_descriptor<Executor> made{*executor_};
        const int set = ::epoll_create1(EPOLL_CLOEXEC);
        if (set < 0)
            return last_error();
        std::error_code error;
        try {
            made.assign(set, error);
        } catch (const std::bad_alloc&) {
            error = std::make_error_code(std::errc::not_enough_memory);
        }
        if (error)
            ::close(set);
        else
            watched_.emplace(std::move(made));
        ++sets_;
        return error;
    }

    [[nodiscard]] bool could_watch_again() noexcept
    {
        try {
            if (open_set())
                return false;
            for (std::size_t lane = 0; lane < sockets_.size(); ++lane)
                for (socket& one : sockets_[lane])
                    if (one.fd >= 0 && !watch(one.fd, lane, one.generation, one.awaits_space))
                        return false;
            if (wanted_)
                listen();
            return true;
        } catch (...) {
            return false;
        }
    }

    // A new socket, or -1 and errno.
    [[nodiscard]] int connected(const endpoint& to) const noexcept
    {
        const int fd = ::socket(to.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return fd;
        set_up(fd, to.data()->sa_family);
        if (::connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0)
            return fd;
        const int error =
            errno == EAGAIN ? EADDRNOTAVAIL : errno; // no port is free, nothing tells when one is
        ::close(fd);
        errno = error;
        return -1;
    }

    // Where nobody listens on a port of this machine, the kernel may pick that very port for the socket.
    [[nodiscard]] static bool is_connected_to_itself(int fd, const endpoint& to) noexcept
    {
        endpoint local;
        socklen_t size = static_cast<socklen_t>(local.capacity());
        if (::getsockname(fd, local.data(), &size) != 0)
            return false;
        local.resize(size);
        return local == to;
    }

    // A system that refuses one of these still works, less well.
    void set_up(int fd, int family) const noexcept
    {
        const int on = 1;
        const int size = static_cast<int>(std::min<std::size_t>(receive_buffer_, 0x4000'0000));
        if (size != 0)
            ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
        if (family == AF_INET6)
            ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
        else
            ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        // As DNS does: routers cut what is too long for a path, where else they drop the first of it.
        const int how = IP_PMTUDISC_OMIT;
        if (family == AF_INET)
            ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
    }

    static epoll_event interest(std::size_t lane, std::uint8_t generation, bool in_space) noexcept
    {
        epoll_event event{};
        event.events = EPOLLIN | (in_space ? EPOLLOUT : 0U);
        event.data.u64 = std::uint64_t{lane} << 8 | generation;
        return event;
    }

    [[nodiscard]] bool watch(int fd, std::size_t lane, std::uint8_t generation,
                             bool in_space = false) noexcept
    {
        auto event = interest(lane, generation, in_space);
        return ::epoll_ctl(watched_->native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
    }

    void await_space(socket& one, std::size_t lane, bool wanted) noexcept
    {
        auto event = interest(lane, one.generation, wanted);
        if (one.awaits_space != wanted)
            ::epoll_ctl(watched_->native_handle(), EPOLL_CTL_MOD, one.fd, &event);
        one.awaits_space = wanted;
    }

    void receive()
    {
        std::array<epoll_event, 64> ready;
        const int count =
            ::epoll_wait(watched_->native_handle(), ready.data(), static_cast<int>(ready.size()), 0);
        for (int i = 0; i < count && watched_; ++i) {
            const auto& event = ready[static_cast<std::size_t>(i)];
            const std::size_t lane = static_cast<std::uint32_t>(event.data.u64 >> 8);
            const auto generation = static_cast<std::uint8_t>(event.data.u64 & 0xFF);
            socket* const from = find(lane, generation);
            if (from == nullptr)
                continue;
            if ((event.events & EPOLLERR) != 0)
                receiver_.take_errors(from->fd, lane, generation, *sink_);
            if ((event.events & EPOLLIN) != 0)
                receiver_.receive(from->fd, lane, generation, *sink_, linux_receiver::until::short_batch);
            if ((event.events & EPOLLOUT) != 0)
                await_space(*from, lane, false);
        }
        sink_->on_wake();
    }

    std::optional<Executor> executor_;
    transport_sink* sink_ = nullptr;
    std::weak_ptr<void> owner_;
    std::optional<asio::posix::basic_stream_descriptor<Executor>> watched_; // the epoll set
    std::vector<std::array<socket, 2>> sockets_; // per lane: the current one and its predecessor
    linux_sender sender_;
    linux_receiver receiver_;
    std::size_t receive_buffer_;
    unsigned sets_ = 0; // so many were opened
    bool listening_ = false;
    bool wanted_ = false;
    bool was_watched_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_LINUX_SOCKETS_HPP
