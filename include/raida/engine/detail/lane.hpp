// One server's requests: those that wait for a place, and those in flight, found again by their echo.
#ifndef RAIDA_ENGINE_DETAIL_LANE_HPP
#define RAIDA_ENGINE_DETAIL_LANE_HPP

#include <raida/engine/detail/byte_window.hpp>
#include <raida/engine/detail/echo_history.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/engine/detail/socket_generations.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Knows nothing of sockets and time. Slots are named by the index of their round, since the lane is known.
template <std::size_t N>
class lane
{
  public:
    lane(round_pool<N>& rounds, std::size_t server)
        : rounds_{&rounds}, server_{server}, buckets_(64, no_round)
    {}

    [[nodiscard]] slot& at(std::uint32_t index) noexcept { return (*rounds_)[index].slots[server_]; }

    // ---- the table: every request of this lane that is not settled, by echo

    /// Room for one request more: inserting it cannot fail.
    void make_room()
    {
        if (size_ == buckets_.size())
            grow();
    }

    /// After make_room().
    void insert(std::uint32_t index) noexcept
    {
        ++size_;
        link(index);
    }

    void erase(std::uint32_t index) noexcept
    {
        std::uint32_t* link = &bucket(at(index).echo);
        while (*link != index)
            link = &at(*link).chain;
        *link = at(index).chain;
        at(index).chain = no_round;
        --size_;
    }

    /// Calls `visit(index, slot)` for each request with this echo.
    template <class Visitor>
    void with_echo(std::uint16_t echo, Visitor&& visit)
    {
        for (std::uint32_t index = bucket(echo), next = no_round; index != no_round; index = next) {
            next = at(index).chain;
            if (at(index).echo == echo)
                visit(index, at(index));
        }
    }

    /// The only request that was sent and is still open, or none if there are more: retries that wait for
    /// their turn count, too.
    [[nodiscard]] std::uint32_t sole_in_flight(std::uint8_t generation) noexcept
    {
        std::uint32_t sole = no_round;
        if (in_flight_ != 1)
            return no_round;
        for (const std::uint32_t first : buckets_)
            for (std::uint32_t index = first; index != no_round; index = at(index).chain)
                if (at(index).was_sent() && std::exchange(sole, index) != no_round)
                    return no_round;
        return sole != no_round && at(sole).generation == generation ? sole : no_round;
    }

    /// This request leaves for the first time. An echo that is used again proves nothing any more, neither
    /// here nor for an earlier request that is still open.
    void use_echo(slot& one)
    {
        one.fresh_echo = 1;
        if (history.recent(one.echo))
            with_echo(one.echo, [](std::uint32_t, slot& other) { other.fresh_echo = 0; });
    }

    /// Somebody says without proof that this request failed. One at a time is remembered: it is about the
    /// only one in flight.
    void suspect(std::uint32_t index, std::error_code error) noexcept
    {
        suspected_ = {index, (*rounds_)[index].serial, error};
    }
    [[nodiscard]] std::error_code suspected(std::uint32_t index) const noexcept
    {
        const bool is_it = suspected_.index == index && suspected_.serial == (*rounds_)[index].serial;
        return is_it ? suspected_.error : std::error_code{};
    }

    // ---- the queue: requests that wait for a place, in order

    [[nodiscard]] bool has_waiting() const noexcept { return head_ != no_round; }
    [[nodiscard]] std::uint32_t first_waiting() const noexcept { return head_; }

    void enqueue(std::uint32_t index) noexcept
    {
        slot& one = at(index);
        one.state = slot_state::queued;
        one.next = no_round;
        one.previous = tail_;
        (tail_ == no_round ? head_ : at(tail_).next) = index;
        tail_ = index;
    }

    void dequeue(std::uint32_t index) noexcept
    {
        slot& one = at(index);
        (one.previous == no_round ? head_ : at(one.previous).next) = one.next;
        (one.next == no_round ? tail_ : at(one.next).previous) = one.previous;
        one.next = one.previous = no_round;
    }

