// Tells an object that its execution context is about to die, so that it may outlive it, or to be copied by a
// fork.
#ifndef RAIDA_ASYNC_DETAIL_SHUTDOWN_HOOK_HPP
#define RAIDA_ASYNC_DETAIL_SHUTDOWN_HOOK_HPP

#include <raida/base/version.hpp>

#include <asio/execution_context.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

class shutdown_hooks;

/// Sockets and timers must not be touched once their context is gone; a member gives them up before that.
class shutdown_hook
{
  public:
    shutdown_hook(const shutdown_hook&) = delete;
    shutdown_hook& operator=(const shutdown_hook&) = delete;

  protected:
    using fork_event = asio::execution_context::fork_event;

    explicit shutdown_hook(asio::execution_context& context);
    virtual ~shutdown_hook();

    /// The context is being destroyed: handlers must be dropped, not called.
    virtual void on_context_shutdown() noexcept = 0;

    /// The context's notify_fork() was called.
    virtual void on_fork(fork_event) noexcept {}

    template <class Object>
    static void tell_of_fork([[maybe_unused]] Object& object, [[maybe_unused]] fork_event event) noexcept
    {
        if constexpr (requires { object.notify_fork(event); })
            object.notify_fork(event);
    }

  private:
    friend class shutdown_hooks;

    shutdown_hooks* members_ = nullptr;
};

/// The service that knows all members of one context.
class shutdown_hooks final : public asio::execution_context::service
{
  public:
    using key_type = shutdown_hooks;
    static inline asio::execution_context::id id; // how Asio names a service

    explicit shutdown_hooks(asio::execution_context& context) : asio::execution_context::service{context} {}

    void add(shutdown_hook& member)
    {
        const std::lock_guard lock{mutex_}; // engines of one context may be made on different threads
        hooks_.push_back(&member);
        member.members_ = this;
    }

    void remove(shutdown_hook& member) noexcept
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(member.members_, nullptr) != nullptr)
            std::erase(hooks_, &member);
    }

  private:
    void shutdown() noexcept override
    {
        while (!hooks_.empty()) {
            shutdown_hook& member = *hooks_.back();
            remove(member);
            member.on_context_shutdown();
        }
    }

    // No other thread is here then: Asio asks for that.
    void notify_fork(asio::execution_context::fork_event event) override
    {
        for (shutdown_hook* const member : hooks_)
            member->on_fork(event);
    }

    std::mutex mutex_;
    std::vector<shutdown_hook*> hooks_;
};

inline shutdown_hook::shutdown_hook(asio::execution_context& context)
{
    asio::use_service<shutdown_hooks>(context).add(*this);
}

inline shutdown_hook::~shutdown_hook()
{
    if (members_ != nullptr)
        members_->remove(*this);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_SHUTDOWN_HOOK_HPP
