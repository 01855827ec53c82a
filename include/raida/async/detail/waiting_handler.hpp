// A completion handler that waits for its result, without its type, in memory given back before it is called.
#ifndef RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP
#define RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP

#include <raida/async/detail/block_pool.hpp>
#include <raida/async/detail/handler_call.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/engine/detail/round_owner.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/post.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

/// The signature is `void(error_code, Result)`, or `void(error_code)` where the result stands with the
/// caller.
///
/// Should the handler's executor find no memory to take it over, the exception leaves complete(), and the
/// handler is destroyed uncalled: only that executor could have called it.
template <class Result>
class waiting_handler : public round_owner
{
  public:
    /// Frees itself, then calls the handler on its associated executor. One that is posted first and finds no
    /// memory for that throws, and is as before.
    virtual void complete(std::error_code error) = 0;

    /// The same without posting, after a complete() that threw.
    virtual void call_now() = 0;

    /// Frees itself and the handler without calling it.
    virtual void abandon() noexcept = 0;

    /// Calls `cancel` when the handler's cancellation slot asks for it, until completion.
    virtual void on_cancel(inline_function<void()> cancel) = 0;

    /// What it will be completed with, to be filled meanwhile.
    [[nodiscard]] Result& result() noexcept { return *result_; }

  protected:
    explicit waiting_handler(Result* result) noexcept : result_{result} {}
    ~waiting_handler() = default;

    Result* result_;
};

/// As a deleter.
struct abandoner
{
    template <class Waiting>
    void operator()(Waiting* one) const noexcept
    {
        one->abandon();
    }
};

/// Of an operation that has no memory of its own.
struct no_pool
{};

/// `Storage`: own_result<Result>, or borrowed_result. Its memory comes from the handler's associated
/// allocator; plain std::allocator means that nobody cares, and `Pool` serves where there is one.
template <class Result, class Handler, class Executor, class Storage, call_by Way, class Pool>
class waiting_handler_of final : public waiting_handler<Result>
{
  public:
    [[nodiscard]] static waiting_handler_of* make(Pool& memory, const Executor& io, Result* into,
                                                  Handler&& handler)
    {
        auto allocator = allocator_for(handler, memory);
        auto* const raw = std::allocator_traits<allocator_type>::allocate(allocator, 1);
        try {
            return ::new (static_cast<void*>(raw)) waiting_handler_of{memory, io, into, std::move(handler)};
        } catch (...) {
            std::allocator_traits<allocator_type>::deallocate(allocator, raw, 1);
            throw;
        }
    }

