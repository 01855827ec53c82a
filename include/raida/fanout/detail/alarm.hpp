// Something to call at a time.
#ifndef RAIDA_FANOUT_DETAIL_ALARM_HPP
#define RAIDA_FANOUT_DETAIL_ALARM_HPP

#include <raida/base/inline_function.hpp>

#include <chrono>
#include <utility>

namespace raida::inline v1::detail {

class alarm
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    /// time_point::max() when it is not set.
    [[nodiscard]] time_point due() const noexcept { return due_; }

    void set(time_point when, inline_function<void()> what)
    {
        due_ = when;
        what_ = std::move(what);
    }
    void drop() noexcept { what_ = {}; }

    /// Rings, once, if it is time.
    void ring(time_point now)
    {
        if (due_ > now)
            return;
        due_ = (time_point::max)();
        if (auto what = std::exchange(what_, {}))
            what();
    }

  private:
    time_point due_ = (time_point::max)();
    inline_function<void()> what_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_DETAIL_ALARM_HPP
