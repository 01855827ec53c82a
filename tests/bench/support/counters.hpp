// How often this program asked the kernel, and for memory. The linker sends the calls through counted_*.cpp
// (see CMakeLists.txt), so that counting costs a nanosecond and disturbs nothing, as a tracer would.
//
// Not seen: what the C library does inside itself (futex, clone, mmap), so threads are counted too cheap.
#ifndef RAIDA_BENCH_COUNTERS_HPP
#define RAIDA_BENCH_COUNTERS_HPP

#include <atomic>
#include <cstddef>

namespace bench {

inline std::atomic<std::size_t> system_calls{0};
inline std::atomic<std::size_t> allocations{0};

inline void count_call() noexcept
{
    system_calls.fetch_add(1, std::memory_order_relaxed);
}
inline void count_allocation() noexcept
{
    allocations.fetch_add(1, std::memory_order_relaxed);
}

} // namespace bench

#endif // RAIDA_BENCH_COUNTERS_HPP
