// What the C library has handed out.
#ifndef RAIDA_BENCH_MEMORY_IN_USE_HPP
#define RAIDA_BENCH_MEMORY_IN_USE_HPP

#include <optional>

#include <malloc.h>

namespace bench {

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 33)
#define RAIDA_BENCH_MALLINFO
#endif
#endif

/// Bytes, where the C library can tell.
inline std::optional<double> bytes_in_use() noexcept
{
#ifdef RAIDA_BENCH_MALLINFO
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
#else
    return std::nullopt;
#endif
}

} // namespace bench

#endif // RAIDA_BENCH_MEMORY_IN_USE_HPP
