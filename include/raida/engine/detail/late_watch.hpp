// A request whose answer is timed although nobody waits for it any more.
#ifndef RAIDA_ENGINE_DETAIL_LATE_WATCH_HPP
#define RAIDA_ENGINE_DETAIL_LATE_WATCH_HPP

#include <raida/engine/learning.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/packet.hpp>

#include <chrono>
#include <cstdint>

namespace raida::inline v1::detail {

/// A slot that ended before its answer came.
struct given_up
{
    std::chrono::steady_clock::time_point sent{}; ///< the last time
    std::chrono::nanoseconds timeout{};           ///< how long its answer was allowed to take
    std::uint32_t size = 0;                       ///< of the request
    std::uint32_t signature = 0;                  ///< a checksum of the expected one, which may be a secret
    std::uint16_t echo = 0;
    std::uint8_t group = 0;
    std::uint8_t generation = 0;
    bool sent_once = false; ///< else nobody knows which attempt was answered
    bool timed_out = false; ///< else it was merely given up
};

/// Without it a server whose answers always come too late, or after the others have decided, would never be
/// measured. One request per lane is watched at a time, as TCP times one segment per round trip.
class late_watch
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    [[nodiscard]] bool is_busy(time_point now) const noexcept { return watching_ && now < until_; }

    /// `rests`: how often the engine has rested so far. What comes while it does is read later, and cannot be
    /// timed.
    void watch(const given_up& one, time_point until, std::uint32_t rests) noexcept
    {
        watched_ = one;
        until_ = until;
        rests_ = rests;
        watching_ = true;
    }

    /// If this datagram answers the watched request, as its signature proves, `known` learns from it.
    bool on_answer(const response_header& header, std::uint8_t generation, time_point now,
                   std::uint32_t rests, round_trip& known) noexcept
    {
        if (!watching_ || header.echo != watched_.echo || header.group != watched_.group ||
            generation != watched_.generation || crc32(header.signature) != watched_.signature)
            return false;
        watching_ = false;
        if (watched_.sent_once && rests == rests_)
            known.add(now - watched_.sent, watched_.size);
        else if (watched_.timed_out)
            known.back_off(watched_.timeout * 3 / 2);
        return true;
    }

  private:
    given_up watched_;
    time_point until_{};
    std::uint32_t rests_ = 0;
    bool watching_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_LATE_WATCH_HPP
