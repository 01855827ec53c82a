// The calls to the kernel that contestants make, counted: with ld's --wrap=NAME, NAME becomes __wrap_NAME
// here and __real_NAME the original.
#include "counters.hpp"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

using bench::count_call;

namespace {

template <auto Real, class... Arguments>
auto counted(Arguments... arguments)
{
    count_call();
    return Real(arguments...);
}

} // namespace

extern "C" {

ssize_t __real_send(int, const void*, size_t, int);
ssize_t __wrap_send(int fd, const void* data, size_t size, int flags)
{
    return counted<__real_send>(fd, data, size, flags);
}

ssize_t __real_sendto(int, const void*, size_t, int, const sockaddr*, socklen_t);
ssize_t __wrap_sendto(int fd, const void* data, size_t size, int flags, const sockaddr* to, socklen_t length)
{
    return counted<__real_sendto>(fd, data, size, flags, to, length);
}

ssize_t __real_sendmsg(int, const msghdr*, int);
ssize_t __wrap_sendmsg(int fd, const msghdr* message, int flags)
{
    return counted<__real_sendmsg>(fd, message, flags);
}

int __real_sendmmsg(int, mmsghdr*, unsigned, int);
int __wrap_sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags)
{
    return counted<__real_sendmmsg>(fd, messages, count, flags);
}

ssize_t __real_recv(int, void*, size_t, int);
ssize_t __wrap_recv(int fd, void* data, size_t size, int flags)
{
    return counted<__real_recv>(fd, data, size, flags);
}

ssize_t __real_recvfrom(int, void*, size_t, int, sockaddr*, socklen_t*);
ssize_t __wrap_recvfrom(int fd, void* data, size_t size, int flags, sockaddr* from, socklen_t* length)
{
    return counted<__real_recvfrom>(fd, data, size, flags, from, length);
}

ssize_t __real_recvmsg(int, msghdr*, int);
ssize_t __wrap_recvmsg(int fd, msghdr* message, int flags)
{
    return counted<__real_recvmsg>(fd, message, flags);
}

int __real_recvmmsg(int, mmsghdr*, unsigned, int, timespec*);
int __wrap_recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout)
{
    return counted<__real_recvmmsg>(fd, messages, count, flags, timeout);
}

int __real_epoll_wait(int, epoll_event*, int, int);
int __wrap_epoll_wait(int set, epoll_event* events, int count, int timeout)
{
    return counted<__real_epoll_wait>(set, events, count, timeout);
}

int __real_epoll_ctl(int, int, int, epoll_event*);
int __wrap_epoll_ctl(int set, int what, int fd, epoll_event* event)
{
    return counted<__real_epoll_ctl>(set, what, fd, event);
}

int __real_select(int, fd_set*, fd_set*, fd_set*, timeval*);
int __wrap_select(int count, fd_set* in, fd_set* out, fd_set* except, timeval* timeout)
{
    return counted<__real_select>(count, in, out, except, timeout);
}

int __real_socket(int, int, int);
int __wrap_socket(int family, int type, int protocol)
{
    return counted<__real_socket>(family, type, protocol);
}

int __real_connect(int, const sockaddr*, socklen_t);
int __wrap_connect(int fd, const sockaddr* to, socklen_t size)
{
    return counted<__real_connect>(fd, to, size);
}

int __real_setsockopt(int, int, int, const void*, socklen_t);
int __wrap_setsockopt(int fd, int level, int option, const void* value, socklen_t size)
{
    return counted<__real_setsockopt>(fd, level, option, value, size);
}

int __real_getsockopt(int, int, int, void*, socklen_t*);
int __wrap_getsockopt(int fd, int level, int option, void* value, socklen_t* size)
{
    return counted<__real_getsockopt>(fd, level, option, value, size);
}

int __real_ioctl(int, unsigned long, void*);
int __wrap_ioctl(int fd, unsigned long what, void* argument)
{
    return counted<__real_ioctl>(fd, what, argument);
}

int __real_fcntl(int, int, void*);
int __wrap_fcntl(int fd, int what, void* argument)
{
    return counted<__real_fcntl>(fd, what, argument);
}

int __real_close(int);
int __wrap_close(int fd)
{
    return counted<__real_close>(fd);
}

ssize_t __real_read(int, void*, size_t);
ssize_t __wrap_read(int fd, void* data, size_t size)
{
    return counted<__real_read>(fd, data, size);
}

ssize_t __real_write(int, const void*, size_t);
ssize_t __wrap_write(int fd, const void* data, size_t size)
{
    return counted<__real_write>(fd, data, size);
}

int __real_timerfd_settime(int, int, const itimerspec*, itimerspec*);
int __wrap_timerfd_settime(int fd, int flags, const itimerspec* to, itimerspec* from)
{
    return counted<__real_timerfd_settime>(fd, flags, to, from);
}

} // extern "C"
