// A network of this process's own (Linux), and an uplink whose far side is the test: what a program sends
// through it are packets that the test reads, and answers as it likes.
#ifndef RAIDA_TESTS_OWN_NETWORK_HPP
#define RAIDA_TESTS_OWN_NETWORK_HPP

#include <catch2/catch_test_macros.hpp>

#include <raida/base/detail/bytes.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_tun.h>

namespace own_network {

using raida::bytes_view;
using bytes = std::vector<std::uint8_t>;
using endpoint = asio::ip::udp::endpoint;

// What the test needs is not to be had here.
struct not_allowed
{};

template <class Request>
void ask_kernel(unsigned long what, Request& with)
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int result = fd < 0 ? fd : ::ioctl(fd, what, &with);
    const int error = errno;
    ::close(fd);
    if (result < 0)
        throw std::system_error{error, std::generic_category(), "ioctl"};
}

inline ifreq device(const std::string& name)
{
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

inline void bring_up(const std::string& name)
{
    ifreq request = device(name);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ask_kernel(SIOCSIFFLAGS, request);
}

// From here on this process has nothing but a loopback device.
inline void enter()
{
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        throw not_allowed{};
    bring_up("lo");
}

// Calls `test` in a process with a network of its own; false, or what it throws, is a failure.
template <class Test>
void check(Test test)
{
    constexpr int skipped = 77;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        int code = 1;
        try {
            enter();
            code = test() ? 0 : 1;
        } catch (const not_allowed&) {
            code = skipped;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        ::_exit(code);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == skipped)
        SKIP("a network of its own is not allowed here");
    CHECK(code == 0);
}

// A packet of IPv4 that holds UDP, put together again if it came in parts.
struct packet
{
    bytes whole; // without options, as Linux sends them
    bool may_be_cut = false;

    [[nodiscard]] endpoint from() const { return at(12, 20); }
    [[nodiscard]] endpoint to() const { return at(16, 22); }
    [[nodiscard]] bytes_view payload() const { return bytes_view{whole}.subspan(28); }

  private:
    [[nodiscard]] endpoint at(std::size_t address, std::size_t port) const
    {
        using raida::detail::load_big;
        return {asio::ip::address_v4{load_big<4>(whole.data() + address)},
                load_big<2, std::uint16_t>(whole.data() + port)};
    }
};

// The way out of this machine by one address of its own: a device whose other end is here. Pending reads keep
// the context at work.
class uplink
{
  public:
    // Called for each packet that leaves through it.
    std::function<void(const packet&)> on_packet;

    uplink(asio::io_context& io, std::string name, const char* address) : name_{std::move(name)}, device_{io}
    {
        const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
        ifreq request = device(name_);
        request.ifr_flags = IFF_TUN | IFF_NO_PI;
        const bool is_there = fd >= 0 && ::ioctl(fd, TUNSETIFF, &request) == 0;
        if (fd >= 0)
            device_.assign(fd); // only now: nothing wakes who has watched it before
        if (!is_there)
            throw not_allowed{};
        move_to(address);
        bring_up(name_);
        read();
    }

    // Another address instead of the one that it had.
    void move_to(const char* address)
    {
        ifreq request = device(name_);
        set(request.ifr_addr, address);
        ask_kernel(SIOCSIFADDR, request);
        set(request.ifr_netmask, "255.255.255.0");
        ask_kernel(SIOCSIFNETMASK, request);
    }

    // All that is not on this machine is behind it, or not any more.
    void lead(bool everywhere)
    {
        rtentry route{};
        set(route.rt_dst, "0.0.0.0");
        set(route.rt_genmask, "0.0.0.0");
        route.rt_flags = RTF_UP;
        route.rt_dev = name_.data();
        ask_kernel(everywhere ? SIOCADDRT : SIOCDELRT, route);
    }

    // From the server that this was sent to, to whom it came from.
    void answer(const packet& asked, bytes_view with)
    {
        bytes made = asked.whole;
        made.resize(28);
        for (std::size_t i = 0; i < 4; ++i)
            std::swap(made[12 + i], made[16 + i]);
        std::swap_ranges(made.begin() + 20, made.begin() + 22, made.begin() + 22);
        raida::detail::store_big<2>(made.data() + 24, 8 + with.size());
        raida::detail::store_big<2>(made.data() + 26, 0U); // no checksum
        made.insert(made.end(), with.begin(), with.end());
        send(std::move(made));
    }

    // A router on the way: the packet is too long for what comes next.
    void refuse_as_too_long(const packet& refused, std::uint16_t most)
    {
        bytes made = refused.whole;
        made.resize(20);
        made[9] = 1; // ICMP
        std::copy_n(refused.whole.begin() + 12, 4, made.begin() + 16);
        std::copy_n(refused.whole.begin() + 16, 4, made.begin() + 12);
        bytes message{3, 4, 0, 0, 0, 0, 0, 0};
        raida::detail::store_big<2>(message.data() + 6, most);
        message.insert(message.end(), refused.whole.begin(), refused.whole.end());
        message.resize(std::min<std::size_t>(message.size(), 548));
        raida::detail::store_big<2>(message.data() + 2, checksum(message));
        made.insert(made.end(), message.begin(), message.end());
        send(std::move(made));
    }

  private:
    static void set(sockaddr& to, const char* address)
    {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_addr.s_addr = htonl(asio::ip::make_address_v4(address).to_uint());
        std::memcpy(&to, &made, sizeof to);
    }

    static std::uint16_t checksum(bytes_view of)
    {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < of.size(); ++i)
            sum += i % 2 == 0 ? of[i] * 256U : of[i];
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return static_cast<std::uint16_t>(~sum);
    }

    void send(bytes made)
    {
        raida::detail::store_big<2>(made.data() + 2, made.size());
        raida::detail::store_big<4>(made.data() + 4, 0U); // whole
        raida::detail::store_big<2>(made.data() + 10, 0U);
        raida::detail::store_big<2>(made.data() + 10, checksum(bytes_view{made}.first(20)));
        std::error_code ignored;
        device_.write_some(asio::buffer(made), ignored); // a device that is down loses it
    }

    void read()
    {
        device_.async_read_some(asio::buffer(buffer_), [this](std::error_code error, std::size_t size) {
            if (error)
                return;
            take(bytes_view{buffer_}.first(size));
            read();
        });
    }

    void take(bytes_view seen)
    {
        if (seen.size() < 28 || seen[0] != 0x45 || seen[9] != IPPROTO_UDP)
            return;
        const unsigned part = raida::detail::load_big<2>(seen.data() + 6);
        if ((part & 0x1FFF) == 0)
            parts_ = {{seen.begin(), seen.end()}, (part & 0x4000) == 0};
        else // of the one before: nothing comes in between
            parts_.whole.insert(parts_.whole.end(), seen.begin() + 20, seen.end());
        if ((part & 0x2000) == 0 && on_packet)
            on_packet(parts_);
    }

    std::string name_;
    asio::posix::stream_descriptor device_;
    std::array<std::uint8_t, 2048> buffer_{};
    packet parts_;
};

} // namespace own_network

#endif // RAIDA_TESTS_OWN_NETWORK_HPP
