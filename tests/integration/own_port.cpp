// Where nobody listens on a port of this machine, a socket that connects to it may get that very port for its
// own: then it would hear itself, the refusal would never come, and the server could not come back.
#include <catch2/catch_test_macros.hpp>

#if !defined(__linux__)

TEST_CASE("a dead server's port is tested on Linux", "[fanout]")
{
    SKIP("only Linux lets a test choose the ports");
}

#else

#include <raida/fanout.hpp>
#include <raida/wire/commands.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>

#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned short dead_port = 40'000;
constexpr int not_allowed = 77;

// From here on this process has a network of its own, in which the kernel has two ports to choose from.
bool enter_small_network()
{
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is_up = fd >= 0 && ::ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    ::close(fd);
    std::ofstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
    range << dead_port << ' ' << dead_port + 1 << std::flush;
    return is_up && range;
}

// Without a quote nothing proves a refusal, which is then told at the deadline.
template <class Transport>
bool is_refused_every_time(std::chrono::milliseconds deadline)
{
    raida::server_list<1> servers;
    servers.set(0, {asio::ip::make_address("127.0.0.1"), dead_port});
    raida::commands<1> ask;
    for (int i = 0; i < 20; ++i) {
        asio::io_context io;
        raida::fanout<1, Transport> engine{io, servers};
        std::error_code seen;
        engine.async_request(
            ask.echo(), {.deadline = deadline},
            [&](std::error_code, const raida::replies<1>& replies) { seen = replies[0].error; });
        io.run();
        if (seen != asio::error::connection_refused)
            return false;
    }
    return true;
}

template <class Transport>
void check_in_small_network(std::chrono::milliseconds deadline)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
        ::_exit(!enter_small_network() ? not_allowed : is_refused_every_time<Transport>(deadline) ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == not_allowed)
        SKIP("a network of its own is not allowed here");
    CHECK(code == 0);
}

} // namespace

TEST_CASE("a dead server of this machine refuses, whatever port the kernel picks", "[fanout]")
{
    check_in_small_network<raida::transport::udp>(std::chrono::seconds{5});
}

TEST_CASE("the same on Asio's own sockets", "[fanout]")
{
    check_in_small_network<raida::transport::basic_portable_udp<>>(std::chrono::milliseconds{100});
}

#endif
