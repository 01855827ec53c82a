// What the operating system knows of this process: time, processor time, cores, descriptors.
#ifndef RAIDA_BENCH_MACHINE_HPP
#define RAIDA_BENCH_MACHINE_HPP

#include <chrono>
#include <cstddef>

#include <sched.h>
#include <sys/resource.h>

namespace bench {

using bench_clock = std::chrono::steady_clock;

inline double seconds_since(bench_clock::time_point then)
{
    return std::chrono::duration<double>(bench_clock::now() - then).count();
}

inline float micros_since(bench_clock::time_point then)
{
    return std::chrono::duration<float, std::micro>(bench_clock::now() - then).count();
}

/// Seconds of processor time, the kernel's on our behalf included; all threads, also those that have ended.
inline double cpu_seconds(const rusage& used) noexcept
{
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

inline double cpu_seconds() noexcept
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return cpu_seconds(used);
}

/// The cores that this process may use.
inline cpu_set_t allowed_cores() noexcept
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    return cores;
}

/// The n-th of the cores that may be used.
inline int nth_core(const cpu_set_t& cores, int n) noexcept
{
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(static_cast<std::size_t>(core), &cores) && n-- == 0)
            return core;
    return -1;
}

/// Keeps the calling thread, and what it starts from now on, on one core.
inline void pin_to(int core) noexcept
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(core), &one);
    sched_setaffinity(0, sizeof one, &one);
}

/// As many descriptors as the system lets us have.
inline std::size_t raise_descriptor_limit() noexcept
{
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::size_t>(limit.rlim_cur);
}

} // namespace bench

#endif // RAIDA_BENCH_MACHINE_HPP
