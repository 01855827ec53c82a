// The floor in its plainest form: a send for each request, an epoll_wait, a recv for each answer.
#include "floor_sockets.hpp"

namespace bench {
namespace {

class floor_single final : public contestant
{
  public:
    explicit floor_single(const setting& with)
        : contestant{"floor: epoll, send, recv", family::floor, with.packets.size()},
          sockets_{with},
          rounds_{with}
    {}

    void run(std::size_t in_flight, std::size_t fanouts, block& into) override
    {
        rounds_.begin(in_flight, fanouts, into);
        alone_ = in_flight == 1;
        const auto next = [this](std::size_t which) {
            if (rounds_.has_more())
                start(which);
        };
        for (std::size_t which = 0; which < in_flight && rounds_.has_more(); ++which)
            start(which);
        while (!rounds_.is_done()) {
            for (const epoll_event& event : sockets_.wait(rounds_.patience(now_)))
                receive(event.data.u32, next);
            now_ = bench_clock::now();
            rounds_.expire(now_, next);
        }
    }

  private:
    void start(std::size_t which)
    {
        now_ = bench_clock::now();
        rounds_.start(which, now_);
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            const auto packet = rounds_.packet(which, server);
            if (send(sockets_[server], packet.data(), packet.size(), 0) < 0) // of an earlier refusal: again
                send(sockets_[server], packet.data(), packet.size(), 0);
        }
    }

    // One alone has one answer in the socket; of many there may be more.
    template <class Next>
    void receive(std::size_t server, Next&& next)
    {
        std::array<std::uint8_t, 4096> buffer;
        while (recv(sockets_[server], buffer.data(), buffer.size(), MSG_DONTWAIT) >= 32) {
            rounds_.arrived(server, buffer.data(), bench_clock::now(), next);
            if (alone_)
                return;
        }
    }

    floor_sockets sockets_;
    floor_rounds rounds_;
    bench_clock::time_point now_{};
    bool alone_ = false;
};

} // namespace

contestant_ptr make_floor_single(const setting& with)
{
    return std::make_unique<floor_single>(with);
}

} // namespace bench
