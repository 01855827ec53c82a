// For programs that only compute: pieces of work in turn, in blocks, by this thread's processor time.
#ifndef RAIDA_BENCH_ALTERNATE_HPP
#define RAIDA_BENCH_ALTERNATE_HPP

#include "statistics.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

#include <time.h>

namespace bench {

/// Makes the compiler believe that `value` is read and may be changed.
template <class T>
void keep(T& value)
{
    asm volatile("" : : "r"(&value) : "memory");
}

inline double thread_seconds() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline double time_of(const std::function<void()>& work, std::size_t times)
{
    const double began = thread_seconds();
    for (std::size_t i = 0; i < times; ++i)
        work();
    return (thread_seconds() - began) / static_cast<double>(times);
}

/// Seconds of each piece of work, once, in each of so many blocks of `seconds`.
inline std::vector<std::vector<double>> alternate(const std::vector<std::function<void()>>& pieces,
                                                  int blocks, double seconds)
{
    std::vector<std::size_t> times;
    for (const auto& work : pieces) {
        time_of(work, 1);
        const double each = std::min(time_of(work, 3), time_of(work, 3));
        times.push_back(std::max<std::size_t>(1, static_cast<std::size_t>(seconds / each)));
    }
    std::vector<std::vector<double>> taken(pieces.size());
    for (int block = 0; block < blocks; ++block)
        for (std::size_t i = 0; i < pieces.size(); ++i)
            taken[i].push_back(time_of(pieces[i], times[i]));
    return taken;
}

} // namespace bench

#endif // RAIDA_BENCH_ALTERNATE_HPP
