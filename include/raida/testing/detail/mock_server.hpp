// One embedded server without sockets and clocks: the protocol, the manners, and the datagrams that wait.
#ifndef RAIDA_TESTING_DETAIL_MOCK_SERVER_HPP
#define RAIDA_TESTING_DETAIL_MOCK_SERVER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/detail/delay_queue.hpp>
#include <raida/testing/detail/responder.hpp>
#include <raida/testing/detail/spoiler.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/server_rules.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// `Peer` is whatever tells clients apart: an endpoint, a number. `send(peer, bytes, foreign)` puts a datagram
// on the network and returns whether that worked; `foreign` asks for another source address. It must not call
// back in here.
template <class Peer>
class mock_server
{
  public:
    mock_server(std::size_t id, std::size_t servers, server_rules rules, std::uint64_t seed)
        : servers_{servers},
          random_{seed},
          responder_{static_cast<std::uint8_t>(id), std::move(rules), seed ^ 0xA5A5A5A5A5A5A5A5U}
    {}

    [[nodiscard]] responder& protocol() noexcept { return responder_; }
    [[nodiscard]] const responder& protocol() const noexcept { return responder_; }
    [[nodiscard]] const server_counters& counters() const noexcept { return counters_; }

    [[nodiscard]] const testing::manners& manners() const noexcept { return manners_; }
    void manners(testing::manners how)
    {
        manners_ = std::move(how);
        responder_.tokens().distrust(manners_.wrong_tokens);
    }

    // Does it take datagrams at all? A server that was killed does not until it is restarted.
    [[nodiscard]] bool is_alive() const noexcept { return is_alive_; }
    [[nodiscard]] bool listens() const noexcept { return is_alive_ && !manners_.closed; }

    // The process ends: what waits is never sent, and only what was written to disk is left.
    void kill(time_point now)
    {
        if (!std::exchange(is_alive_, false))
            return;
        clear();
        at_work_.clear();
        earlier_.clear();
        is_deaf_ = false;
        responder_.forget(now);
    }
    void start() noexcept { is_alive_ = true; }

    // Deaf to other servers' questions, which hang: so three fixes at the same moment leave servers.
    void deafen() noexcept { is_deaf_ = true; }
    [[nodiscard]] bool is_deaf() const noexcept { return is_deaf_; }

    // A datagram has come in from `from`, which may kill the server. Answers leave at once or are due later:
    // see due().
    template <class Send>
    void receive(bytes_view request, const Peer& from, time_point now, Send&& send)
    {
        ++counters_.requests;
        counters_.last_request_size = request.size();
        if (!listens() || manners_.silent || random_.chance(manners_.lose_requests)) {
            ++counters_.dropped;
            return;
        }
        const int times = random_.chance(manners_.repeat_requests) ? 2 : 1;
        for (int i = 0; i < times && is_alive_; ++i) {
            const auto work = manners_.answer ? time_point::duration{} : responder_.work(request, now);
            if (work > work.zero())
                at_work_.push(now + work, from, request, false);
            else
                answer(request, from, now, send);
        }
    }

    // A request over a connection, whole: see responder.
    [[nodiscard]] bytes_view respond_alone(bytes_view request, time_point now)
    {
        const bytes_view right = responder_.respond_alone(request, now);
        if (responder_.has_crashed())
            kill(now);
        return right;
    }

    // A datagram found no room in the receive buffer.
    void overflow() noexcept { ++counters_.overflowed; }

    // When release() has something to do; nothing if no datagram waits.
    [[nodiscard]] std::optional<time_point> due() const noexcept
    {
        std::optional<time_point> first = waiting_.due();
        for (const auto& other : {at_work_.due(), held_ ? std::optional{held_->due} : std::nullopt})
            if (other && (!first || *other < *first))
                first = other;
        return first;
    }

