// Which echoes a lane used lately: tells a late answer from a stranger's, and a fresh echo from a used one.
#ifndef RAIDA_ENGINE_DETAIL_ECHO_HISTORY_HPP
#define RAIDA_ENGINE_DETAIL_ECHO_HISTORY_HPP

#include <raida/base/version.hpp>

#include <array>
#include <chrono>
#include <cstdint>

namespace raida::inline v1::detail {

/// Two generations of one bit per echo. An echo is remembered for one period at least and two at most: erring
/// on the long side only makes the engine more careful.
class echo_history
{
  public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    /// Was `echo` used within the period?
    [[nodiscard]] bool recent(std::uint16_t echo) const noexcept
    {
        const auto bit = std::uint64_t{1} << (echo % 64);
        return ((current_[echo / 64U] | previous_[echo / 64U]) & bit) != 0;
    }

    void mark(std::uint16_t echo) noexcept { current_[echo / 64U] |= std::uint64_t{1} << (echo % 64); }

    /// Forgets what is older than `period`. To be called before the others, with a clock that does not go
    /// back.
    void advance(time_point now, duration period) noexcept
    {
        if (now - began_ < period)
            return;
        const bool just_over = now - began_ < 2 * period;
        previous_ = just_over ? current_ : bits{};
        current_ = {};
        began_ = just_over ? began_ + period : now;
    }

  private:
    using bits = std::array<std::uint64_t, 65'536 / 64>;

    bits current_{};
    bits previous_{};
    time_point began_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_ECHO_HISTORY_HPP
