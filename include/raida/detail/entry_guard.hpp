// In debug builds, stops a program that enters one engine from two threads at once.
#ifndef RAIDA_DETAIL_ENTRY_GUARD_HPP
#define RAIDA_DETAIL_ENTRY_GUARD_HPP

#include <raida/version.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace raida::inline v1::detail {

/// Entering again on the same thread is fine: handlers start requests.
class entry_monitor
{
  public:
    class guard
    {
      public:
        explicit guard([[maybe_unused]] entry_monitor& of) noexcept : of_{of}
        {
#ifndef NDEBUG
            const auto me = std::this_thread::get_id();
            auto inside = std::thread::id{};
            outermost_ = of_.inside_.compare_exchange_strong(inside, me);
            if (!outermost_ && inside != me) {
                std::fputs("raida: an engine was entered by two threads at once; give it a strand\n", stderr);
                std::abort();
            }
#endif
        }
        ~guard()
        {
            if (outermost_)
                of_.inside_.store(std::thread::id{});
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;

      private:
        entry_monitor& of_;
        bool outermost_ = false;
    };

  private:
    std::atomic<std::thread::id> inside_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_ENTRY_GUARD_HPP
