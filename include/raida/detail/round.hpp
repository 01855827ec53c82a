// One fan-out in flight: a slot per server, the packets, and what is still open.
#ifndef RAIDA_DETAIL_ROUND_HPP
#define RAIDA_DETAIL_ROUND_HPP

#include <raida/detail/bytes.hpp>
#include <raida/detail/due_heap.hpp>
#include <raida/packet.hpp>
#include <raida/reply.hpp>
#include <raida/request_options.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

/// One server's part of a round, 32 bytes. Times are microseconds since the round began.
struct slot
{
    std::uint32_t since = 0;        ///< when it was queued, or last sent
    std::uint32_t timeout = 0;      ///< its deadline, counted from the send
    std::uint32_t chain = no_round; ///< next request of the lane in the same bucket of echoes
    std::uint32_t next = no_round;  ///< neighbours in the lane's queue; next also links settled slots
    std::uint32_t previous = no_round;
    std::uint32_t offset = 0;    ///< of the packet in the round's bytes
    std::uint16_t body_size = 0; ///< of the packet, which has a header too
    std::uint16_t echo = 0;
    std::uint8_t group = 0; ///< the command's
    std::uint8_t attempts = 0;
    slot_state state = slot_state::settled;
    std::uint8_t is_signed : 1 = 0;  ///< the expected signature stands before the packet
    std::uint8_t fresh_echo : 1 = 0; ///< the echo was not used on this lane lately
    std::uint8_t generation : 5 = 0; ///< of the lane's socket that it was sent through

    [[nodiscard]] bool holds_place() const noexcept
    {
        return state == slot_state::in_flight || state == slot_state::provisional;
    }

    /// A retry that waits for its turn may still be answered.
    [[nodiscard]] bool was_sent() const noexcept { return attempts != 0 && state != slot_state::settled; }
};

/// A packet as the caller handed it in.
struct packet_view
{
    bytes_view bytes{};
    std::optional<signature> expected{}; ///< what its answer must carry, if that is known
};

template <std::size_t N>
struct round
{
    round() = default;
    round(const round&) = delete;
    round& operator=(const round&) = delete;
    ~round() { wipe_packets(); }

    std::array<slot, N> slots{};
    time_point began{};
    time_point due{};  ///< no later than the earliest thing to do
    time_point ends{}; ///< when nothing is awaited any longer: the overall limit, or the end of lingering
    std::uint32_t heap_position = due_heap<round>::absent;
    std::uint32_t index = no_round;
    std::uint32_t next_finished = no_round;
    std::uint32_t serial = 0;      ///< tells this round from an earlier one at the same index
    std::uint16_t outstanding = 0; ///< slots not settled
    std::uint16_t unnotified = 0;  ///< slots settled, on_reply not called yet
    bool active = false;           ///< holds a fan-out
    bool finished = false;         ///< nothing is awaited any more
    bool lingering = false;        ///< the completion rule was satisfied
    bool reported = false;         ///< stands, or stood, among the results
    replies<N>* answers = nullptr;
    void* owner = nullptr; ///< the operation waiting for it
    retry_policy retry{};
    std::chrono::nanoseconds linger{};
    completion<N> complete{};
    inline_function<void(const reply&)> on_reply{};
    std::vector<std::uint8_t> bytes; ///< signatures and packets, wiped after use

    /// Somebody wants to see each slot as it is settled.
    [[nodiscard]] bool is_watched() const noexcept { return on_reply || !complete.waits_for_all(); }

    [[nodiscard]] bytes_view packet(const slot& one) const noexcept
    {
        return {bytes.data() + one.offset, header_size + one.body_size};
    }

    [[nodiscard]] std::span<const std::uint8_t, 16> expected_signature(const slot& one) const noexcept
    {
        return std::span<const std::uint8_t, 16>{bytes.data() + one.offset - 16, 16};
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

    /// Copies the packets, each with its expected signature before it where one is known.
    void store(const std::array<packet_view, N>& packets)
    {
        std::size_t total = 0;
        for (const packet_view& one : packets)
            total += one.bytes.empty() ? 0 : 16 + one.bytes.size();
        bytes.clear(); // wiped already: a larger block copies nothing over
        bytes.resize(total);
        std::size_t at = 0;
        for (std::size_t server = 0; server < N; ++server)
            if (!packets[server].bytes.empty())
                at = store(packets[server], slots[server], at);
    }

    void wipe_packets() noexcept { wipe(bytes.data(), bytes.size()); }

  private:
    std::size_t store(const packet_view& from, slot& one, std::size_t at)
    {
        if (from.expected)
            std::copy(from.expected->begin(), from.expected->end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at));
        at += 16;
        std::copy(from.bytes.begin(), from.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
        one.is_signed = from.expected ? 1 : 0;
        one.offset = static_cast<std::uint32_t>(at);
        one.body_size = static_cast<std::uint16_t>(from.bytes.size() - header_size); // checked to be larger
        one.echo = load_big<2, std::uint16_t>(from.bytes.data() + 30);
        one.group = from.bytes[4];
        return at + from.bytes.size();
    }
};

/// Rounds at addresses that stay, used again and again.
template <std::size_t N>
class round_pool
{
  public:
    [[nodiscard]] round<N>& operator[](std::uint32_t index) noexcept { return *rounds_[index]; }
    [[nodiscard]] const round<N>& operator[](std::uint32_t index) const noexcept { return *rounds_[index]; }
    [[nodiscard]] std::size_t active() const noexcept { return rounds_.size() - free_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return rounds_.size(); }

    [[nodiscard]] round<N>& take()
    {
        if (free_.empty()) {
            rounds_.push_back(std::make_unique<round<N>>());
            free_.reserve(rounds_.capacity()); // so that give_back cannot fail
            rounds_.back()->index = static_cast<std::uint32_t>(rounds_.size() - 1);
            return *rounds_.back();
        }
        const auto index = free_.back();
        free_.pop_back();
        return *rounds_[index];
    }

    void give_back(round<N>& done) noexcept { free_.push_back(done.index); }

  private:
    std::vector<std::unique_ptr<round<N>>> rounds_;
    std::vector<std::uint32_t> free_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_ROUND_HPP
