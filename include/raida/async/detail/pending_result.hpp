// A handler that waits for the result of a composed operation, without its type.
#ifndef RAIDA_ASYNC_DETAIL_PENDING_RESULT_HPP
#define RAIDA_ASYNC_DETAIL_PENDING_RESULT_HPP

#include <raida/base/version.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

/// Holds work on both executors until it is completed.
template <class Result>
class pending_result
{
  public:
    virtual ~pending_result() = default;

    /// Posts to the I/O executor, then dispatches the handler on its own. Once only.
    virtual void complete(std::error_code error, Result result) = 0;

    /// Calls `cancel` when the handler's cancellation slot asks for it, until completion.
    virtual void on_cancel(std::function<void()> cancel) = 0;
};

template <class Result, class Handler, class Executor>
class pending_result_of final : public pending_result<Result>
{
  public:
    pending_result_of(const Executor& io, Handler&& handler)
        : handler_{std::move(handler)},
          executor_{asio::get_associated_executor(handler_, io)},
          work_{executor_},
          io_{io}
    {}

    void complete(std::error_code error, Result result) override
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.clear();
        const Executor io = io_.get_executor(); // before the guard is moved from
        asio::post(io, finish{std::move(handler_), std::move(executor_), std::move(work_), std::move(io_),
                              error, std::move(result)});
    }

    void on_cancel(std::function<void()> cancel) override
    {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.assign([cancel = std::move(cancel)](asio::cancellation_type type) {
                if (type != asio::cancellation_type::none)
                    cancel();
            });
    }

  private:
    using handler_executor = asio::associated_executor_t<Handler, Executor>;

    struct bound
    {
        using allocator_type = asio::associated_allocator_t<Handler>;

        Handler handler;
        std::error_code error;
        Result result;

        [[nodiscard]] allocator_type get_allocator() const noexcept
        {
            return asio::get_associated_allocator(handler);
        }
        void operator()() { std::move(handler)(error, std::move(result)); }
    };

    struct finish
    {
        Handler handler;
        handler_executor executor;
        asio::executor_work_guard<handler_executor> work;
        asio::executor_work_guard<Executor> io;
        std::error_code error;
        Result result;

        void operator()() { asio::dispatch(executor, bound{std::move(handler), error, std::move(result)}); }
    };

    Handler handler_;
    handler_executor executor_;
    asio::executor_work_guard<handler_executor> work_;
    asio::executor_work_guard<Executor> io_;
};

template <class Result, class Executor, class Handler>
std::unique_ptr<pending_result<Result>> make_pending(const Executor& io, Handler&& handler)
{
    using stored = std::decay_t<Handler>;
    return std::make_unique<pending_result_of<Result, stored, Executor>>(
        io, stored(std::forward<Handler>(handler)));
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_PENDING_RESULT_HPP