    // ---- places

    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

    /// Bytes of this request: in a round all are much alike.
    [[nodiscard]] std::size_t size_of(std::uint32_t index) const noexcept
    {
        return (*rounds_)[index].packets.longest();
    }

    void take_place(std::uint32_t index) noexcept
    {
        slot& one = at(index);
        window.on_sent(size_of(index));
        one.state = slot_state::in_flight;
        one.generation = sockets.take() % socket_generations::count;
        ++in_flight_;
    }

    void leave_place(std::uint32_t index) noexcept
    {
        slot& one = at(index);
        window.on_over(size_of(index));
        --in_flight_;
        sockets.give_back(one.generation);
        if (one.previous != no_round)
            at(one.previous).next = one.next;
        if (one.next != no_round)
            at(one.next).previous = one.previous;
        one.next = one.previous = no_round;
    }

    /// Gives up the queue's place or its own.
    void leave(std::uint32_t index) noexcept
    {
        at(index).state == slot_state::queued ? dequeue(index) : leave_place(index);
    }
    void enqueue_again(std::uint32_t index) noexcept
    {
        leave(index);
        enqueue(index);
    }

    /// An answer to what still has its place. Has it changed the window?
    bool on_answer(std::uint32_t index, bool verified, time_point now) noexcept
    {
        const slot& one = at(index);
        if (verified || !one.is_signed) // as good as a proof where none can be had
            sockets.heard(one.generation);
        return verified && window.on_answer(size_of(index), now);
    }

    /// It ends without an answer: for lack of one, or since nobody waits any longer.
    void on_loss(std::uint32_t index, time_point now) noexcept
    {
        if (at(index).attempts != 0)
            window.on_loss((*rounds_)[index].sent_at(at(index)));
        on_silence(index, now);
    }
    void on_silence(std::uint32_t index, time_point now) noexcept
    {
        const slot& one = at(index);
        const std::chrono::microseconds timeout{one.timeout};
        if (one.attempts != 0)
            sockets.on_silence(one.generation, (*rounds_)[index].sent_at(one), timeout, now);
    }

    // ---- companions: requests that left as one packet, which the network may refuse as one. In flight the
    // links of the queue are free for them; what waits for another attempt has neighbours there instead.

    void join(std::uint32_t earlier, std::uint32_t later) noexcept
    {
        at(earlier).next = later;
        at(later).previous = earlier;
    }

    [[nodiscard]] std::uint32_t next_companion(std::uint32_t index) noexcept
    {
        const slot& one = at(index);
        return one.holds_place() ? one.next : no_round;
    }
    [[nodiscard]] std::uint32_t companion_of(std::uint32_t index) noexcept
    {
        const slot& one = at(index);
        return one.holds_place() && one.previous != no_round ? one.previous : next_companion(index);
    }

    socket_generations sockets;
    echo_history history;
    byte_window window;

  private:
    [[nodiscard]] std::uint32_t& bucket(std::uint16_t echo) noexcept
    {
        return buckets_[echo & (buckets_.size() - 1)];
    }

    void link(std::uint32_t index) noexcept
    {
        std::uint32_t& first = bucket(at(index).echo);
        at(index).chain = first;
        first = index;
    }

    void grow()
    {
        std::vector<std::uint32_t> larger(buckets_.size() * 2, no_round);
        larger.swap(buckets_);
        for (std::uint32_t index : larger)
            while (index != no_round) {
                const std::uint32_t next = at(index).chain;
                link(index);
                index = next;
            }
    }

    struct suspicion
    {
        std::uint32_t index = no_round;
        std::uint32_t serial = 0;
        std::error_code error{};
    };

    round_pool<N>* rounds_;
    std::size_t server_;
    std::vector<std::uint32_t> buckets_; // a power of two
    std::size_t size_ = 0;
    std::uint32_t head_ = no_round;
    std::uint32_t tail_ = no_round;
    std::size_t in_flight_ = 0;
    suspicion suspected_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_LANE_HPP
