// A batch of datagrams to each server with a fixed number of them in flight: what a window that learns is
// measured against.
#ifndef RAIDA_BENCH_FIXED_WINDOW_HPP
#define RAIDA_BENCH_FIXED_WINDOW_HPP

#include "floor_sockets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/socket.h>

namespace bench {

class fixed_window
{
  public:
    fixed_window(const setting& with, std::size_t window)
        : with_{with},
          sockets_{with},
          window_{window},
          buffers_{std::make_unique<std::uint8_t[]>(batch * buffer_size)}
    {}

    /// Sends all packets of the setting, once each. Returns how many were not answered: it gives up when
    /// nothing comes for the setting's deadline.
    std::size_t run()
    {
        lanes_ = {};
        std::size_t open = raida::server_count * with_.packets.size();
        for (std::size_t server = 0; server < raida::server_count; ++server)
            send(server);
        while (open != 0) {
            const auto ready = sockets_.wait(with_.deadline);
            if (ready.empty())
                break;
            for (const epoll_event& event : ready) {
                const std::size_t got = receive(event.data.u32);
                lanes_[event.data.u32].answered += got;
                open -= got;
                send(event.data.u32);
            }
        }
        return open;
    }

  private:
    static constexpr std::size_t batch = 64;
    static constexpr std::size_t buffer_size = 4096 + 64;

    struct lane
    {
        std::size_t sent = 0;
        std::size_t answered = 0;
    };

    void send(std::size_t server)
    {
        lane& of = lanes_[server];
        std::size_t left = std::min(with_.packets.size() - of.sent, window_ - (of.sent - of.answered));
        while (left != 0) {
            const std::size_t count = std::min(left, batch);
            for (std::size_t i = 0; i < count; ++i)
                describe(i, with_.packets[of.sent + i][server].bytes);
            const int sent = sendmmsg(sockets_[server], messages_.data(), static_cast<unsigned>(count), 0);
            if (sent <= 0)
                return; // the next answer tries again
            of.sent += static_cast<std::size_t>(sent);
            left -= static_cast<std::size_t>(sent);
        }
    }

    std::size_t receive(std::size_t server)
    {
        for (std::size_t i = 0; i < batch; ++i)
            describe(i, {buffers_.get() + i * buffer_size, 4096});
        const int count = recvmmsg(sockets_[server], messages_.data(), batch, MSG_DONTWAIT, nullptr);
        return static_cast<std::size_t>(std::max(count, 0));
    }

    void describe(std::size_t i, raida::bytes_view bytes)
    {
        parts_[i] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
        messages_[i] = {};
        messages_[i].msg_hdr.msg_iov = &parts_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
    }

    const setting& with_;
    floor_sockets sockets_;
    std::size_t window_;
    std::unique_ptr<std::uint8_t[]> buffers_;
    std::array<lane, raida::server_count> lanes_{};
    std::array<mmsghdr, batch> messages_{};
    std::array<iovec, batch> parts_{};
};

} // namespace bench

#endif // RAIDA_BENCH_FIXED_WINDOW_HPP
