#include "../support/compete.hpp"
#include "stage.hpp"

namespace bench {
namespace {

constexpr double round_trip_ms = 20;

// Milliseconds of one fan-out; nothing where the contestant is missing.
std::optional<double> time_of(contestant_ptr who, const stage& on)
{
    if (!who)
        return std::nullopt;
    std::vector<contestant_ptr> alone;
    alone.push_back(std::move(who));
    return median(compete(alone, 1, {.rounds = on.rounds(3), .seconds = 0, .least = 2})[0].p50) / 1000;
}

} // namespace

void measure_workers(stage& on)
{
    const server_process servers =
        on.start_servers({"--delay", std::to_string(static_cast<int>(round_trip_ms))});
    const setting with = on.prepare(servers, 1);
    const auto python = [&](const std::string& strategy, std::size_t workers = 0) {
        return on.seed.empty() ? nullptr : make_python(with, on.seed, strategy, workers);
    };
    table made{"workers",
               "The seed's table, measured: one fan-out to servers that answer after 20 ms",
               "strategy",
               {{"expected_ms", "expected ms", 0}, {"cpp_ms", "C++ ms", 1}, {"python_ms", "Python ms", 1}}};
    for (const std::size_t workers : {1U, 5U, 25U, 50U}) {
        const auto turns = static_cast<double>((raida::server_count + workers - 1) / workers);
        made.row(std::to_string(workers) + (workers == 1 ? " worker" : " workers"),
                 {turns * round_trip_ms, time_of(make_thread_pool(with, workers), on),
                  time_of(python("threads", workers), on)});
    }
    made.row("async/await",
             {round_trip_ms, time_of(make_coroutine(with, true), on), time_of(python("async"), on)});
    made.row("select", {round_trip_ms, time_of(make_select(with), on), time_of(python("select"), on)});
    made.row("raida::fanout", {round_trip_ms, time_of(make_raida(with), on), std::nullopt});
    on.results.add(std::move(made));
}

} // namespace bench
