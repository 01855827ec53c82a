// The engine's decisions: which request leaves when, which slot a datagram fills, what is due, what is
// finished. Bytes and times are handed in; there is no socket, no clock and no executor here.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP

#include <raida/base/errc.hpp>
#include <raida/engine/detail/due_heap.hpp>
#include <raida/engine/detail/lane.hpp>
#include <raida/engine/detail/late_watch.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/engine/learning.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/engine/transport.hpp>
#include <raida/wire/challenge.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <std::size_t N>
class multiplexer
{
  public:
    using lane_set = std::bitset<N>;

    explicit multiplexer(const limits& allowed, std::size_t max_packet = max_datagram)
        : limits_{allowed}, max_packet_{max_packet}
    {
        limits_.queue_wait = std::clamp<std::chrono::nanoseconds>(limits_.queue_wait, {}, longest_queue_wait);
        limits_.grace = std::clamp<std::chrono::nanoseconds>(limits_.grace, {}, longest_deadline);
        limits_.in_flight_per_lane = std::max<std::size_t>(limits_.in_flight_per_lane, 1);
        lanes_.reserve(N);
        for (std::size_t server = 0; server < N; ++server)
            lanes_.emplace_back(rounds_, server);
    }

    multiplexer(const multiplexer&) = delete; // the lanes point into it
    multiplexer& operator=(const multiplexer&) = delete;

    // ---- requests

    /// Why these packets cannot be asked, or empty. Changes nothing.
    [[nodiscard]] std::error_code check(const std::array<packet_view, N>& packets,
                                        const request_options<N>& options);

    /// Takes a checked fan-out in: copies its packets and queues them. `answers` is filled as they come. When
    /// memory is short it throws std::bad_alloc, and nothing has changed.
    round<N>& admit(const std::array<packet_view, N>& packets, request_options<N>&& options,
                    replies<N>& answers, const lane_set& reachable, void* owner, time_point now);

    /// Ends a round now: what is settled stays, every other slot ends with `reason`.
    void finish(round<N>& which, std::error_code reason);

    /// Gives a finished round's place back. Its packets are wiped.
    void release(round<N>& which) noexcept;

    // ---- sending

    /// Lanes in which a request may leave now.
    [[nodiscard]] const lane_set& sendable() const noexcept { return sendable_; }

    /// What may leave on this lane, oldest first; nothing is changed until sent().
    std::size_t next_batch(std::size_t server, std::span<outgoing> batch);

    /// These requests of a batch have left, as one packet maybe. Those that were settled meanwhile are passed
    /// over: a transport may report an error while it sends.
    void sent(std::size_t server, std::span<const outgoing> batch, time_point now, bool as_one = false);

    /// This request of a batch cannot be sent at all.
    void fail_unsent(std::size_t server, const outgoing& request, std::error_code error);

    [[nodiscard]] lane<N>& lane_of(std::size_t server) noexcept { return lanes_[server]; }

    // ---- receiving

    void on_datagram(std::size_t server, std::uint8_t generation, const incoming& arrived, time_point now);
    void on_error(std::size_t server, std::uint8_t generation, std::error_code error, bytes_view quoted,
                  request_id id, time_point now);

    /// Does an open slot wait for this request's answer?
    [[nodiscard]] bool is_awaited(std::size_t server, request_id id) noexcept
    {
        return by_id(server, id) != no_round;
    }

    // ---- time

    /// No later than the next thing to do; time_point::max() when there is nothing.
    [[nodiscard]] time_point next_due() const noexcept
    {
        return due_.empty() ? time_point::max() : due_.next_due();
    }

    /// Lanes whose sockets must be drained before expire(), since a deadline there is over.
    [[nodiscard]] lane_set lanes_due(time_point now) const;
    void expire(time_point now);

    // ---- results

    struct settled_slot
    {
        round<N>* of = nullptr;
        std::size_t server = 0;
    };

    /// The next slot that somebody wants to see. After telling, call notified().
    [[nodiscard]] settled_slot next_settled() noexcept;
    void notified(round<N>& of, time_point now);

    /// The next finished round, or null.
    [[nodiscard]] round<N>* next_finished() noexcept;
    [[nodiscard]] std::size_t finished_count() const noexcept { return finished_count_; }
    [[nodiscard]] bool has_results() const noexcept
    {
        return first_settled_ != no_slot || first_finished_ != no_round;
    }

