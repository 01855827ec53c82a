// One fan-out in flight: a slot per server, the packets, and what is still open.
#ifndef RAIDA_ENGINE_DETAIL_ROUND_HPP
#define RAIDA_ENGINE_DETAIL_ROUND_HPP

#include <raida/engine/detail/due_heap.hpp>
#include <raida/engine/detail/packet_block.hpp>
#include <raida/engine/detail/round_owner.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

using time_point = std::chrono::steady_clock::time_point;

/// Rounds are named by their index in the pool: half the size of a pointer, and there are 25 x 3 links per
/// round.
inline constexpr std::uint32_t no_round = 0xFFFF'FFFF;

enum class slot_state : std::uint8_t
{
    settled,    ///< has its answer or its error, or was never asked
    queued,     ///< waits for a place in its lane
    in_flight,  ///< sent, holds a place
    provisional ///< as in_flight, with an unverifiable error answer at hand
};

/// One server's part of a round, 24 bytes. Times are microseconds since the round began.
struct slot
{
    std::uint32_t since = 0;        ///< when it was queued, or last sent
    std::uint32_t timeout = 0;      ///< its deadline, counted from the send
    std::uint32_t chain = no_round; ///< next request of the lane in the same bucket of echoes
    std::uint32_t next = no_round;  ///< neighbours in the lane's queue, companions once sent; next also links
                                    ///< settled slots
    std::uint32_t previous = no_round;
    std::uint16_t echo = 0;
    std::uint8_t attempts = 0;
    slot_state state : 2 = slot_state::settled;
    std::uint8_t is_signed : 1 = 0;  ///< the answer's signature is known
    std::uint8_t fresh_echo : 1 = 0; ///< the echo was not used on this lane lately
    std::uint8_t generation : 4 = 0; ///< of the lane's socket that it was sent through

    [[nodiscard]] bool holds_place() const noexcept
    {
        return state == slot_state::in_flight || state == slot_state::provisional;
    }

    /// A retry that waits for its turn may still be answered.
    [[nodiscard]] bool was_sent() const noexcept { return attempts != 0 && state != slot_state::settled; }
};

/// What a caller wants beyond an answer from everybody; most fan-outs have no such rules.
template <std::size_t N>
struct round_rules
{
    retry_policy retry{};
    std::chrono::nanoseconds linger{};
    completion<N> complete{};
    inline_function<void(const reply&)> on_reply{};

    [[nodiscard]] static bool needed_for(const request_options<N>& options) noexcept
    {
        return options.retry.attempts > 1 || !options.complete.waits_for_all() || options.on_reply;
    }
};

/// As slots keep times, rounded up.
[[nodiscard]] inline std::uint32_t whole_micros(std::chrono::nanoseconds time) noexcept
{
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::microseconds>(time).count());
}

template <std::size_t N>
struct round
{
    round() = default;
    round(const round&) = delete;
    round& operator=(const round&) = delete;

    std::array<slot, N> slots{};
    time_point began{};
    time_point due{};  ///< no later than the earliest thing to do
    time_point ends{}; ///< when nothing is awaited any longer: the overall limit, or the end of lingering
    std::uint32_t heap_position = due_heap<round>::absent;
    std::uint32_t index = no_round;
    std::uint32_t next = no_round; ///< among the finished rounds, or the free ones
    std::uint32_t serial = 0;      ///< tells this round from an earlier one at the same index
    std::uint16_t outstanding = 0; ///< slots not settled
    std::uint16_t unnotified = 0;  ///< slots settled, on_reply not called yet
    bool active = false;           ///< holds a fan-out
    bool finished = false;         ///< nothing is awaited any more
    bool lingering = false;        ///< the completion rule was satisfied
    bool reported = false;         ///< stands, or stood, among the results
    bool has_rules = false;
    replies<N>* answers = nullptr;
    round_owner* owner = nullptr;          ///< the operation waiting for it
    std::unique_ptr<round_rules<N>> rules; ///< kept for the next fan-out at this place that has any
    packet_block<N> packets;

    /// Copies the packets and makes room for rules: all of it, or none.
    void store(const std::array<packet_view, N>& from, const request_options<N>& options)
    {
        if (!rules && round_rules<N>::needed_for(options))
            rules = std::make_unique<round_rules<N>>();
        packets.store(from); // last: nothing secret stays behind when memory is short
    }

