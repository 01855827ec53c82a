// How datagrams leave on Linux: one, many in one call, or many as one packet that the kernel cuts apart.
#ifndef RAIDA_TRANSPORT_DETAIL_LINUX_SENDER_HPP
#define RAIDA_TRANSPORT_DETAIL_LINUX_SENDER_HPP

#include <raida/engine/transport.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

namespace raida::inline v1::detail {

/// Can a packet be cut apart on its way out of this socket? Paths and devices differ.
enum class cutting : std::uint8_t
{
    untried,
    works,
    refused
};

class linux_sender
{
  public:
    /// How many of the first datagrams have left, or -1 and errno. `as_one`: as one packet.
    long send(int fd, cutting& cuts, std::span<const outgoing> batch, bool& as_one) noexcept
    {
        const std::size_t alike = count_alike(batch);
        as_one = alike > 1 && may_cut(fd, cuts);
        if (as_one) {
            if (send_as_one(fd, batch.first(alike)) >= 0)
                return static_cast<long>(alike);
            if (errno != EINVAL && errno != EIO && errno != EMSGSIZE && errno != EOPNOTSUPP && !is_barred())
                return -1;           // it would not have left otherwise either
            cuts = cutting::refused; // a small path, or a device that does not compute checksums
            as_one = false;
        }
        return batch.size() == 1 ? send_one(fd, batch[0].bytes) : send_many(fd, batch);
    }

  private:
    static constexpr std::size_t most = 64; // in one call; the kernel cuts no packet into more

    // Of short datagrams an error tells whether one was refused, or all that left with it. Of longer ones
    // that must be known only where a repetition would do harm.
    static std::size_t count_alike(std::span<const outgoing> batch) noexcept
    {
        const std::size_t size = batch[0].bytes.size();
        const auto differs = [size](const outgoing& one) {
            return one.bytes.size() != size || (size > least_quoted && !is_idempotent(command_of(one.bytes)));
        };
        const auto end = std::find_if(batch.begin(), batch.end(), differs);
        return (std::min)({static_cast<std::size_t>(end - batch.begin()), most, max_datagram / size});
    }

    // A sandbox says so of calls that it does not let through, a firewall of what it does not let out.
    static bool is_barred() noexcept { return errno == ENOSYS || errno == EPERM; }

    // Kernels that know nothing of it would send one long datagram.
    static bool may_cut(int fd, cutting& cuts) noexcept
    {
#ifdef UDP_SEGMENT
        int size = 0;
        socklen_t length = sizeof size;
        if (cuts == cutting::untried)
            cuts = ::getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0 ? cutting::works
                                                                                   : cutting::refused;
#else
        static_cast<void>(fd);
        cuts = cutting::refused;
#endif
        return cuts == cutting::works;
    }

    static long send_as_one(int fd, std::span<const outgoing> batch) noexcept
    {
#ifdef UDP_SEGMENT
        std::array<iovec, most> parts;
        fill(parts, batch);
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> control{};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = batch.size();
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto size = static_cast<std::uint16_t>(batch[0].bytes.size());
        cmsghdr* const cut = CMSG_FIRSTHDR(&message);
        cut->cmsg_level = IPPROTO_UDP;
        cut->cmsg_type = UDP_SEGMENT;
        cut->cmsg_len = CMSG_LEN(sizeof size);
        std::memcpy(CMSG_DATA(cut), &size, sizeof size);
        return ::sendmsg(fd, &message, MSG_NOSIGNAL);
#else
        static_cast<void>(fd), static_cast<void>(batch);
        return -1;
#endif
    }

    static long send_one(int fd, bytes_view bytes) noexcept
    {
        return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 ? -1 : 1;
    }

    long send_many(int fd, std::span<const outgoing> batch) noexcept
    {
        if (has_sendmmsg_)
            if (const long left = send_in_one_call(fd, batch); left >= 0 || !is_barred())
                return left;
        std::size_t left = 0;
        while (left < batch.size() && send_one(fd, batch[left].bytes) > 0)
            ++left;
        if (left == 0)
            return -1;
        has_sendmmsg_ = false; // it was the call that was barred
        return static_cast<long>(left);
    }

    static long send_in_one_call(int fd, std::span<const outgoing> batch) noexcept
    {
        std::array<mmsghdr, most> messages;
        std::array<iovec, most> parts;
        const auto some = batch.first((std::min)(batch.size(), most));
        fill(parts, some);
        for (std::size_t i = 0; i < some.size(); ++i) {
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        return ::sendmmsg(fd, messages.data(), static_cast<unsigned>(some.size()), MSG_NOSIGNAL);
    }

    static void fill(std::array<iovec, most>& parts, std::span<const outgoing> batch) noexcept
    {
        for (std::size_t i = 0; i < batch.size(); ++i)
            parts[i] = {const_cast<std::uint8_t*>(batch[i].bytes.data()), batch[i].bytes.size()};
    }

    bool has_sendmmsg_ = true;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_LINUX_SENDER_HPP
