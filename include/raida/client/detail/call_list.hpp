// The calls of one client that may have to wait for what no socket tells them: a page of another call, a
// journal, the end of a budget.
#ifndef RAIDA_CLIENT_DETAIL_CALL_LIST_HPP
#define RAIDA_CLIENT_DETAIL_CALL_LIST_HPP

#include <raida/client/detail/page_locks.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

class waiting_call
{
  public:
    virtual ~waiting_call() = default;

    /// Something may have changed: time, pages, or that the client is gone.
    virtual void turn() = 0;

    /// To be looked at in the next turn().
    virtual void pages_free(std::size_t server) = 0;
};

/// Owns them: while they wait nobody else may.
class call_list
{
  public:
    using owner = page_locks::owner;
    using time_point = std::chrono::steady_clock::time_point;

    /// A name that no other call of this client has.
    [[nodiscard]] owner new_owner() noexcept { return ++last_; }

    void add(owner who, std::shared_ptr<waiting_call> call) { calls_[who].call = std::move(call); }
    void remove(owner who) { calls_.erase(who); }
    [[nodiscard]] auto take_all() noexcept { return std::exchange(calls_, {}); }

    template <class Executor>
    void wake_all(const Executor& executor)
    {
        for (auto& [who, one] : calls_)
            post(executor, one);
    }

    template <class Executor>
    void wake(const Executor& executor, const std::vector<page_locks::waiter>& woken)
    {
        for (const auto& [who, server] : woken)
            if (const auto found = calls_.find(who); found != calls_.end()) {
                found->second.call->pages_free(server);
                post(executor, found->second);
            }
    }

    void set_alarm(owner who, time_point when)
    {
        if (const auto found = calls_.find(who); found != calls_.end())
            found->second.alarm = when;
    }

    /// time_point::max(): none.
    [[nodiscard]] time_point next_alarm() const
    {
        auto first = time_point::max();
        for (const auto& [who, one] : calls_)
            first = std::min(first, one.alarm);
        return first;
    }

    template <class Executor>
    void ring(const Executor& executor, time_point now)
    {
        for (auto& [who, one] : calls_)
            if (one.alarm <= now) {
                one.alarm = time_point::max();
                post(executor, one);
            }
    }

  private:
    struct entry
    {
        std::shared_ptr<waiting_call> call{};
        time_point alarm = time_point::max();
        std::weak_ptr<bool> woken{}; // on its way while this lives
    };

    template <class Executor>
    static void post(const Executor& executor, entry& to)
    {
        if (!to.woken.expired())
            return;
        auto woken = std::make_shared<bool>();
        to.woken = woken;
        asio::post(executor, [call = std::weak_ptr(to.call), woken = std::move(woken)]() mutable {
            woken.reset();
            if (const auto alive = call.lock())
                alive->turn();
        });
    }

    std::map<owner, entry> calls_;
    owner last_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CALL_LIST_HPP
