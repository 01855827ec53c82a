// Stops who would enter one engine from two threads at once: with a pool at compile time, else in debug
// builds.
#ifndef RAIDA_ASYNC_DETAIL_THREAD_CHECK_HPP
#define RAIDA_ASYNC_DETAIL_THREAD_CHECK_HPP

#include <raida/base/version.hpp>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace raida::inline v1::detail {

/// A pool runs handlers on several threads at once.
template <class Context>
concept thread_pool_like = requires(Context& context) { context.join(); };

template <class Context>
constexpr Context& one_thread(Context& context) noexcept
{
    static_assert(!thread_pool_like<Context>,
                  "a pool has several threads: give it a strand of the pool, asio::make_strand(pool)");
    return context;
}

/// Entering again on the same thread is fine: handlers start requests.
class thread_check
{
  public:
    class guard
    {
      public:
        explicit guard([[maybe_unused]] thread_check& of) noexcept : of_{of}
        {
#ifndef NDEBUG
            const void* const me = this_thread();
            const void* inside = nullptr;
            outermost_ = of_.inside_.compare_exchange_strong(inside, me);
            if (!outermost_ && inside != me) {
                static_cast<void>(std::fputs(
                    "raida: an engine was entered by two threads at once; give it a strand\n", stderr));
                std::abort();
            }
#endif
        }
        ~guard()
        {
            if (outermost_)
                of_.inside_.store(nullptr);
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

      private:
        thread_check& of_;
        bool outermost_ = false;
    };

  private:
    // Each thread has an errno of its own, and all modules of a program share it: a thread-local variable of
    // ours would be another one in each module that hides its symbols. <thread> is large.
    static const void* this_thread() noexcept { return &errno; }

    std::atomic<const void*> inside_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_THREAD_CHECK_HPP
