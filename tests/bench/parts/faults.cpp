#include "../support/compete.hpp"
#include "stage.hpp"

namespace bench {
namespace {

constexpr std::chrono::milliseconds deadline{50}; // three seconds would only be more of the same

struct scenario
{
    std::string name;
    std::vector<std::string> options;
};

std::vector<contestant_ptr> contestants_for(const stage& on, const setting& with, std::size_t in_flight)
{
    std::vector<contestant_ptr> all;
    all.push_back(in_flight == 1 ? make_floor_single(with) : make_floor_batched(with));
    all.push_back(make_raida(with));
    all.push_back(make_coroutine(with, false));
    if (in_flight != 1)
        return all;
    all.push_back(make_select(with));
    all.push_back(make_thread_pool(with, 5));
    all.push_back(make_thread_pool(with, 25));
    if (!on.seed.empty())
        all.push_back(make_python(with, on.seed, "threads", 25));
    return all;
}

} // namespace

void measure_faults(stage& on)
{
    table made{"faults",
               "With faults, deadline 50 ms (CPU ratio to the first line of the same scenario)",
               "scenario, contestant",
               {{"in_flight", "in flight", 0},
                {"p50_us", "p50 us", 0},
                {"p99_us", "p99 us", 0},
                {"rate", "fan-outs/s", 0},
                {"cpu_us", "CPU us", 1},
                {"cpu_ratio", "ratio", 3},
                {"answered", "answered of 25", 2}}};
    const std::vector<scenario> scenarios{{"1 % loss", {"--loss", "10"}},
                                          {"a dead port", {"--dead", "7"}},
                                          {"a silent server", {"--silent", "19"}},
                                          {"all three", {"--loss", "10", "--dead", "7", "--silent", "19"}}};
    for (const scenario& one : scenarios)
        for (const std::size_t in_flight : {1U, 64U}) {
            const server_process servers = on.start_servers(one.options);
            setting with = on.prepare(servers, in_flight);
            with.deadline = deadline;
            const auto contestants = contestants_for(on, with, in_flight);
            const auto all =
                compete(contestants, in_flight, {.rounds = on.rounds(4), .seconds = 0.3, .least = 5});
            for (const standing& each : all)
                made.row(one.name + ": " + each.who->name(),
                         {static_cast<double>(in_flight), median(each.p50), median(each.p99),
                          median(each.rate), median(each.cpu), median_ratio(each.cpu, all[0].cpu),
                          raida::server_count * static_cast<double>(each.answered) /
                              static_cast<double>(each.asked)});
        }
    made.note("The floor knows only the deadline. raida::fanout tells a refused datagram from a slow one, "
              "whose slot it");
    made.note("was, and what is late, forged or foreign.");
    on.results.add(std::move(made));
}

} // namespace bench
