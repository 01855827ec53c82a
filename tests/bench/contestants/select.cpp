// The seed's third strategy in C++: 25 fresh sockets for each fan-out, and select over them.
#include "contestant.hpp"

#include <algorithm>
#include <stdexcept>

#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

class select_contestant final : public contestant
{
  public:
    explicit select_contestant(const setting& with)
        : contestant{"select over fresh sockets", family::cpp, 1}, with_{with}
    {}

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        for (; fanouts != 0; --fanouts) {
            const auto began = bench_clock::now();
            send_all();
            into.answered += collect(began + with_.deadline);
            into.latencies.push_back(micros_since(began));
        }
    }

  private:
    void send_all()
    {
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            const int fd = fds_[server] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
            if (fd < 0 || fd >= FD_SETSIZE)
                throw std::runtime_error{"select: no descriptor below FD_SETSIZE"};
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &with_.receive_buffer, sizeof with_.receive_buffer);
            const sockaddr_in to = with_.address(server);
            const auto packet = with_.packets[0][server].bytes;
            sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        }
    }

    std::size_t collect(bench_clock::time_point until)
    {
        std::size_t open = fds_.size(), answered = 0;
        while (open != 0) {
            fd_set readable;
            FD_ZERO(&readable);
            int highest = -1;
            for (const int fd : fds_)
                if (fd >= 0) {
                    FD_SET(fd, &readable);
                    highest = std::max(highest, fd);
                }
            const auto left =
                std::chrono::ceil<std::chrono::microseconds>(until - bench_clock::now()).count();
            timeval patience{};
            patience.tv_sec = static_cast<time_t>(std::max<std::int64_t>(left, 0) / 1'000'000);
            patience.tv_usec = static_cast<suseconds_t>(std::max<std::int64_t>(left, 0) % 1'000'000);
            if (left <= 0 || select(highest + 1, &readable, nullptr, nullptr, &patience) <= 0)
                break;
            for (int& fd : fds_)
                if (fd >= 0 && FD_ISSET(fd, &readable)) {
                    answered += recvfrom(fd, buffer_.data(), buffer_.size(), 0, nullptr, nullptr) > 0 ? 1 : 0;
                    close(std::exchange(fd, -1));
                    --open;
                }
        }
        for (int& fd : fds_)
            if (fd >= 0)
                close(std::exchange(fd, -1));
        return answered;
    }

    const setting& with_;
    std::array<int, raida::server_count> fds_{};
    std::array<std::uint8_t, 4096> buffer_{};
};

} // namespace

contestant_ptr make_select(const setting& with)
{
    return std::make_unique<select_contestant>(with);
}

} // namespace bench
