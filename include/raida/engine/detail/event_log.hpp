// What happened and was not told yet: events wait here until the engine is in a state in which whoever sees
// them may do anything.
#ifndef RAIDA_ENGINE_DETAIL_EVENT_LOG_HPP
#define RAIDA_ENGINE_DETAIL_EVENT_LOG_HPP

#include <raida/engine/detail/round.hpp>
#include <raida/engine/event.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/engine/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Where lane_statistics counts what is dropped for this reason.
[[nodiscard]] constexpr std::uint64_t lane_statistics::* counter_of(drop_reason why) noexcept
{
    switch (why) {
    case drop_reason::late:
        return &lane_statistics::late;
    case drop_reason::foreign:
        return &lane_statistics::foreign;
    case drop_reason::forged:
        return &lane_statistics::forged;
    case drop_reason::oversize:
        return &lane_statistics::oversize;
    case drop_reason::hint:
        return &lane_statistics::hints;
    default:
        return &lane_statistics::malformed;
    }
}

/// Without a hook each event costs one test of a pointer.
template <std::size_t N>
class event_log
{
  public:
    /// From now on events are told to this hook; to nobody if there is none. What waits is forgotten.
    void watch(event_hook hook)
    {
        const auto kept = std::exchange( // what it has captured may own this log
            hook_, hook ? std::make_shared<event_hook>(std::move(hook)) : nullptr);
        forget();
    }

    /// Tells what happened before this call. The hook may do anything: replace itself, run the context, end
    /// the engine, throw, and then the rest is told the next time.
    void tell()
    {
        if (!hook_)
            return;
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(told_));
        told_ = 0;
        for (auto left = waiting_.size(); left != 0 && told_ < waiting_.size(); --left) {
            const auto hook = hook_; // kept while it is called, whatever it does
            const engine_event next = waiting_[told_++];
            (*hook)(next);
        }
    }

    // ---- what happens

    void sent(const round<N>& of, std::size_t server, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add({.what = event_kind::sent,
                 .attempts = of.slots[server].attempts,
                 .server = static_cast<std::uint32_t>(server),
                 .fan_out = of.serial,
                 .bytes = of.packets.packet(server).size(),
                 .at = now});
    }

    /// A request left whose slot was settled meanwhile.
    void sent_settled(std::size_t server, const outgoing& one, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add({.what = event_kind::sent,
                 .server = static_cast<std::uint32_t>(server),
                 .fan_out = static_cast<std::uint32_t>(static_cast<std::uint64_t>(one.id) >> 32),
                 .bytes = one.bytes.size(),
                 .at = now});
    }

    void settled(const round<N>& of, std::size_t server, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add(end_of(of, (*of.answers)[server], now));
    }

    void dropped(std::size_t server, drop_reason why, std::size_t bytes, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add({.what = event_kind::dropped,
                 .reason = why,
                 .server = static_cast<std::uint32_t>(server),
                 .bytes = bytes,
                 .at = now});
    }

    void window_changed(std::size_t server, std::size_t bytes, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add({.what = event_kind::window_changed,
                 .server = static_cast<std::uint32_t>(server),
                 .bytes = bytes,
                 .at = now});
    }

    void done(const round<N>& which, time_point now) noexcept
    {
        if (hook_) [[unlikely]]
            add({.what = event_kind::done, .fan_out = which.serial, .elapsed = now - which.began, .at = now});
    }

  private:
    static engine_event end_of(const round<N>& of, const reply& one, time_point now) noexcept
    {
        return {.what = !one.error                     ? event_kind::answered
                        : one.error == errc::timed_out ? event_kind::timed_out
                                                       : event_kind::failed,
                .attempts = static_cast<std::uint8_t>(one.attempts),
                .server = static_cast<std::uint32_t>(one.server),
                .fan_out = of.serial,
                .bytes = one.error ? 0 : one.datagram.size(),
                .elapsed = one.latency,
                .error = one.error,
                .at = now};
    }

    void add(const engine_event& one) noexcept
    {
        try {
            waiting_.push_back(one);
        } catch (const std::bad_alloc&) { // costs the event, and nobody else anything
        }
    }

    void forget() noexcept
    {
        waiting_.clear();
        told_ = 0;
    }

    std::shared_ptr<event_hook> hook_;
    std::vector<engine_event> waiting_;
    std::size_t told_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_EVENT_LOG_HPP
