// What an engine learns about a server from its answers and its silence. Times are handed in.
#ifndef RAIDA_LEARNING_HPP
#define RAIDA_LEARNING_HPP

#include <raida/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace raida::inline v1 {

/// Smoothed round-trip time of one server, after RFC 6298: a plain value that may be saved and loaded.
struct round_trip
{
    using duration = std::chrono::nanoseconds;

    duration smoothed{};  ///< SRTT
    duration variation{}; ///< RTTVAR
    std::uint32_t samples = 0;

    /// Takes in one measured round trip: never one of a request that was sent twice, since nobody knows which
    /// of the two was answered (Karn).
    constexpr void add(duration measured) noexcept
    {
        measured = std::clamp(measured, duration{1}, duration{std::chrono::hours{1}});
        if (samples == 0) {
            smoothed = measured;
            variation = measured / 2;
        } else {
            const duration error = smoothed > measured ? smoothed - measured : measured - smoothed;
            variation += (error - variation) / 4;
            smoothed += (measured - smoothed) / 8;
        }
        samples += samples < 0xFFFF'FFFF ? 1 : 0;
    }

    /// How long an answer may reasonably take: SRTT + 4 RTTVAR.
    [[nodiscard]] constexpr duration timeout() const noexcept
    {
        return smoothed + std::max<duration>(4 * variation, std::chrono::milliseconds{1});
    }

    friend constexpr bool operator==(const round_trip&, const round_trip&) = default;
};

/// When a server that fails again and again is left out, and when it is tried again. Off by default.
struct isolation_policy
{
    unsigned failures = 0; ///< requests unanswered in a row; 0: never left out
    std::chrono::nanoseconds silence = std::chrono::seconds{2}; ///< and nothing heard for this long meanwhile
    std::chrono::nanoseconds probe_after = std::chrono::seconds{5}; ///< then one real request tries it again
    std::chrono::nanoseconds longest =
        std::chrono::minutes{5}; ///< each failed try doubles the pause up to this
};

/// Whether a server is worth asking. It is alive as soon as anything of it is heard, be it too late.
class server_health
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A request was sent to it.
    constexpr void asked(time_point now) noexcept
    {
        if (unheard_since_ == time_point{})
            unheard_since_ = now;
    }

    /// Something that it sent has arrived.
    constexpr void heard() noexcept { *this = {}; }

    /// A request to it ended without an answer.
    constexpr void failed(time_point now, const isolation_policy& policy) noexcept
    {
        failures_ += failures_ < 0xFFFF'FFFF ? 1 : 0;
        if (policy.failures == 0 || failures_ < policy.failures || unheard_since_ == time_point{} ||
            now - unheard_since_ < policy.silence)
            return;
        if (isolated_ && !probing_)
            return; // a request of before
        pause_ = isolated_ ? std::min(2 * pause_, policy.longest) : policy.probe_after;
        next_probe_ = now + pause_;
        isolated_ = true;
        probing_ = false;
    }

    [[nodiscard]] constexpr bool is_isolated() const noexcept { return isolated_; }

    /// May it be asked now? An isolated server may once its pause is over, by one request at a time.
    [[nodiscard]] constexpr bool may_ask(time_point now) const noexcept
    {
        return !isolated_ || (!probing_ && now >= next_probe_);
    }

    /// The request that may_ask() allowed is on its way.
    constexpr void probe() noexcept { probing_ = isolated_; }

  private:
    time_point unheard_since_{};
    time_point next_probe_{};
    std::chrono::nanoseconds pause_{};
    std::uint32_t failures_ = 0;
    bool isolated_ = false;
    bool probing_ = false;
};

} // namespace raida::inline v1

#endif // RAIDA_LEARNING_HPP
