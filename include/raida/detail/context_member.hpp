// Tells an object that its execution context is about to die, so that it may outlive it.
#ifndef RAIDA_DETAIL_CONTEXT_MEMBER_HPP
#define RAIDA_DETAIL_CONTEXT_MEMBER_HPP

#include <raida/version.hpp>

#include <asio/execution_context.hpp>

#include <mutex>

namespace raida::inline v1::detail {

class context_members;

/// Sockets and timers must not be touched once their context is gone; a member gives them up before that.
class context_member
{
  public:
    context_member(const context_member&) = delete;
    context_member& operator=(const context_member&) = delete;

  protected:
    explicit context_member(asio::execution_context& context);
    ~context_member();

    /// The context is being destroyed: handlers must be dropped, not called.
    virtual void on_context_shutdown() noexcept = 0;

  private:
    friend class context_members;

    context_members* members_ = nullptr;
    context_member* next_ = nullptr;
    context_member* previous_ = nullptr;
};

/// The service that knows all members of one context.
class context_members final : public asio::execution_context::service
{
  public:
    using key_type = context_members;
    static inline asio::execution_context::id id; // how Asio names a service

    explicit context_members(asio::execution_context& context) : asio::execution_context::service{context} {}

    void add(context_member& member)
    {
        const std::lock_guard lock{mutex_}; // engines of one context may be made on different threads
        member.members_ = this;
        member.next_ = first_;
        if (first_ != nullptr)
            first_->previous_ = &member;
        first_ = &member;
    }

    void remove(context_member& member) noexcept
    {
        const std::lock_guard lock{mutex_};
        if (member.members_ == nullptr)
            return;
        member.members_ = nullptr;
        (member.previous_ != nullptr ? member.previous_->next_ : first_) = member.next_;
        if (member.next_ != nullptr)
            member.next_->previous_ = member.previous_;
        member.next_ = member.previous_ = nullptr;
    }

  private:
    void shutdown() noexcept override
    {
        while (first_ != nullptr) {
            context_member& member = *first_;
            remove(member);
            member.on_context_shutdown();
        }
    }

    std::mutex mutex_;
    context_member* first_ = nullptr;
};

inline context_member::context_member(asio::execution_context& context)
{
    asio::use_service<context_members>(context).add(*this);
}

inline context_member::~context_member()
{
    if (members_ != nullptr)
        members_->remove(*this);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_CONTEXT_MEMBER_HPP
