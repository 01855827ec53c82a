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
#include <new>
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

  private:
    friend class call_list;
    bool is_woken_ = false; // its turn is on its way
};

/// Owns them: while they wait nobody else may. Who is woken without the memory to post it takes its turn at
/// once.
class call_list
{
  public:
    using owner = page_locks::owner;
    using time_point = std::chrono::steady_clock::time_point;

    /// A name that no other call of this client has.
    [[nodiscard]] owner new_owner() noexcept { return ++last_; }

    void add(owner who, std::shared_ptr<waiting_call> call) { calls_[who].call = std::move(call); }
    void remove(owner who) noexcept { calls_.erase(who); }
    [[nodiscard]] auto take_all() noexcept { return std::exchange(calls_, {}); }

    template <class Executor>
    void wake(const Executor& executor, const std::vector<page_locks::waiter>& woken)
    {
        for (const auto& [who, server] : woken)
            if (const auto found = calls_.find(who); found != calls_.end()) {
                found->second.call->pages_free(server);
                wake(executor, found->second.call);
            }
    }

    /// Where it is not known who waits for what: `servers` may have free pages.
    template <class Executor>
    void wake_all(const Executor& executor, std::size_t servers = 0)
    {
        for (auto at = calls_.begin(); at != calls_.end();) {
            const auto [who, one] = *at; // a turn that is taken at once may end its call
            for (std::size_t server = 0; server < servers; ++server)
                one.call->pages_free(server);
            wake(executor, one.call);
            at = calls_.upper_bound(who);
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
        auto first = (time_point::max)();
        for (const auto& [who, one] : calls_)
            first = (std::min)(first, one.alarm);
        return first;
    }

    /// Who could not be woken for want of memory is still due.
    template <class Executor>
    void ring(const Executor& executor, time_point now)
    {
        for (auto& [who, one] : calls_)
            if (one.alarm <= now) {
                try {
                    post(executor, one.call);
                } catch (const std::bad_alloc&) {
                    return;
                }
                one.alarm = (time_point::max)();
            }
    }

  private:
    struct entry
    {
        std::shared_ptr<waiting_call> call{};
        time_point alarm = (time_point::max)();
    };

    template <class Executor>
    static void wake(const Executor& executor, std::shared_ptr<waiting_call> one)
    {
        try {
            post(executor, one);
        } catch (const std::bad_alloc&) {
            one->turn();
        }
    }

    template <class Executor>
    static void post(const Executor& executor, const std::shared_ptr<waiting_call>& to)
    {
        if (to->is_woken_)
            return;
        asio::post(executor, [weak = std::weak_ptr{to}] {
            if (const auto one = weak.lock()) {
                one->is_woken_ = false;
                one->turn();
            }
        });
        to->is_woken_ = true;
    }

    std::map<owner, entry> calls_;
    owner last_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CALL_LIST_HPP
