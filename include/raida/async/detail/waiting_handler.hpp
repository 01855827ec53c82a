// A completion handler that waits for its fan-out, without its type, in memory given back before it is
// called.
#ifndef RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP
#define RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP

#include <raida/async/detail/block_pool.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/wire/reply.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>

#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

template <std::size_t N, class Executor>
class waiting_handler : public round_owner
{
  public:
    /// Frees itself, then calls the handler on its associated executor; `io` is the engine's.
    virtual void complete(std::error_code error, const Executor& io) = 0;

    /// Frees itself and the handler without calling it.
    virtual void abandon() noexcept = 0;

    [[nodiscard]] replies<N>& answers() noexcept { return *answers_; }

  protected:
    explicit waiting_handler(replies<N>* answers) noexcept : answers_{answers} {}
    ~waiting_handler() = default;

    replies<N>* answers_;
};

/// The replies travel with the handler, `void(error_code, replies<N>)`, or stand in the caller's storage,
/// `void(error_code)`.
template <std::size_t N>
struct own_replies
{
    replies<N> own;

    template <class Handler>
    void call(Handler&& handler, std::error_code error)
    {
        std::forward<Handler>(handler)(error, std::move(own));
    }
};

struct borrowed_replies
{
    template <class Handler>
    void call(Handler&& handler, std::error_code error)
    {
        std::forward<Handler>(handler)(error);
    }
};

/// What is dispatched: the handler with its arguments and its associated allocator.
template <class Handler, class Storage>
struct bound_handler
{
    using allocator_type = asio::associated_allocator_t<Handler>;

    Handler handler;
    Storage storage;
    std::error_code error;

    [[nodiscard]] allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler);
    }
    void operator()() { storage.call(std::move(handler), error); }
};

/// Does the handler run where the engine does?
template <class Handler, class Executor>
bool runs_here(const Handler& handler, const Executor& io) noexcept
{
    if constexpr (std::is_same_v<asio::associated_executor_t<Handler, Executor>, Executor>)
        return asio::get_associated_executor(handler, io) == io;
    else
        return false;
}

/// `Here`: the handler runs where the engine does, as most do. Else its executor is kept at work.
template <std::size_t N, class Handler, class Executor, class Storage, bool Here>
class waiting_handler_of final : public waiting_handler<N, Executor>
{
  public:
    /// Plain std::allocator means that nobody cares: the engine's pool then serves.
    [[nodiscard]] static waiting_handler_of* make(block_pool& memory, const Executor& io, replies<N>* into,
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

    void complete(std::error_code error, const Executor& io) override
    {
        [[maybe_unused]] const auto guard =
            std::move(guard_); // until the handler was called, or was taken over by its executor
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.clear();
        bound_handler<Handler, Storage> bound{std::move(handler_), std::move(storage_), error};
        destroy(bound.handler);
        if constexpr (Here) {
            bound();
        } else {
            const auto executor = asio::get_associated_executor(bound.handler, io);
            asio::dispatch(executor, std::move(bound));
        }
    }

    void abandon() noexcept override
    {
        Handler handler{std::move(handler_)};
        destroy(handler);
    }

  private:
    using handler_allocator = asio::associated_allocator_t<Handler>;
    using work_guard = asio::executor_work_guard<asio::associated_executor_t<Handler, Executor>>;
    struct no_guard
    {};
    static constexpr bool uses_pool = std::is_same_v<handler_allocator, std::allocator<void>> &&
                                      alignof(Handler) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    using allocator_type = std::conditional_t<
        uses_pool, pool_allocator<waiting_handler_of>,
        typename std::allocator_traits<handler_allocator>::template rebind_alloc<waiting_handler_of>>;

    waiting_handler_of(block_pool& memory, const Executor& io, replies<N>* into, Handler&& handler)
        : waiting_handler<N, Executor>{into}, memory_{memory}, handler_{std::move(handler)}
    {
        if constexpr (std::is_same_v<Storage, own_replies<N>>)
            this->answers_ = &storage_.own;
        if constexpr (!Here)
            guard_.emplace(asio::get_associated_executor(handler_, io));
    }

    ~waiting_handler_of() = default;

    static allocator_type allocator_for(const Handler& handler, block_pool& memory)
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

    block_pool& memory_;
    Handler handler_;
    Storage storage_;
    std::conditional_t<Here, no_guard, std::optional<work_guard>> guard_;
};

template <std::size_t N, class Storage, class Executor, class Handler>
[[nodiscard]] waiting_handler<N, Executor>* make_waiting(block_pool& memory, const Executor& io,
                                                         replies<N>* into, Handler&& handler)
{
    if (runs_here(handler, io))
        return waiting_handler_of<N, Handler, Executor, Storage, true>::make(memory, io, into,
                                                                             std::move(handler));
    return waiting_handler_of<N, Handler, Executor, Storage, false>::make(memory, io, into,
                                                                          std::move(handler));
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_WAITING_HANDLER_HPP
