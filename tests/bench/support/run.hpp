// When, and on what, the benchmarks are run: what a number is worth without.
#ifndef RAIDA_BENCH_RUN_HPP
#define RAIDA_BENCH_RUN_HPP

#include <array>
#include <ctime>
#include <string>

#include <sys/utsname.h>
#include <unistd.h>

namespace bench {

/// "2026-11-26, 2 cores, Linux 6.1.0, g++ 12.2"
inline std::string this_run()
{
    const std::time_t now = std::time(nullptr);
    std::array<char, 16> day{};
    if (const std::tm* utc = std::gmtime(&now))
        std::strftime(day.data(), day.size(), "%F", utc);
    utsname system{};
    uname(&system);
    const std::string release = system.release;
#ifdef __clang__
    const std::string compiler = "clang " + std::to_string(__clang_major__);
#else
    const std::string compiler = "g++ " + std::to_string(__GNUC__);
#endif
    return std::string{day.data()} + ", " + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + " cores, " +
           system.sysname + " " + release.substr(0, release.find('.', release.find('.') + 1)) + ", " +
           compiler;
}

} // namespace bench

#endif // RAIDA_BENCH_RUN_HPP
