// Contestants alternate in blocks, so that what disturbs the machine disturbs all of them alike.
#ifndef RAIDA_BENCH_COMPETE_HPP
#define RAIDA_BENCH_COMPETE_HPP

#include "../contestants/contestant.hpp"
#include "counters.hpp"
#include "machine.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What a contestant achieved: a number per block, medians over blocks.
struct standing
{
    const contestant* who = nullptr;
    std::vector<double> p50{}, p99{}; ///< microseconds of one fan-out
    std::vector<double> rate{};       ///< fan-outs per second
    std::vector<double> cpu{};        ///< microseconds of processor time per fan-out
    std::vector<double> calls{};      ///< system calls per fan-out
    std::vector<double> allocations{};
    std::size_t asked = 0, answered = 0; ///< slots

    /// Only what was done in this process was counted.
    [[nodiscard]] bool is_counted() const noexcept { return who->kin() != family::python; }

    [[nodiscard]] std::optional<double> counted(const std::vector<double>& values) const
    {
        return is_counted() ? std::optional{median(values)} : std::nullopt;
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
    const std::size_t calls = system_calls, allocated = allocations;
    const double cpu = cpu_seconds();
    const auto began = bench_clock::now();
    who.run(in_flight, fanouts, told);
    const double seconds = seconds_since(began);
    if (into == nullptr)
        return seconds;
    const auto each = [&](auto value) { return static_cast<double>(value) / static_cast<double>(fanouts); };
    into->calls.push_back(each(system_calls - calls));
    into->allocations.push_back(each(allocations - allocated));
    into->cpu.push_back(1e6 * each(told.cpu_elsewhere.value_or(cpu_seconds() - cpu)));
    into->rate.push_back(static_cast<double>(fanouts) / seconds);
    into->p50.push_back(quantile(told.latencies, 0.5));
    into->p99.push_back(quantile(told.latencies, 0.99));
    into->asked += fanouts * raida::server_count;
    into->answered += told.answered;
    return seconds;
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
    for (int round = 0; round < when.rounds; ++round) {
        std::cerr << "\r  " << in_flight << " in flight, round " << round + 1 << " of " << when.rounds
                  << "   ";
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            const std::size_t turn = (i + static_cast<std::size_t>(round)) % contestants.size();
            run_block(*contestants[turn], in_flight, fanouts[turn], &result[turn]);
        }
    }
    std::cerr << '\r' << std::string(60, ' ') << '\r';
    return result;
}

} // namespace bench

#endif // RAIDA_BENCH_COMPETE_HPP
