// Contestants alternate in blocks, so that what disturbs the machine disturbs all of them alike.
#ifndef RAIDA_BENCH_COMPETE_HPP
#define RAIDA_BENCH_COMPETE_HPP

#include "../contestants/contestant.hpp"
#include "counters.hpp"
#include "machine.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

namespace bench {

/// What a contestant achieved: a number per block, medians over blocks.
struct standing
{
    contestant* who = nullptr;
    std::vector<double> p50{}, p99{};    ///< microseconds of one fan-out
    std::vector<double> rate{};          ///< fan-outs per second
    std::vector<double> cpu{};           ///< microseconds of processor time per fan-out
    std::vector<double> calls{};         ///< system calls per fan-out
    double allocations = 0;              ///< per fan-out, once warm
    std::size_t asked = 0, answered = 0; ///< slots

    /// Only what was done in this process was counted.
    [[nodiscard]] bool is_counted() const noexcept { return who->kin() != family::python; }

    [[nodiscard]] std::optional<double> counted(double value) const
    {
        return is_counted() ? std::optional{value} : std::nullopt;
    }
};

struct schedule
{
    int rounds;             ///< blocks of each contestant
    double seconds;         ///< that a block should last
    std::size_t least = 10; ///< fan-outs in a block, whatever it lasts
};

inline double run_block(contestant& who, std::size_t in_flight, std::size_t fanouts, standing* into)
{
    block told;
    told.latencies.reserve(fanouts);
    const std::size_t calls = system_calls;
    const double cpu = cpu_seconds();
    const auto began = bench_clock::now();
    who.run(in_flight, fanouts, told);
    const double seconds = seconds_since(began);
    if (into == nullptr)
        return seconds;
    const auto each = [&](auto value) { return static_cast<double>(value) / static_cast<double>(fanouts); };
    into->calls.push_back(each(system_calls - calls));
    into->cpu.push_back(1e6 * each(told.cpu_elsewhere.value_or(cpu_seconds() - cpu)));
    into->rate.push_back(static_cast<double>(fanouts) / seconds);
    into->p50.push_back(quantile(told.latencies, 0.5));
    into->p99.push_back(quantile(told.latencies, 0.99));
    into->asked += fanouts * raida::server_count;
    into->answered += told.answered;
    return seconds;
}

/// What each further fan-out allocates: a block of its own allocates something too.
inline double allocations_per_fanout(contestant& who, std::size_t in_flight)
{
    const std::size_t fanouts = std::max<std::size_t>(in_flight, 20);
    std::array<std::size_t, 3> seen{};
    for (const std::size_t times : {1U, 2U}) {
        const std::size_t before = allocations;
        run_block(who, in_flight, times * fanouts, nullptr);
        seen[times] = allocations - before;
    }
    return (static_cast<double>(seen[2]) - static_cast<double>(seen[1])) / static_cast<double>(fanouts);
}

/// Tells how far it is, if somebody looks.
inline void show_progress(std::size_t in_flight, int round, int rounds)
{
    static const bool seen = isatty(STDERR_FILENO) != 0;
    if (!seen)
        return;
    if (round < rounds)
        std::cerr << "\r  " << in_flight << " in flight, round " << round + 1 << " of " << rounds << "   ";
    else
        std::cerr << '\r' << std::string(60, ' ') << '\r';
}

/// All contestants with so many fan-outs in flight. Each warms up first, which tells how long its blocks must
/// be.
inline std::vector<standing> compete(const std::vector<contestant_ptr>& contestants, std::size_t in_flight,
                                     const schedule& when)
{
    std::vector<standing> result;
    std::vector<std::size_t> fanouts;
    for (const contestant_ptr& who : contestants) {
        const std::size_t warm = std::max(in_flight, std::min<std::size_t>(when.least, 20));
        double best = run_block(*who, in_flight, warm, nullptr);
        for (int again = 0; again < 3; ++again) // the best: somebody else's work must not make blocks small
            best = std::min(best, run_block(*who, in_flight, warm, nullptr));
        const auto fitting = static_cast<std::size_t>(when.seconds * static_cast<double>(warm) / best);
        fanouts.push_back(std::max({when.least, in_flight, fitting}));
        result.emplace_back().who = who.get();
    }
    std::vector<std::size_t> order(contestants.size());
    std::iota(order.begin(), order.end(), 0U);
    std::mt19937 random{1}; // nobody must follow the same one all the time
    for (int round = 0; round < when.rounds; ++round) {
        show_progress(in_flight, round, when.rounds);
        std::shuffle(order.begin(), order.end(), random);
        for (const std::size_t turn : order) {
            const std::size_t warm = std::clamp<std::size_t>(fanouts[turn] / 20, 1, 64);
            run_block(*contestants[turn], std::min(in_flight, warm), warm, nullptr);
            run_block(*contestants[turn], in_flight, fanouts[turn], &result[turn]);
        }
    }
    for (standing& one : result)
        if (one.is_counted())
            one.allocations = allocations_per_fanout(*one.who, in_flight);
    show_progress(in_flight, when.rounds, when.rounds);
    return result;
}

} // namespace bench

#endif // RAIDA_BENCH_COMPETE_HPP