    [[nodiscard]] std::size_t active() const noexcept { return rounds_.active(); }
    [[nodiscard]] round_pool<N>& rounds() noexcept { return rounds_; }
    [[nodiscard]] const limits& allowed() const noexcept { return limits_; }
    [[nodiscard]] fanout_statistics<N>& counts() noexcept { return counts_; }
    [[nodiscard]] const std::array<round_trip, N>& round_trips() const noexcept { return round_trips_; }
    void learn(const std::array<round_trip, N>& known) noexcept;

    /// How long an answer to this request would be awaited at first.
    [[nodiscard]] std::chrono::nanoseconds timeout_for(std::size_t server, const deadlines<N>& deadline,
                                                       command_code what, std::size_t size) const noexcept
    {
        return deadline.for_server(server, expected_of(server), what, size);
    }

    /// Another server answers under this number from now on.
    void forget(std::size_t server) noexcept;

    /// Nobody listens until the next request: what comes meanwhile is read later.
    void rest() noexcept { ++rests_; }
    [[nodiscard]] bool is_isolated(std::size_t server) const noexcept
    {
        return health_[server].is_isolated();
    }

  private:
    static constexpr std::uint32_t no_slot = 0xFFFF'FFFF;

    // With it and an hour for retries, a slot's times fit their 71 minutes.
    static constexpr std::chrono::minutes longest_queue_wait{10};

    // How a datagram fits the requests with its echo.
    struct match
    {
        std::uint32_t verified = no_round;  // carries that request's signature
        std::uint32_t candidate = no_round; // the right echo, not proved
        std::size_t candidates = 0;
        bool other_group = false; // the right echo under another command's group
    };

    [[nodiscard]] match find(std::size_t server, std::uint8_t generation, const response_header& header);
    [[nodiscard]] std::error_code check_packet(std::size_t server, const packet_view& packet, bool retried);
    void unverified(std::size_t server, std::uint8_t generation, const response_header& header,
                    bytes_view bytes, const match& found, time_point now);
    void on_only_answer(std::size_t server, const incoming& arrived, bool oversize, time_point now);
    [[nodiscard]] std::uint32_t open_slot(std::size_t server, request_id id);
    [[nodiscard]] std::uint32_t by_id(std::size_t server, request_id id);
    void note_echo(std::size_t server, slot& one);
    void lengthen(const round<N>& of, slot& one, std::size_t server);
    [[nodiscard]] std::uint32_t unsigned_only(std::size_t server, const match& found);
    bool give_hint(std::size_t server, std::uint8_t generation, status seen);
    [[nodiscard]] bool quotes_companions(std::size_t server, std::uint32_t first, bytes_view quoted);
    void answer(std::size_t server, std::uint32_t index, bytes_view bytes, bool verified, time_point now);
    void fail(std::size_t server, std::uint32_t index, std::error_code error, time_point now);
    void expire_slot(round<N>& which, std::size_t server, time_point now);
    void settle(round<N>& which, std::size_t server, bool watched);
    void complete(round<N>& which);
    void enter(round<N>& made, const std::array<packet_view, N>& packets, const request_options<N>& options,
               std::size_t server, time_point now);
    [[nodiscard]] lane_set left_out(const lane_set& asked, time_point now) const noexcept;
    [[nodiscard]] round_trip expected_of(std::size_t server) const noexcept;
    void learn_from_answer(const round<N>& of, std::size_t server, time_point now);
    void learn_from_silence(const round<N>& of, std::size_t server);
    void due_by(round<N>& which, time_point when) noexcept;
    [[nodiscard]] time_point earliest_due(const round<N>& which) const noexcept;
    void update_sendable(std::size_t server) noexcept;

    limits limits_;
    std::size_t max_packet_; // bytes of the longest request
    round_pool<N> rounds_;
    std::vector<lane<N>> lanes_;
    due_heap<round<N>> due_;
    lane_set sendable_;
    fanout_statistics<N> counts_;
    std::array<round_trip, N> round_trips_{};
    std::array<server_health, N> health_{};
    std::array<late_watch, N> late_{};
    std::chrono::nanoseconds longest_timeout_ = default_deadline;
    std::uint32_t first_settled_ = no_slot, last_settled_ = no_slot;
    std::uint32_t first_finished_ = no_round, last_finished_ = no_round;
    std::size_t finished_count_ = 0;
    std::uint32_t serial_ = 0;
    std::uint32_t rests_ = 0;
    time_point now_{}; // as last handed in
};

} // namespace raida::inline v1::detail

#include <raida/engine/detail/multiplexer_learning.hpp>
#include <raida/engine/detail/multiplexer_receiving.hpp>
#include <raida/engine/detail/multiplexer_rounds.hpp>
#include <raida/engine/detail/multiplexer_sending.hpp>
#include <raida/engine/detail/multiplexer_time.hpp>

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP
