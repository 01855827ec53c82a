// What is known of each server, and what follows from it.
#ifndef RAIDA_ENGINE_DETAIL_SERVER_KNOWLEDGE_HPP
#define RAIDA_ENGINE_DETAIL_SERVER_KNOWLEDGE_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/detail/late_watch.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/engine/learning.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace raida::inline v1::detail {

/// Round trips, signs of life, and the answers that nobody waits for any more but that still tell something.
/// All of it is learned from what is proved alone: anybody can send a datagram in a server's name.
template <std::size_t N>
class server_knowledge
{
  public:
    explicit server_knowledge(const isolation_policy& isolation) noexcept : isolation_{isolation} {}

    [[nodiscard]] const std::array<round_trip, N>& round_trips() const noexcept { return round_trips_; }

    void learn(const std::array<round_trip, N>& known) noexcept
    {
        std::transform(known.begin(), known.end(), round_trips_.begin(),
                       [](const round_trip& one) { return one.checked(); });
    }

    /// Another server answers under this number from now on.
    void forget(std::size_t server) noexcept
    {
        round_trips_[server] = {};
        health_[server] = {};
        late_[server] = latest_[server] = {};
    }

    /// Nobody listens until the next request: what comes meanwhile is read later.
    void rest() noexcept { ++rests_; }

    // ---- what follows

    [[nodiscard]] bool is_isolated(std::size_t server) const noexcept
    {
        return server < N && health_[server].is_isolated();
    }

    /// Those of `asked` that are left out now: never so many that no verdict could be reached.
    [[nodiscard]] std::bitset<N> left_out(const std::bitset<N>& asked, time_point now) const noexcept
    {
        std::bitset<N> servers;
        for (std::size_t server = 0; server < N; ++server)
            servers[server] = asked[server] && !health_[server].may_ask(now);
        const bool enough_left = asked.count() >= servers.count() + N / 2 + 1;
        return enough_left && servers.count() <= isolation_.most ? servers : std::bitset<N>{};
    }

    /// How long an answer to this request is awaited at first.
    [[nodiscard]] std::chrono::nanoseconds timeout_for(std::size_t server, const deadlines<N>& deadline,
                                                       command_code what, std::size_t size) const noexcept
    {
        return deadline.for_server(server, expected_of(server), what, size);
    }

    /// How long its answer to this request takes at most, as far as that is known.
    [[nodiscard]] std::chrono::nanoseconds usual_timeout(std::size_t server, command_code what,
                                                         std::size_t size) const noexcept
    {
        return learned{.shortest = std::chrono::nanoseconds{1}}(expected_of(server), what, size);
    }

    // ---- what it is learned from

    /// The request that left_out() allowed is on its way.
    void admitted(std::size_t server) noexcept { health_[server].probe(); }
    void asked(std::size_t server, time_point now) noexcept { health_[server].asked(now); }

    /// A slot was filled, by what is as good as a proof where no signature is known: the server is alive.
    void heard(std::size_t server) noexcept { health_[server].heard(); }

    /// A slot that got its proved answer. `generation` is the lane's of now.
    void on_answer(const round<N>& of, std::size_t server, std::uint8_t generation, time_point now) noexcept
    {
        const slot& one = of.slots[server];
        if (one.generation != generation)
            return; // asked at an earlier address, maybe
        if (one.attempts == 1)
            round_trips_[server].add(now - of.sent_at(one), of.packets.packet(server).size());
        else
            round_trips_[server].back_off(std::chrono::microseconds{one.timeout});
    }

    /// A slot that ended without an answer, which may still come until `forgotten` after its request was
    /// sent.
    void on_silence(const round<N>& of, std::size_t server, std::uint8_t generation,
                    std::chrono::nanoseconds forgotten, time_point now) noexcept
    {
        const slot& one = of.slots[server];
        const std::chrono::microseconds timeout{one.timeout};
        health_[server].failed(now, timeout, isolation_);
        const auto& error = (*of.answers)[server].error;
        const auto sent = of.sent_at(one);
        const bool may_still_come = error == errc::timed_out || error == errc::not_awaited ||
                                    is_system_error(error, std::errc::operation_canceled) ||
                                    now - sent >= timeout; // refused, as somebody said
        if (!may_still_come || one.attempts == 0 || one.is_signed == 0 || one.generation != generation)
            return;
        if (late_[server].is_busy(now))
            return latest_[server].watch(remembered(of, server, now), sent + forgotten, rests_);
        if (one.attempts == 1 && now - sent < timeout)
            round_trips_[server].add_unfinished(now - sent);
        late_[server].watch(remembered(of, server, now), sent + forgotten, rests_);
    }

    /// Any response of this server's, which may answer a request that was given up. Does it, with proof?
    bool on_response(std::size_t server, const response_header& header, std::uint8_t generation,
                     time_point now) noexcept
    {
        round_trip unmeasured;
        const bool is_late = late_[server].on_answer(header, generation, now, rests_, round_trips_[server]) ||
                             latest_[server].on_answer(header, generation, now, rests_, unmeasured);
        if (is_late)
            heard(server);
        return is_late;
    }

  private:
    static given_up remembered(const round<N>& of, std::size_t server, time_point now) noexcept
    {
        const slot& one = of.slots[server];
        const std::chrono::microseconds timeout{one.timeout};
        const bytes_view packet = of.packets.packet(server);
        return {.sent = of.sent_at(one),
                .timeout = timeout,
                .size = static_cast<std::uint32_t>(packet.size()),
                .signature = crc32(of.packets.expected_signature(server)),
                .echo = one.echo,
                .group = packet[4],
                .generation = one.generation,
                .sent_once = one.attempts == 1,
                .timed_out = now - of.sent_at(one) >= timeout};
    }

    // A server that was never heard of though its whole deadline passed is awaited no longer than the slowest
    // one that is known; the second time it is most likely none at all, and awaited as a typical one. Should
    // it be slower than that, its late answer will tell.
    [[nodiscard]] round_trip expected_of(std::size_t server) const noexcept
    {
        const round_trip& own = round_trips_[server];
        const auto failures = health_[server].failures();
        if (failures == 0 || own.samples != 0 || own.backed_off > own.backed_off.zero())
            return own;
        std::array<const round_trip*, N> known{};
        std::size_t count = 0;
        for (const round_trip& other : round_trips_)
            if (other.samples != 0)
                known[count++] = &other;
        if (count == 0)
            return own;
        const auto like = known.begin() + static_cast<std::ptrdiff_t>(failures == 1 ? count - 1 : count / 2);
        std::nth_element(known.begin(), like, known.begin() + static_cast<std::ptrdiff_t>(count),
                         [](const auto* a, const auto* b) { return a->timeout() < b->timeout(); });
        return **like;
    }

    isolation_policy isolation_;
    std::array<round_trip, N> round_trips_{};
    std::array<server_health, N> health_{};
    std::array<late_watch, N> late_{};   // one is measured at a time
    std::array<late_watch, N> latest_{}; // beside it, for a sign of life
    std::uint32_t rests_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_SERVER_KNOWLEDGE_HPP
