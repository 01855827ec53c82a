// How a completion handler is called: with what, from where, and what is kept at work until then.
#ifndef RAIDA_ASYNC_DETAIL_HANDLER_CALL_HPP
#define RAIDA_ASYNC_DETAIL_HANDLER_CALL_HPP

#include <raida/base/version.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>

#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

/// The result travels with the handler, `void(error_code, Result)`, ...
template <class Result>
struct own_result
{
    Result own{};

    template <class Handler>
    void call(Handler&& handler, std::error_code error)
    {
        std::forward<Handler>(handler)(error, std::move(own));
    }
};

/// ... or stands in the caller's storage, `void(error_code)`.
struct borrowed_result
{
    template <class Handler>
    void call(Handler&& handler, std::error_code error)
    {
        std::forward<Handler>(handler)(error);
    }
};

/// The handler with its arguments and its associated allocator.
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

enum class call_by
{
    turn,     ///< at once: called on the I/O executor, where the handler runs, too, as most do
    dispatch, ///< from there to the handler's own executor
    post      ///< the same, once posted there: for what may end anywhere, the initiating function included
};

/// Calls a bound handler, and keeps at work what that needs.
template <call_by Way, class HandlerExecutor, class Executor>
class handler_call
{
  public:
    handler_call(const HandlerExecutor&, const Executor&) noexcept {}

    template <class Bound>
    void operator()(Bound&& bound) &&
    {
        bound();
    }
};

template <class HandlerExecutor, class Executor>
class handler_call<call_by::dispatch, HandlerExecutor, Executor>
{
  public:
    handler_call(const HandlerExecutor& runs_on, const Executor&) : work_{runs_on} {}

    template <class Bound>
    void operator()(Bound&& bound) &&
    {
        const auto runs_on = work_.get_executor();
        asio::dispatch(runs_on, std::forward<Bound>(bound));
    }

  private:
    asio::executor_work_guard<HandlerExecutor> work_;
};

template <class HandlerExecutor, class Executor>
class handler_call<call_by::post, HandlerExecutor, Executor>
    : public handler_call<call_by::dispatch, HandlerExecutor, Executor>
{
  public:
    handler_call(const HandlerExecutor& runs_on, const Executor& io)
        : handler_call<call_by::dispatch, HandlerExecutor, Executor>{runs_on, io}, io_{io}
    {}

    [[nodiscard]] Executor io() const noexcept { return io_.get_executor(); }

  private:
    asio::executor_work_guard<Executor> io_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_HANDLER_CALL_HPP
