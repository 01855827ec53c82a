// What the parts of the contest share: the machine, the servers, how long it may take, and where results go.
#ifndef RAIDA_BENCH_STAGE_HPP
#define RAIDA_BENCH_STAGE_HPP

#include "../contestants/contestant.hpp"
#include "../support/report.hpp"
#include "../support/server_process.hpp"

#include <raida/wire/token.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct stage
{
    std::string server;   ///< the servers' program
    std::string seed;     ///< the seed's program in Python; empty where there is no python3
    std::string folder;   ///< for charts
    bool quick = false;   ///< a quarter of the rounds
    int server_core = -1; ///< -1: there is only one
    std::size_t descriptors = 1024;
    cpu_set_t worker_cores{};
    report results{"contest"};

    [[nodiscard]] server_process start_servers(std::vector<std::string> options = {}) const
    {
        return {server, server_core, std::move(options)};
    }

    /// Requests for so many fan-outs in flight: echo, or detect of so many tokens.
    [[nodiscard]] setting prepare(const server_process& servers, std::size_t in_flight,
                                  std::size_t tokens = 0) const;

    [[nodiscard]] int rounds(int usually) const noexcept { return quick ? (usually + 3) / 4 : usually; }
};

/// One fan-out at a time: everybody.
void measure_latency(stage& on);

/// One fan-out at a time, the floor and the library as programs of their own.
void measure_alone(stage& on);

/// What such a program does, "floor" or "raida": reads the ports, prints p50, p99 and processor time in
/// microseconds.
void run_alone(const std::string& name);

/// 1 to 4,096 in flight: everybody who can.
void measure_throughput(stage& on);

/// Requests that fill a datagram.
void measure_large_requests(stage& on);

/// Loss, a closed port, a silent server.
void measure_faults(stage& on);

/// The seed's table of workers, measured, with servers 20 ms away.
void measure_workers(stage& on);

/// Memory per fan-out in flight.
void measure_memory(stage& on);

/// The typed client with a large batch.
void measure_batches(stage& on);

/// The typed client against the engine, with few tokens.
void measure_clients(stage& on);

/// The window that learns against fixed ones, on servers with small buffers.
void measure_windows(stage& on);

/// Forged datagrams, a million and more, against an engine at work.
void measure_abuse(stage& on);

/// Authentic to servers that believe everything.
std::vector<raida::token> make_tokens(std::size_t count);

} // namespace bench

#endif // RAIDA_BENCH_STAGE_HPP
