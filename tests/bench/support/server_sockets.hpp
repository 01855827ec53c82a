// The bench server's 25 sockets: requests in and answers out in as few system calls as the kernel offers.
#ifndef RAIDA_BENCH_SERVER_SOCKETS_HPP
#define RAIDA_BENCH_SERVER_SOCKETS_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

/// Answers of one size to one client leave as one message that the kernel cuts (UDP_SEGMENT), and what a
/// client sent that way is read in one piece (UDP_GRO): the servers must not be what limits the contest.
class server_sockets
{
  public:
    struct answer
    {
        sockaddr_in to;
        std::array<std::uint8_t, raida::header_size> bytes;
    };

    /// The socket of server `dead` is closed, but its port stays ours, so that nobody else gets it.
    server_sockets(long dead, bool default_buffers)
        : set_{epoll_create1(0)}, buffers_{std::make_unique<std::uint8_t[]>(batch * buffer_size)}
    {
        for (std::size_t i = 0; i < fds_.size(); ++i)
            open(i, static_cast<long>(i) == dead, default_buffers);
    }

    [[nodiscard]] int set() const noexcept { return set_; }
    [[nodiscard]] int port(std::size_t which) const noexcept { return ports_[which]; }

    /// Reads what there is, up to a batch of messages.
    bool read(std::size_t which)
    {
        for (std::size_t i = 0; i < batch; ++i) {
            parts_[i] = {buffers_.get() + i * buffer_size, buffer_size};
            incoming_[i] = {};
            msghdr& header = incoming_[i].msg_hdr;
            header.msg_iov = &parts_[i];
            header.msg_iovlen = 1;
            header.msg_name = &from_[i];
            header.msg_namelen = sizeof from_[i];
            header.msg_control = controls_[i].data();
            header.msg_controllen = controls_[i].size();
        }
        const int count = recvmmsg(fds_[which], incoming_.data(), batch, MSG_DONTWAIT, nullptr);
        received_ = count > 0 ? static_cast<std::size_t>(count) : 0;
        return received_ != 0;
    }

    template <class Visitor>
    void for_each_request(Visitor&& visit)
    {
        for (std::size_t i = 0; i < received_; ++i) {
            const raida::bytes_view all{buffers_.get() + i * buffer_size, incoming_[i].msg_len};
            const std::size_t step = segment_size(incoming_[i].msg_hdr, all.size());
            for (std::size_t at = 0; at < all.size(); at += step)
                visit(all.subspan(at, std::min(step, all.size() - at)), from_[i]);
        }
    }

    void queue(const answer& made) { waiting_.push_back(made); }

    void flush(std::size_t which)
    {
        for (std::size_t at = 0; at < waiting_.size();)
            at = send_group(fds_[which], at);
        waiting_.clear();
    }

  private:
    static constexpr std::size_t batch = 32;
    static constexpr std::size_t buffer_size = 65'536;
    static constexpr std::size_t most_segments = 64;

    void open(std::size_t which, bool dead, bool default_buffers)
    {
        const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(dead ? INADDR_LOOPBACK + 1 : INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::system_error{errno, std::system_category(), "server socket"};
        fds_[which] = fd;
        ports_[which] = ntohs(address.sin_port);
        const int on = 1, room = 16 << 20;
        if (!default_buffers && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
        const int none = 0;
        cuts_ = setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u32 = static_cast<std::uint32_t>(which);
        epoll_ctl(set_, EPOLL_CTL_ADD, fd, &event);
    }

    static std::size_t segment_size(msghdr& message, std::size_t whole) noexcept
    {
        for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one))
            if (one->cmsg_level == IPPROTO_UDP && one->cmsg_type == UDP_GRO) {
                int size = 0;
                std::memcpy(&size, CMSG_DATA(one), sizeof size);
                return static_cast<std::size_t>(size);
            }
        return whole == 0 ? 1 : whole;
    }

    // The answers from `at` on that go to the same client, as one message. Returns where the next group
    // begins.
    std::size_t send_group(int fd, std::size_t at)
    {
        std::array<iovec, most_segments> parts;
        std::size_t count = 0;
        const sockaddr_in to = waiting_[at].to;
        const std::size_t most = cuts_ ? most_segments : 1;
        for (; at < waiting_.size() && count < most && waiting_[at].to.sin_port == to.sin_port; ++at)
            parts[count++] = {waiting_[at].bytes.data(), waiting_[at].bytes.size()};
        msghdr message{};
        message.msg_name = const_cast<sockaddr_in*>(&to);
        message.msg_namelen = sizeof to;
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> control{};
        if (count > 1) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* const cut = CMSG_FIRSTHDR(&message);
            cut->cmsg_level = IPPROTO_UDP;
            cut->cmsg_type = UDP_SEGMENT;
            cut->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
            const std::uint16_t size = raida::header_size;
            std::memcpy(CMSG_DATA(cut), &size, sizeof size);
        }
        sendmsg(fd, &message, 0);
        return at;
    }

    int set_;
    bool cuts_ = false;
    std::array<int, raida::server_count> fds_{};
    std::array<int, raida::server_count> ports_{};
    std::unique_ptr<std::uint8_t[]> buffers_;
    std::array<mmsghdr, batch> incoming_;
    std::array<iovec, batch> parts_;
    std::array<sockaddr_in, batch> from_;
    alignas(cmsghdr) std::array<std::array<std::uint8_t, 64>, batch> controls_;
    std::size_t received_ = 0;
    std::vector<answer> waiting_;
};

} // namespace bench

#endif // RAIDA_BENCH_SERVER_SOCKETS_HPP
