// The floor in batches: what is due to one server together leaves in one sendmmsg, or in one message that the
// kernel cuts (UDP_SEGMENT), and answers are read with recvmmsg.
//
// Every lane is another destination, so neither helps a fan-out that is alone.
#include "floor_sockets.hpp"

#include <cstring>
#include <memory>

#include <netinet/udp.h>

namespace bench {
namespace {

class floor_batched final : public contestant
{
  public:
    floor_batched(const setting& with, bool cuts)
        : contestant{cuts ? "floor: UDP_SEGMENT, recvmmsg" : "floor: sendmmsg, recvmmsg", family::floor,
                     with.packets.size()},
          sockets_{with},
          rounds_{with},
          cuts_{cuts},
          buffers_{std::make_unique<std::uint8_t[]>(batch * buffer_size)}
    {
        for (std::size_t i = 0; i < batch; ++i) {
            incoming_parts_[i] = {buffers_.get() + i * buffer_size, 4096};
            incoming_[i].msg_hdr.msg_iov = &incoming_parts_[i];
            incoming_[i].msg_hdr.msg_iovlen = 1;
            outgoing_[i].msg_hdr.msg_iov = &outgoing_parts_[i];
            outgoing_[i].msg_hdr.msg_iovlen = 1;
        }
    }

    void run(std::size_t in_flight, std::size_t fanouts, block& into) override
    {
        rounds_.begin(in_flight, fanouts, into);
        now_ = bench_clock::now();
        const auto next = [this](std::size_t which) {
            if (rounds_.has_more())
                start(which);
        };
        for (std::size_t which = 0; which < in_flight && rounds_.has_more(); ++which)
            start(which);
        flush();
        while (!rounds_.is_done()) {
            for (const epoll_event& event : sockets_.wait(rounds_.patience(now_)))
                receive(event.data.u32, next);
            now_ = bench_clock::now();
            rounds_.expire(now_, next);
            flush();
        }
    }

  private:
    static constexpr std::size_t batch = 64; // also the most that the kernel cuts a message into
    static constexpr std::size_t buffer_size = 4096 + 64;

    void start(std::size_t which)
    {
        rounds_.start(which, now_);
        waiting_.push_back(which);
    }

    void flush()
    {
        for (std::size_t server = 0; server < raida::server_count; ++server)
            for (std::size_t at = 0; at < waiting_.size(); at += batch) {
                const auto some = std::span{waiting_}.subspan(at, std::min(batch, waiting_.size() - at));
                for (std::size_t i = 0; i < some.size(); ++i) {
                    const auto packet = rounds_.packet(some[i], server);
                    outgoing_parts_[i] = {const_cast<std::uint8_t*>(packet.data()), packet.size()};
                }
                if (cuts_ && some.size() > 1)
                    send_cut(sockets_[server], some.size());
                else
                    send_batch(sockets_[server], some.size());
            }
        waiting_.clear();
    }

    // An error is that of an earlier refusal: what is left is sent again.
    void send_batch(int fd, std::size_t count)
    {
        bool excused = false;
        for (std::size_t sent = 0; sent < count;) {
            const int now = sendmmsg(fd, outgoing_.data() + sent, static_cast<unsigned>(count - sent), 0);
            if (now <= 0 && std::exchange(excused, true))
                return;
            sent += static_cast<std::size_t>(std::max(now, 0));
        }
    }

    void send_cut(int fd, std::size_t count)
    {
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> control{};
        const auto size = static_cast<std::uint16_t>(outgoing_parts_[0].iov_len);
        msghdr message{};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const cut = CMSG_FIRSTHDR(&message);
        cut->cmsg_level = IPPROTO_UDP;
        cut->cmsg_type = UDP_SEGMENT;
        cut->cmsg_len = CMSG_LEN(sizeof size);
        std::memcpy(CMSG_DATA(cut), &size, sizeof size);
        const std::size_t most = std::min<std::size_t>(batch, raida::max_datagram / size);
        for (std::size_t at = 0; at < count; at += most) {
            message.msg_iov = outgoing_parts_.data() + at;
            message.msg_iovlen = std::min(most, count - at);
            if (sendmsg(fd, &message, 0) < 0)
                sendmsg(fd, &message, 0);
        }
    }

    template <class Next>
    void receive(std::size_t server, Next&& next)
    {
        for (;;) {
            const int count = recvmmsg(sockets_[server], incoming_.data(), batch, MSG_DONTWAIT, nullptr);
            now_ = bench_clock::now();
            for (int i = 0; i < count; ++i)
                rounds_.arrived(server, buffers_.get() + static_cast<std::size_t>(i) * buffer_size, now_,
                                next);
            if (count < static_cast<int>(batch))
                return;
        }
    }

    floor_sockets sockets_;
    floor_rounds rounds_;
    bool cuts_;
    std::unique_ptr<std::uint8_t[]> buffers_;
    std::array<mmsghdr, batch> incoming_{}, outgoing_{};
    std::array<iovec, batch> incoming_parts_{}, outgoing_parts_{};
    std::vector<std::size_t> waiting_;
    bench_clock::time_point now_{};
};

bool kernel_cuts() noexcept
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0), none = 0;
    const bool does = setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
    close(fd);
    return does;
}

} // namespace

contestant_ptr make_floor_batched(const setting& with)
{
    return std::make_unique<floor_batched>(with, false);
}

contestant_ptr make_floor_segmented(const setting& with)
{
    return kernel_cuts() ? std::make_unique<floor_batched>(with, true) : nullptr;
}

} // namespace bench
