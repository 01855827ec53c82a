// How much may be under way to one server, and how fast it may leave.
#ifndef RAIDA_ENGINE_DETAIL_BYTE_WINDOW_HPP
#define RAIDA_ENGINE_DETAIL_BYTE_WINDOW_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>

namespace raida::inline v1::detail {

/// Bytes as the server's receive buffer counts them: with the kernel's own cost, which is more than the
/// datagram where that is small.
///
/// Additive increase, multiplicative decrease as RFC 9002 has it for datagrams (section 7, after RFC 5681):
/// a full-size datagram more per window of proved answers while at least half of it is in use, half of it
/// after a loss, at most once per round trip: what was sent before the last decrease says nothing new. There
/// is no slow start, since it begins with three quarters of a default receive buffer, where slow start would
/// end; and there is no persistent congestion: silence alone is no loss, which a dead server would suffer for
/// ever, so a loss counts when the next answer shows that the server is there.
///
/// Paced as section 7.7 asks: a burst of ten full-size datagrams or as many bytes (RFC 6928), then as places
/// become free, or another burst each millisecond.
class byte_window
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    static constexpr std::size_t full_size = 2'304;        // of a datagram of 1,394 bytes on Linux
    static constexpr std::size_t default_buffer = 212'992; // net.core.rmem_default of Linux: 92 of them
    static constexpr std::size_t initial = default_buffer / 4 * 3;
    static constexpr std::size_t most = std::size_t{1} << 26;
    static constexpr std::size_t smallest = 10 * full_size;
    static constexpr std::size_t burst = 14'600;
    static constexpr std::chrono::milliseconds pause{1};

    /// What a datagram takes of a receive buffer: headers, the kernel's book-keeping of 576 bytes, in blocks
    /// of powers of two (measured on Linux: 768 for up to about 100 bytes, 2,304 for 1,394).
    [[nodiscard]] static constexpr std::size_t cost(std::size_t bytes) noexcept
    {
        return 256 + std::bit_ceil(bytes + 400);
    }

    /// May another datagram leave? The last one may be over the window's edge.
    [[nodiscard]] bool has_room() const noexcept { return in_flight_ < window_; }

    /// And may it at this moment?
    [[nodiscard]] bool has_credit() const noexcept { return credit_ != 0; }

    /// When there is credit again for what has room.
    [[nodiscard]] time_point next_credit() const noexcept { return refilled_ + pause; }

    /// Time has passed.
    void refill(time_point now) noexcept
    {
        if (credit_ >= burst && in_flight_ != 0)
            return;
        if (now - refilled_ < pause)
            return;
        credit_ = burst;
        refilled_ = now;
    }

    void on_sent(std::size_t bytes) noexcept
    {
        in_flight_ += cost(bytes);
        credit_ -= (std::min)(bytes, credit_);
    }

    /// Nobody waits for that datagram's answer any more.
    void on_over(std::size_t bytes) noexcept
    {
        in_flight_ -= cost(bytes);
        credit_ = (std::min)(credit_ + bytes, window_);
    }

    /// A proved answer to what was under way, before it is over. Has the window changed?
    bool on_answer(std::size_t bytes, time_point now) noexcept
    {
        const std::size_t before = window_;
        if (has_lost_) {
            has_lost_ = false;
            window_ = (std::max)(window_ / 2, smallest);
            decreased_ = now;
        } else if (2 * in_flight_ >= window_) {
            growth_ += cost(bytes);
            if (growth_ >= window_) { // a window full of answers
                growth_ = 0;
                window_ = (std::min)(window_ + full_size, most);
            }
        }
        return window_ != before;
    }

    /// A datagram that left at `sent` was not answered in its time.
    void on_loss(time_point sent) noexcept { has_lost_ = has_lost_ || sent > decreased_; }

    [[nodiscard]] std::size_t size() const noexcept { return window_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

  private:
    std::size_t window_ = initial;
    std::size_t in_flight_ = 0;
    std::size_t credit_ = burst;
    std::size_t growth_ = 0; // answered since the window grew
    time_point refilled_{};
    time_point decreased_{};
    bool has_lost_ = false; // and nothing was answered since
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_BYTE_WINDOW_HPP