    /// Is a fan-out from now on, with no slot asked yet. After store().
    void begin(request_options<N>& options, replies<N>& into, round_owner* by, std::uint32_t as,
               time_point now) noexcept
    {
        slots.fill(slot{});
        take_rules(options);
        began = now;
        ends = options.overall > options.overall.zero() ? now + options.overall : (time_point::max)();
        serial = as;
        active = true;
        finished = lingering = reported = false;
        outstanding = unnotified = 0;
        answers = &into;
        owner = by;
    }

    void end() noexcept
    {
        packets.wipe();
        active = false;
        owner = nullptr;
        answers = nullptr;
        drop_rules();
    }

    /// Takes what may have captured something, once there is room; the rest of the options stays.
    void take_rules(request_options<N>& from) noexcept
    {
        has_rules = round_rules<N>::needed_for(from);
        if (!has_rules)
            return;
        rules->retry = from.retry;
        rules->linger = from.linger;
        rules->complete = std::move(from.complete);
        rules->on_reply = std::move(from.on_reply);
    }

    /// What they have captured goes.
    void drop_rules() noexcept
    {
        if (!std::exchange(has_rules, false))
            return;
        rules->complete = {};
        rules->on_reply = {};
    }

    [[nodiscard]] unsigned most_attempts() const noexcept { return has_rules ? rules->retry.attempts : 1; }

    /// May what was sent to this server be sent again?
    [[nodiscard]] bool may_ask_again(std::size_t server, time_point now) const noexcept
    {
        const slot& one = slots[server];
        const bool waits = one.state == slot_state::queued || one.state == slot_state::in_flight;
        return waits && one.attempts < most_attempts() && now - began <= longest_deadline;
    }

    /// Each further attempt has more time: so much from now on.
    std::chrono::nanoseconds lengthen(slot& one) const noexcept
    {
        const auto longer = std::min<std::chrono::nanoseconds>(
            rules->retry.next(std::chrono::microseconds{one.timeout}), longest_deadline);
        one.timeout = whole_micros(longer);
        return std::chrono::microseconds{one.timeout};
    }

    /// Somebody wants to see each slot as it is settled.
    [[nodiscard]] bool is_watched() const noexcept
    {
        return has_rules && (rules->on_reply || !rules->complete.waits_for_all());
    }

    /// Shows a slot to whoever wants to see it.
    void show(std::size_t server) const
    {
        if (has_rules && rules->on_reply)
            rules->on_reply((*answers)[server]);
    }

    /// The caller's rule, asked now, says that it has seen enough.
    [[nodiscard]] bool has_enough() const
    {
        return has_rules && !rules->complete.waits_for_all() && rules->complete(*answers);
    }

    [[nodiscard]] std::uint32_t micros(time_point now) const noexcept
    {
        const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - began).count();
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(passed, 0, 0xFFFF'FFFF)); // 71 minutes
    }

    [[nodiscard]] time_point sent_at(const slot& one) const noexcept
    {
        return began + std::chrono::microseconds{one.since};
    }

    [[nodiscard]] time_point due_of(const slot& one, std::chrono::nanoseconds queue_wait) const noexcept
    {
        const auto timeout = std::chrono::microseconds{one.timeout};
        if (one.state != slot_state::queued)
            return sent_at(one) + timeout;
        return sent_at(one) + queue_wait + (one.attempts == 0 ? timeout.zero() : timeout);
    }
};

/// Rounds at addresses that stay, used again and again.
template <std::size_t N>
class round_pool
{
  public:
    [[nodiscard]] round<N>& operator[](std::uint32_t index) noexcept { return *rounds_[index]; }
    [[nodiscard]] const round<N>& operator[](std::uint32_t index) const noexcept { return *rounds_[index]; }
    [[nodiscard]] std::size_t active() const noexcept { return active_; }
    [[nodiscard]] std::size_t size() const noexcept { return rounds_.size(); }

    /// The round that take() gives next, which may be filled before it is taken.
    [[nodiscard]] round<N>& spare()
    {
        if (first_free_ == no_round) {
            rounds_.push_back(std::make_unique<round<N>>());
            first_free_ = rounds_.back()->index = static_cast<std::uint32_t>(rounds_.size() - 1);
        }
        return *rounds_[first_free_];
    }

    /// Cannot fail after spare().
    round<N>& take()
    {
        round<N>& taken = spare();
        first_free_ = std::exchange(taken.next, no_round);
        ++active_;
        return taken;
    }

    void give_back(round<N>& done) noexcept
    {
        done.next = std::exchange(first_free_, done.index);
        --active_;
    }

  private:
    std::vector<std::unique_ptr<round<N>>> rounds_;
    std::size_t active_ = 0;
    std::uint32_t first_free_ = no_round;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_ROUND_HPP
