// System calls that fail when a test wants them to: these stand in front of the C library's own for the whole
// program. Include it in one file of it.
#ifndef RAIDA_TESTS_REFUSED_CALLS_HPP
#define RAIDA_TESTS_REFUSED_CALLS_HPP

#include <array>
#include <cerrno>
#include <cstddef>
#include <ctime>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace refused_calls {

enum call
{
    make_socket,
    make_watch_set,
    connect_socket,
    send_one,
    send_many,
    send_as_one, // a packet that the kernel is to cut apart
    receive_many,
    call_count
};

struct state
{
    int error = 0;
    int times = 0; // from now on
    int calls = 0;
};

inline std::array<state, call_count> states{};

inline void refuse(call which, int error, int times = 1)
{
    states[which] = {error, times, 0};
}

/// Nothing is refused any more, and counting begins afresh.
inline void allow_all()
{
    states = {};
}

[[nodiscard]] inline bool is_refused(call which)
{
    state& of = states[which];
    ++of.calls;
    if (of.times == 0)
        return false;
    --of.times;
    errno = of.error;
    return true;
}

} // namespace refused_calls

extern "C" {

int socket(int domain, int type, int protocol) noexcept
{
    if (refused_calls::is_refused(refused_calls::make_socket))
        return -1;
    return static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}

int epoll_create1(int flags) noexcept
{
    if (refused_calls::is_refused(refused_calls::make_watch_set))
        return -1;
    return static_cast<int>(::syscall(SYS_epoll_create1, flags));
}

int connect(int fd, const sockaddr* to, socklen_t size)
{
    if (refused_calls::is_refused(refused_calls::connect_socket))
        return -1;
    return static_cast<int>(::syscall(SYS_connect, fd, to, size));
}

ssize_t send(int fd, const void* bytes, size_t size, int flags)
{
    if (refused_calls::is_refused(refused_calls::send_one))
        return -1;
    return ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags)
{
    if (message->msg_controllen != 0 && refused_calls::is_refused(refused_calls::send_as_one))
        return -1;
    return ::syscall(SYS_sendmsg, fd, message, flags);
}

int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags)
{
    if (refused_calls::is_refused(refused_calls::send_many))
        return -1;
    return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, count, flags));
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout)
{
    if (refused_calls::is_refused(refused_calls::receive_many))
        return -1;
    return static_cast<int>(::syscall(SYS_recvmmsg, fd, messages, count, flags, timeout));
}
}

#endif // RAIDA_TESTS_REFUSED_CALLS_HPP
