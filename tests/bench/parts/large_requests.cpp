#include "../support/compete.hpp"
#include "stage.hpp"

#include <raida/wire/commands.hpp>

namespace bench {

void measure_large_requests(stage& on)
{
    const server_process servers = on.start_servers();
    const std::size_t tokens = raida::max_tokens(raida::detect_command);
    const setting with = on.prepare(servers, 64, tokens);
    const std::size_t size = with.packets[0][0].bytes.size();
    table made{"large_requests",
               "detect of " + std::to_string(tokens) + " tokens, requests of " +
                   fixed(static_cast<double>(size), 0) +
                   " bytes (ratios to the first line of the same number in flight)",
               "contestant",
               {{"in_flight", "in flight", 0},
                {"p50_us", "p50 us", 0},
                {"p50_ratio", "ratio", 3},
                {"rate", "fan-outs/s", 0},
                {"rate_ratio", "ratio", 3},
                {"cpu_us", "CPU us", 1},
                {"cpu_ratio", "ratio", 3}}};
    for (const std::size_t in_flight : {1U, 64U}) {
        std::vector<contestant_ptr> contestants;
        contestants.push_back(in_flight == 1 ? make_floor_single(with) : make_floor_batched(with));
        contestants.push_back(make_raida(with));
        contestants.push_back(make_coroutine(with, false));
        const auto all = compete(contestants, in_flight, {.rounds = on.rounds(16), .seconds = 0.08});
        for (const standing& one : all)
            made.row(one.who->name(),
                     {static_cast<double>(in_flight), median(one.p50), median_ratio(one.p50, all[0].p50),
                      median(one.rate), median_ratio(one.rate, all[0].rate), median(one.cpu),
                      median_ratio(one.cpu, all[0].cpu)});
    }
    on.results.add(std::move(made));
}

} // namespace bench