    // Does and sends what is due. May kill the server.
    template <class Send>
    void release(time_point now, Send&& send)
    {
        while (auto done = at_work_.pop(now)) {
            answer(done->bytes, done->to, now, send);
            raida::detail::wipe(done->bytes.data(), done->bytes.size()); // requests hold secrets
            at_work_.recycle(std::move(*done));
        }
        while (auto next = waiting_.pop(now)) {
            transmit(next->to, next->bytes, next->foreign, send);
            waiting_.recycle(std::move(*next));
        }
        if (held_ && held_->due <= now)
            let_go(send);
    }

    // Forgets the answers that wait. What is being worked on goes on.
    void clear()
    {
        waiting_.clear();
        held_.reset();
    }

  private:
    struct held_back
    {
        time_point due;
        unsigned still_to_leave;
        Peer to;
        bool foreign;
        std::vector<std::uint8_t> bytes;
    };

    template <class Send>
    void answer(bytes_view request, const Peer& from, time_point now, Send& send)
    {
        const bool forced = manners_.answer && random_.chance(manners_.answer_rate);
        const bytes_view right =
            forced ? responder_.refuse(request, *manners_.answer) : responder_.respond(request, now);
        if (responder_.has_crashed())
            return kill(now);
        if (right.empty()) {
            ++counters_.ignored;
            return;
        }
        if (random_.chance(manners_.lose_replies)) {
            ++counters_.dropped;
            return;
        }
        const fault wrong = draw_fault(manners_, random_);
        if (wrong != fault::none)
            dispatch_spoiled(wrong, right, from, now, send);
        if (wrong == fault::none || manners_.then_right)
            dispatch(right, from, false, now, send);
        earlier_.assign(right.begin(), right.end());
    }

    template <class Send>
    void dispatch_spoiled(fault wrong, bytes_view right, const Peer& to, time_point now, Send& send)
    {
        spoiled_.assign(right.begin(), right.end());
        spoil(wrong, spoiled_, earlier_, manners_, servers_, random_);
        if (spoiled_.empty()) { // nothing earlier to replay
            ++counters_.dropped;
            return;
        }
        ++counters_.spoiled;
        dispatch(spoiled_, to, wrong == fault::foreign, now, send);
    }

    template <class Send>
    void dispatch(bytes_view bytes, const Peer& to, bool foreign, time_point now, Send& send)
    {
        const unsigned copies = random_.chance(manners_.duplicated) ? manners_.extra_copies : 0;
        for (unsigned i = 0; i <= copies; ++i) {
            const auto delay = manners_.delay.draw(random_);
            if (manners_.hold_back != 0 && !held_)
                held_ = {now + delay + manners_.hold_limit,
                         manners_.hold_back,
                         to,
                         foreign,
                         {bytes.begin(), bytes.end()}};
            else if (delay > delay.zero())
                waiting_.push(now + delay, to, bytes, foreign);
            else
                transmit(to, bytes, foreign, send);
        }
    }

    template <class Send>
    void transmit(const Peer& to, bytes_view bytes, bool foreign, Send& send)
    {
        put(to, bytes, foreign, send);
        if (held_ && --held_->still_to_leave == 0)
            let_go(send);
    }

    template <class Send>
    void let_go(Send& send)
    {
        const held_back free = std::move(*held_);
        held_.reset();
        put(free.to, free.bytes, free.foreign, send);
    }

    template <class Send>
    void put(const Peer& to, bytes_view bytes, bool foreign, Send& send)
    {
        ++(send(to, bytes, foreign) ? counters_.answered : counters_.unsent);
    }

    std::size_t servers_;
    bool is_alive_ = true;
    bool is_deaf_ = false;
    seeded_random random_;
    responder responder_;
    testing::manners manners_;
    server_counters counters_;
    delay_queue<Peer> at_work_; // requests
    delay_queue<Peer> waiting_; // answers
    std::optional<held_back> held_;
    std::vector<std::uint8_t> spoiled_, earlier_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_MOCK_SERVER_HPP
