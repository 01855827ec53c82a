// Reads datagrams in batches, and the error queue, from Linux sockets.
#ifndef RAIDA_TRANSPORT_DETAIL_LINUX_RECEIVER_HPP
#define RAIDA_TRANSPORT_DETAIL_LINUX_RECEIVER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/engine/transport.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

namespace raida::inline v1::detail {

/// One set of buffers for all lanes of an engine, since a batch is handed up before the next is read.
class linux_receiver
{
  public:
    enum class until
    {
        short_batch, ///< there was less than asked for, or one alone: whatever is left, or comes then, makes
                     ///< the socket ready again
        empty        ///< the socket says that it is empty
    };

    explicit linux_receiver(std::size_t max_reply)
        : limit_{max_reply},
          stride_{(limit_ + 63) / 64 * 64 + 64} // not a power of two: the cache has few ways
    {}

    /// Before anything is received on this lane, so that receiving allocates nothing.
    void make_room(std::size_t lane)
    {
        buffers_.resize(batch * stride_);
        seen_.resize((std::max)(seen_.size(), lane + 1));
    }

    void receive(int fd, std::size_t lane, std::uint8_t generation, transport_sink& sink, until end)
    {
        std::size_t wanted = std::clamp<std::size_t>(2 * seen_[lane].datagrams, 1, batch);
        seen_[lane].datagrams = 0;
        for (std::size_t rounds = 0; rounds < longest_drain; ++rounds) {
            const int count = read(fd, wanted);
            if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                // An error of an earlier datagram, told here instead of data; told again it is only the end.
                if (!take_errors(fd, lane, generation, sink))
                    return;
                continue;
            }
            hand_up(count, lane, generation, sink);
            const auto got = static_cast<std::size_t>((std::max)(count, 0));
            seen_[lane].datagrams += got;
            if (count <= 0 || (end == until::short_batch && (got < wanted || wanted == 1)))
                return;
            wanted = batch;
        }
    }

    /// Tells the sink every queued error with the datagram that it is about. False if there was none.
    bool take_errors(int fd, std::size_t lane, std::uint8_t generation, transport_sink& sink)
    {
        bool any = false;
        for (std::size_t rounds = 0; rounds < longest_drain; ++rounds) {
            std::array<std::uint8_t, 576> quoted; // more is never quoted over IPv4
            alignas(cmsghdr) std::array<std::uint8_t, 512> control;
            iovec part{quoted.data(), quoted.size()};
            msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const auto size = ::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
            if (size < 0)
                break;
            any = true;
            if (const int number = error_of(message); number != 0)
                sink.on_error(lane, generation, {number, asio::error::get_system_category()},
                              {quoted.data(), static_cast<std::size_t>(size)});
            wipe(quoted.data(), quoted.size()); // a request in the clear has authenticity numbers in it
        }
        return any || clear_error(fd, lane, generation, sink);
    }

  private:
    static constexpr std::size_t batch = 64;
    static constexpr std::size_t longest_drain = 64; // batches: then others get their turn
    static constexpr std::size_t control_size = CMSG_SPACE(sizeof(std::uint32_t)) + 40;

    struct alignas(cmsghdr) control_block
    {
        std::array<std::uint8_t, (control_size + 63) / 64 * 64> bytes;
    };

    struct batch_room
    {
        std::array<mmsghdr, batch> messages{};
        std::array<iovec, batch> parts{};
        std::array<control_block, batch> controls;
    };

    // First twice as many as this lane had last time, then all: a single answer must not pay for a batch.
    int read(int fd, std::size_t wanted)
    {
        auto& messages = room_.messages;
        // Every time: the kernel changes some of it, and a move the rest.
        for (std::size_t i = 0; i < wanted; ++i) {
            room_.parts[i] = {buffers_.data() + i * stride_, limit_};
            messages[i].msg_hdr.msg_iov = &room_.parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = room_.controls[i].bytes.data();
            messages[i].msg_hdr.msg_controllen = room_.controls[i].bytes.size();
            messages[i].msg_hdr.msg_flags = 0;
        }
        if (wanted > 1 && has_recvmmsg_) {
            const int count =
                ::recvmmsg(fd, messages.data(), static_cast<unsigned>(wanted), MSG_DONTWAIT, nullptr);
            has_recvmmsg_ = count >= 0 || (errno != ENOSYS && errno != EPERM); // barred by a sandbox
            if (has_recvmmsg_)
                return count;
        }
        int count = 0;
        for (std::size_t i = 0; i < wanted; ++i) {
            const auto size = ::recvmsg(fd, &messages[i].msg_hdr, MSG_DONTWAIT);
            if (size < 0)
                return count != 0 ? count : -1;
            messages[i].msg_len = static_cast<unsigned>(size);
            ++count;
        }
        return count;
    }

    void hand_up(int count, std::size_t lane, std::uint8_t generation, transport_sink& sink)
    {
        const auto now =
            count > 1 ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point{};
        for (int i = 0; i < count; ++i) {
            const auto& message = room_.messages[static_cast<std::size_t>(i)];
            if (message.msg_hdr.msg_controllen != 0)
                count_overflow(message.msg_hdr, lane, generation, sink);
            sink.on_datagram(lane, generation,
                             {.bytes = {static_cast<const std::uint8_t*>(message.msg_hdr.msg_iov->iov_base),
                                        message.msg_len},
                              .truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0,
                              .when = now});
        }
    }

    // The kernel tells how many it has dropped on this socket in all.
    void count_overflow(const msghdr& message, std::size_t lane, std::uint8_t generation,
                        transport_sink& sink)
    {
        for (const cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr;
             one = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(one))) {
            if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SO_RXQ_OVFL)
                continue;
            std::uint32_t dropped = 0;
            std::memcpy(&dropped, CMSG_DATA(one), sizeof dropped);
            auto& known = seen_[lane];
            const bool goes_on = known.generation == generation && dropped >= known.dropped;
            sink.counts(lane).overflowed += goes_on ? dropped - known.dropped : dropped;
            known.dropped = dropped;
            known.generation = generation;
        }
    }

    static int error_of(msghdr& message) noexcept
    {
        for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
            const bool is_error = (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_RECVERR) ||
                                  (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_RECVERR);
            if (!is_error)
                continue;
            sock_extended_err error{};
            std::memcpy(&error, CMSG_DATA(one), sizeof error);
            return static_cast<int>(error.ee_errno);
        }
        return 0;
    }

    // An error that was not queued is known only by its number.
    static bool clear_error(int fd, std::size_t lane, std::uint8_t generation, transport_sink& sink)
    {
        int number = 0;
        socklen_t size = sizeof number;
        if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0 || number == 0)
            return false;
        sink.on_error(lane, generation, {number, asio::error::get_system_category()}, {});
        return true;
    }

    struct lane_history
    {
        std::size_t datagrams = 0; // of the last time
        std::uint32_t dropped = 0; // by the kernel, as it has told for this generation
        std::uint8_t generation = 0;
    };

    std::size_t limit_;
    std::size_t stride_;
    bool has_recvmmsg_ = true;
    std::vector<std::uint8_t> buffers_;
    batch_room room_;
    std::vector<lane_history> seen_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_LINUX_RECEIVER_HPP
