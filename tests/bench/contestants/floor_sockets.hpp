// What the floors have in common: 25 connected sockets in an epoll set, and which fan-out an answer belongs
// to.
#ifndef RAIDA_BENCH_FLOOR_SOCKETS_HPP
#define RAIDA_BENCH_FLOOR_SOCKETS_HPP

#include "contestant.hpp"

#include <raida/base/detail/bytes.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

class floor_sockets
{
  public:
    explicit floor_sockets(const setting& with) : set_{epoll_create1(0)}
    {
        for (std::size_t i = 0; i < fds_.size(); ++i) {
            const int fd = fds_[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
            const sockaddr_in to = with.address(i);
            if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
                throw std::system_error{errno, std::system_category(), "floor"};
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &with.receive_buffer, sizeof with.receive_buffer);
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u32 = static_cast<std::uint32_t>(i);
            epoll_ctl(set_, EPOLL_CTL_ADD, fd, &event);
        }
    }

    floor_sockets(const floor_sockets&) = delete;
    floor_sockets& operator=(const floor_sockets&) = delete;

    ~floor_sockets()
    {
        for (const int fd : fds_)
            close(fd);
        close(set_);
    }

    [[nodiscard]] int operator[](std::size_t server) const noexcept { return fds_[server]; }

    /// The sockets that have something, or none when `timeout` is over.
    [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds timeout)
    {
        const int count = epoll_wait(set_, ready_.data(), static_cast<int>(ready_.size()),
                                     static_cast<int>(std::max<std::int64_t>(timeout.count(), 0)));
        return std::span{ready_}.first(static_cast<std::size_t>(std::max(count, 0)));
    }

  private:
    int set_;
    std::array<int, raida::server_count> fds_{};
    std::array<epoll_event, 32> ready_;
};

/// Fan-outs in flight. An answer is found by its echo in a table, and that is all that is checked.
class floor_rounds
{
  public:
    explicit floor_rounds(const setting& with)
        : with_{&with}, size_{std::bit_ceil(2 * with.packets.size())}, table_(raida::server_count * size_)
    {}

    void begin(std::size_t in_flight, std::size_t fanouts, block& into)
    {
        rounds_.assign(in_flight, round{});
        to_start_ = to_finish_ = fanouts;
        into_ = &into;
        next_look_ = bench_clock::now() + with_->deadline;
    }

    [[nodiscard]] bool has_more() const noexcept { return to_start_ != 0; }
    [[nodiscard]] bool is_done() const noexcept { return to_finish_ == 0; }

    /// After this its packets are to be sent.
    void start(std::size_t which, bench_clock::time_point now)
    {
        --to_start_;
        rounds_[which] = {now, raida::server_count};
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            const std::uint16_t echo = echo_of(packet(which, server).data() + 30);
            entry(server, echo) = {echo, static_cast<std::uint16_t>(which + 1)};
        }
    }

    [[nodiscard]] raida::bytes_view packet(std::size_t which, std::size_t server) const noexcept
    {
        return with_->packets[which][server].bytes;
    }

    /// Calls `finished(which)` if this was the last answer of its fan-out.
    template <class Finished>
    void arrived(std::size_t server, const std::uint8_t* datagram, bench_clock::time_point now,
                 Finished&& finished)
    {
        const std::uint16_t echo = echo_of(datagram + 6);
        waiting& of = entry(server, echo);
        if (of.which == 0 || of.echo != echo)
            return;
        const std::size_t which = of.which - 1U;
        of.which = 0;
        ++into_->answered;
        if (--rounds_[which].open == 0)
            finish(which, now, finished);
    }

    /// Ends the fan-outs whose deadline is over.
    template <class Finished>
    void expire(bench_clock::time_point now, Finished&& finished)
    {
        if (now < next_look_)
            return;
        next_look_ = now + with_->deadline;
        for (std::size_t which = 0; which < rounds_.size(); ++which) {
            if (rounds_[which].open == 0)
                continue;
            if (rounds_[which].began + with_->deadline <= now)
                finish(which, now, finished);
            else
                next_look_ = std::min(next_look_, rounds_[which].began + with_->deadline);
        }
    }

    [[nodiscard]] std::chrono::milliseconds patience(bench_clock::time_point now) const noexcept
    {
        return std::chrono::ceil<std::chrono::milliseconds>(next_look_ - now);
    }

  private:
    struct round
    {
        bench_clock::time_point began{};
        std::size_t open = 0;
    };

    struct waiting
    {
        std::uint16_t echo = 0;
        std::uint16_t which = 0; // 0: nobody
    };

    static std::uint16_t echo_of(const std::uint8_t* at) noexcept
    {
        return raida::detail::load_big<2, std::uint16_t>(at);
    }

    waiting& entry(std::size_t server, std::uint16_t echo) noexcept
    {
        return table_[server * size_ + (echo & (size_ - 1))];
    }

    template <class Finished>
    void finish(std::size_t which, bench_clock::time_point now, Finished&& finished)
    {
        rounds_[which].open = 0;
        --to_finish_;
        into_->latencies.push_back(
            std::chrono::duration<float, std::micro>(now - rounds_[which].began).count());
        finished(which);
    }

    const setting* with_;
    std::size_t size_; // of each server's table, a power of two
    std::vector<waiting> table_;
    std::vector<round> rounds_;
    std::size_t to_start_ = 0;
    std::size_t to_finish_ = 0;
    bench_clock::time_point next_look_{};
    block* into_ = nullptr;
};

} // namespace bench

#endif // RAIDA_BENCH_FLOOR_SOCKETS_HPP