    void complete(std::error_code error) override
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.clear();
        error_ = error;
        if constexpr (Way == call_by::post) {
            is_ours_ = true; // should posting fail
            try {
                asio::post(call_.io(), posted{this});
            } catch (...) {
                is_ours_ = false;
                throw;
            }
            is_ours_ = false;
        } else {
            call_now();
        }
    }

    void call_now() override
    {
        auto call = std::move(call_); // until the handler was called, or was taken over by its executor
        bound_handler<Handler, Storage> bound{std::move(handler_), std::move(storage_), error_};
        destroy(bound.handler);
        std::move(call)(std::move(bound));
    }

    void abandon() noexcept override
    {
        if (is_ours_)
            return;
        Handler handler{std::move(handler_)};
        destroy(handler);
    }

    void on_cancel(inline_function<void()> cancel) override
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.assign([cancel = std::move(cancel)](asio::cancellation_type type) {
                auto mine = cancel; // completion clears the slot
                if (type != asio::cancellation_type::none)
                    mine();
            });
    }

  private:
    using handler_allocator = asio::associated_allocator_t<Handler>;

    // On its way to the I/O executor. On the same one as complete(), so never before that is over.
    struct posted
    {
        using allocator_type = handler_allocator;

        std::unique_ptr<waiting_handler_of, abandoner> one;

        explicit posted(waiting_handler_of* owned) noexcept : one{owned} {}
        [[nodiscard]] allocator_type get_allocator() const noexcept
        {
            return asio::get_associated_allocator(one->handler_);
        }
        void operator()() { one.release()->call_now(); }
    };

    static constexpr bool uses_pool = std::is_same_v<Pool, block_pool> &&
                                      std::is_same_v<handler_allocator, std::allocator<void>> &&
                                      alignof(Handler) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    using allocator_type = std::conditional_t<
        uses_pool, pool_allocator<waiting_handler_of>,
        typename std::allocator_traits<handler_allocator>::template rebind_alloc<waiting_handler_of>>;

    waiting_handler_of(Pool& memory, const Executor& io, Result* into, Handler&& handler)
        : waiting_handler<Result>{into},
          memory_{pool_of(memory)},
          handler_{std::move(handler)},
          call_{asio::get_associated_executor(handler_, io), io}
    {
        if constexpr (std::is_same_v<Storage, own_result<Result>>)
            this->result_ = &storage_.own;
    }

    ~waiting_handler_of() = default;

    static decltype(auto) pool_of(Pool& memory) noexcept
    {
        if constexpr (uses_pool)
            return (memory);
        else
            return no_pool{};
    }

    template <class From>
    static allocator_type allocator_for(const Handler& handler, From& memory)
    {
        if constexpr (uses_pool)
            return allocator_type{memory};
        else
            return allocator_type{asio::get_associated_allocator(handler)};
    }

    void destroy(const Handler& moved)
    {
        auto allocator = allocator_for(moved, memory_);
        this->~waiting_handler_of();
        std::allocator_traits<allocator_type>::deallocate(allocator, this, 1);
    }

    std::conditional_t<uses_pool, Pool&, no_pool> memory_;
    Handler handler_;
    Storage storage_;
    std::error_code error_;
    bool is_ours_ = false;
    handler_call<Way, asio::associated_executor_t<Handler, Executor>, Executor> call_;
};

/// For an engine, whose turns complete it on `io`.
template <class Result, class Storage, class Executor, class Handler>
[[nodiscard]] waiting_handler<Result>* make_waiting(block_pool& memory, const Executor& io, Result* into,
                                                    Handler&& handler)
{
    if (runs_here(handler, io))
        return waiting_handler_of<Result, Handler, Executor, Storage, call_by::turn, block_pool>::make(
            memory, io, into, std::forward<Handler>(handler));
    return waiting_handler_of<Result, Handler, Executor, Storage, call_by::dispatch, block_pool>::make(
        memory, io, into, std::forward<Handler>(handler));
}

/// The handler of a composed operation, which may complete it from anywhere. Used as the pointer that it is.
template <class Result>
class pending_result
{
  public:
    pending_result(std::nullptr_t = nullptr) noexcept {}
    explicit pending_result(waiting_handler<Result>* one) noexcept : one_{one} {}

    explicit operator bool() const noexcept { return one_ != nullptr; }
    pending_result* operator->() noexcept { return this; }

    /// Once only. Should it find no memory to post the handler it throws, and nothing has happened.
    void complete(std::error_code error, Result result)
    {
        one_->result() = std::move(result);
        one_->complete(error);
        one_.release(); // NOLINT: it is on its way
    }

    /// The same on the I/O executor, never in an initiating function: what cannot be posted is called now.
    void complete_here(std::error_code error, Result result)
    {
        const auto one = std::exchange(one_, nullptr).release();
        one->result() = std::move(result);
        try {
            one->complete(error);
        } catch (const std::bad_alloc&) {
            one->call_now();
        }
    }

    /// Calls `cancel` when the handler's cancellation slot asks for it, until completion.
    void on_cancel(inline_function<void()> cancel) { one_->on_cancel(std::move(cancel)); }

  private:
    std::unique_ptr<waiting_handler<Result>, abandoner> one_;
};

template <class Result, class Executor, class Handler>
[[nodiscard]] pending_result<Result> make_pending(const Executor& io, Handler&& handler)
{
    using stored = std::decay_t<Handler>;
    no_pool none;
    return pending_result<Result>{
        waiting_handler_of<Result, stored, Executor, own_result<Result>, call_by::post, no_pool>::make(
            none, io, nullptr, stored(std::forward<Handler>(handler)))};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP
