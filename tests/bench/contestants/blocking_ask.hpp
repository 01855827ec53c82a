// One request to one server on a fresh socket that waits: what the seed's threads do.
#ifndef RAIDA_BENCH_BLOCKING_ASK_HPP
#define RAIDA_BENCH_BLOCKING_ASK_HPP

#include "contestant.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace bench {

inline bool ask_and_wait(const setting& with, std::size_t server)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return false;
    const auto micros = std::chrono::microseconds{with.deadline}.count();
    timeval patience{};
    patience.tv_sec = static_cast<time_t>(micros / 1'000'000);
    patience.tv_usec = static_cast<suseconds_t>(micros % 1'000'000);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &with.receive_buffer, sizeof with.receive_buffer);
    const sockaddr_in to = with.address(server);
    const auto packet = with.packets[0][server].bytes;
    sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    std::array<std::uint8_t, 4096> buffer;
    const bool answered = recvfrom(fd, buffer.data(), buffer.size(), 0, nullptr, nullptr) > 0;
    close(fd);
    return answered;
}

} // namespace bench

#endif // RAIDA_BENCH_BLOCKING_ASK_HPP
