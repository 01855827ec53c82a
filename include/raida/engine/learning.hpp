// What an engine learns about a server from its answers and its silence. Times are handed in.
#ifndef RAIDA_ENGINE_LEARNING_HPP
#define RAIDA_ENGINE_LEARNING_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace raida::inline v1 {

/// Smoothed round-trip time of one server, after RFC 6298: a plain value that may be saved and loaded.
struct round_trip
{
    using duration = std::chrono::nanoseconds;

    /// Nothing longer is learned.
    static constexpr duration longest = std::chrono::hours{1};

    duration smoothed{};       ///< SRTT
    duration variation{};      ///< RTTVAR
    duration backed_off{};     ///< a deadline under this was too short lately; zero: none was
    std::uint32_t samples = 0; ///< zero: nothing else here means anything but `backed_off`
    std::uint32_t size = 0;    ///< bytes of the requests that were measured, smoothed as their times

    /// Takes in one measured round trip of a request of so many bytes: never one of a request that was sent
    /// twice, since nobody knows which of the two was answered (Karn).
    constexpr void add(duration measured, std::size_t bytes = 0) noexcept
    {
        measured = std::clamp(measured, duration{1}, longest);
        const auto sent = static_cast<std::int64_t>(std::min<std::size_t>(bytes, 0xFFFF'FFFF));
        if (samples == 0) {
            smoothed = measured;
            variation = measured / 2;
            size = static_cast<std::uint32_t>(sent);
        } else {
            const duration error = smoothed > measured ? smoothed - measured : measured - smoothed;
            variation += (error - variation) / 4;
            smoothed += (measured - smoothed) / 8;
            size = static_cast<std::uint32_t>(size + (sent - size) / 8);
        }
        samples += samples < (std::numeric_limits<std::uint32_t>::max)() ? 1U : 0U;
        backed_off = {};
    }

    /// A request was given up after so long, unanswered: where that is more than SRTT, its round trip was at
    /// least that. Without it a server of which only the fast answers are awaited would be taken for faster
    /// and calmer than it is.
    constexpr void add_unfinished(duration waited) noexcept
    {
        if (samples == 0 || waited <= smoothed)
            return;
        waited = (std::min)(waited, longest);
        variation = (std::max)(variation, variation + (waited - smoothed - variation) / 4);
        smoothed += (waited - smoothed) / 8;
    }

    /// The server does answer, but not within a deadline shorter than this. Holds until the next sample: a
    /// server that became slow would never be measured otherwise, since its answers come too late or to
    /// requests that were sent twice (the other half of Karn's rule).
    constexpr void back_off(duration deadline) noexcept
    {
        backed_off = std::clamp(deadline, backed_off, longest);
    }

    /// How long an answer may reasonably take: SRTT + 4 RTTVAR, and in any case half as long again as SRTT,
    /// since a calm while makes RTTVAR vanish and the next small delay would then be a loss.
    [[nodiscard]] constexpr duration timeout() const noexcept
    {
        return smoothed + (std::max)({4 * variation, smoothed / 2, duration{std::chrono::milliseconds{1}}});
    }

    /// As it may be used, whatever was loaded.
    [[nodiscard]] constexpr round_trip checked() const noexcept
    {
        round_trip fixed = *this;
        for (duration* one : {&fixed.smoothed, &fixed.variation, &fixed.backed_off})
            *one = std::clamp(*one, duration::zero(), longest);
        return fixed;
    }

    friend constexpr bool operator==(const round_trip&, const round_trip&) = default;
};

/// When a server that fails again and again is left out, and when it is tried again. Off by default.
///
/// A failure is a request after which no answer of the server's, proved by its signature where one is known,
/// was heard for as long as it was allowed to take, whether or not somebody still waited for it; requests
/// that run at the same time count once. Slots given up early and slots cancelled are therefore no failures
/// of a server that is merely slow.
struct isolation_policy
{
    unsigned failures = 0;                                      ///< in a row; 0: never left out
    std::chrono::nanoseconds silence = std::chrono::seconds{2}; ///< and nothing heard for this long meanwhile
    std::chrono::nanoseconds probe_after = std::chrono::seconds{5}; ///< then one real request tries it again
    std::chrono::nanoseconds longest =
        std::chrono::minutes{5}; ///< each failed try doubles the pause up to this

    /// Servers left out at once. When there are more, or fewer than N/2+1 of those asked would be left, all
    /// are asked: no verdict could be reached, and it is rather the own network that is down. Who wants a
    /// quorum or a margin above the simple majority sets this to N less that many.
    std::size_t most = (std::numeric_limits<std::size_t>::max)();
};

/// Whether a server is worth asking. It is alive as soon as it has proved so, be it too late.
class server_health
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A request was sent to it.
    constexpr void asked(time_point now) noexcept
    {
        waiting_since_ = (std::min)(waiting_since_, now);
        silent_since_ = (std::min)(silent_since_, now);
    }

    /// An answer of it has arrived.
    constexpr void heard() noexcept { *this = {}; }

    /// A request to it, whose answer was allowed to take `timeout`, ended without one.
    constexpr void failed(time_point now, std::chrono::nanoseconds timeout,
                          const isolation_policy& policy) noexcept
    {
        const bool tried = probing_;
        probing_ = false;
        if (now < waiting_since_ || now - waiting_since_ < timeout)
            return; // nothing was asked, or it is too early to tell
        waiting_since_ = (time_point::max)();
        failures_ += failures_ < (std::numeric_limits<std::uint32_t>::max)() ? 1U : 0U;
        const bool is_over = isolated_ ? tried
                                       : policy.failures != 0 && failures_ >= policy.failures &&
                                             now - silent_since_ >= policy.silence;
        if (!is_over)
            return;
        constexpr std::chrono::nanoseconds longest = std::chrono::hours{1};
        pause_ = std::clamp<std::chrono::nanoseconds>(
            isolated_ ? (std::min)(2 * pause_, (std::max)(pause_, policy.longest)) : policy.probe_after, {},
            longest);
        next_probe_ = now + pause_;
        isolated_ = true;
    }

    /// Requests in a row that it left without any sign of life.
    [[nodiscard]] constexpr std::uint32_t failures() const noexcept { return failures_; }
    /// Is it left out?
    [[nodiscard]] constexpr bool is_isolated() const noexcept { return isolated_; }

    /// May it be asked now? An isolated server may once its pause is over, by one request at a time.
    [[nodiscard]] constexpr bool may_ask(time_point now) const noexcept
    {
        return !isolated_ || (!probing_ && now >= next_probe_);
    }

    /// The request that may_ask() allowed is on its way.
    constexpr void probe() noexcept { probing_ = isolated_; }

  private:
    time_point waiting_since_ = (time_point::max)(); // the oldest request that the next failure can be about
    time_point silent_since_ = (time_point::max)();  // the oldest request since it was last heard
    time_point next_probe_{};
    std::chrono::nanoseconds pause_{};
    std::uint32_t failures_ = 0;
    bool isolated_ = false;
    bool probing_ = false;
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_LEARNING_HPP
