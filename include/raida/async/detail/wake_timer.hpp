// The timer behind transport_sink::on_wake().
#ifndef RAIDA_ASYNC_DETAIL_WAKE_TIMER_HPP
#define RAIDA_ASYNC_DETAIL_WAKE_TIMER_HPP

#include <raida/engine/transport.hpp>

#include <asio/basic_waitable_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

/// Wakes the engine at the armed time or earlier: see engine/transport.hpp. Must stay where it is from the
/// first arm() on; `owner` keeps it alive.
template <class Executor>
class wake_timer
{
  public:
    using clock = std::chrono::steady_clock;

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        owner_ = std::move(owner);
    }

    /// A timer that is armed too early is left alone: nearly every deadline is met, and setting a timer costs
    /// more than finding out once that there is nothing to do.
    void arm(const Executor& executor, clock::time_point due)
    {
        if (armed_ <= due)
            return;
        if (!timer_)
            timer_.emplace(executor);
        armed_ = (clock::time_point::max)(); // until the wait has begun, which may find no memory
        timer_->expires_at(due);
        timer_->async_wait(on_time{this, owner_.lock()});
        armed_ = due;
    }

    /// Nothing is due; no work is held.
    void rest()
    {
        if (timer_ && armed_ != (clock::time_point::max)())
            timer_->cancel();
        armed_ = (clock::time_point::max)();
    }

    void close() noexcept
    {
        timer_.reset();
        armed_ = (clock::time_point::max)();
    }

  private:
    struct on_time
    {
        wake_timer* self;
        std::shared_ptr<void> owner;

        void operator()(std::error_code error) const
        {
            // A wait that was replaced or cancelled may still report success: the armed time tells.
            if (error || self->armed_ == (clock::time_point::max)() || self->armed_ > clock::now())
                return;
            self->armed_ = (clock::time_point::max)();
            self->sink_->on_wake();
        }
    };

    transport_sink* sink_ = nullptr;
    std::weak_ptr<void> owner_;
    std::optional<asio::basic_waitable_timer<clock, asio::wait_traits<clock>, Executor>> timer_;
    clock::time_point armed_ = (clock::time_point::max)(); // armed_ <= max: arming for never does nothing
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_WAKE_TIMER_HPP
