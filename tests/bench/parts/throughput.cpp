#include "../support/compete.hpp"
#include "../support/line_chart.hpp"
#include "stage.hpp"

#include <map>

namespace bench {
namespace {

struct level
{
    std::size_t in_flight;
    int rounds;
    double seconds;
};

std::vector<contestant_ptr> those_who_can(const setting& with, std::size_t in_flight)
{
    std::vector<contestant_ptr> all;
    const auto add = [&](contestant_ptr one) {
        if (one && one->most_in_flight() >= in_flight)
            all.push_back(std::move(one));
    };
    add(make_floor_batched(with));
    add(make_raida(with));
    add(make_floor_segmented(with));
    add(make_floor_single(with));
    add(make_raida_io_context(with));
    add(make_raida_portable(with));
    add(make_coroutine(with, false));
    add(make_coroutine(with, true));
    return all;
}

table empty_table()
{
    return {"throughput",
            "Many fan-outs in flight (ratios to the sendmmsg floor of the same block)",
            "in flight, contestant",
            {{"in_flight", "in flight", 0},
             {"rate", "fan-outs/s", 0},
             {"rate_ratio", "ratio", 3},
             {"cpu_us", "CPU us", 1},
             {"cpu_ratio", "ratio", 3},
             {"p50_us", "p50 us", 0},
             {"p99_us", "p99 us", 0},
             {"calls", "system calls", 2},
             {"allocations", "allocations", 2},
             {"lost", "slots lost", 0}}};
}

void set_targets(report& to, std::size_t in_flight, const std::vector<standing>& all)
{
    static double cpu_at_64 = 0;
    const standing &floor = all[0], &ours = all[1];
    const std::string at = std::to_string(in_flight) + " in flight: ";
    if (in_flight == 64 || in_flight == 512) {
        to.at_least(at + "fan-outs per second, x the sendmmsg floor", 0.95,
                    median_ratio(ours.rate, floor.rate), 3);
        to.at_most(at + "CPU, x the sendmmsg floor", 1.08, median_ratio(ours.cpu, floor.cpu), 3);
    }
    for (const standing& peer : all)
        if (peer.who->kin() == family::cpp && in_flight > 1) // one alone: see the latency
            to.at_least(at + "share of the floor's advantage over " + peer.who->name(), 0.95,
                        median_ratio(ours.rate, peer.rate) / median_ratio(floor.rate, peer.rate), 3);
    if (in_flight == 64)
        cpu_at_64 = median(ours.cpu);
    if (in_flight == 4096) {
        to.at_most(at + "slots lost", 0, static_cast<double>(ours.asked - ours.answered), 0);
        to.at_most(at + "CPU per fan-out, x that at 64", 1.2, median(ours.cpu) / cpu_at_64, 3);
    }
}

} // namespace

void measure_throughput(stage& on)
{
    const server_process servers = on.start_servers();
    line_chart rate{"How many fan-outs per second",
                    "x sendmmsg and recvmmsg without a library, logarithmic; loopback", "fan-outs in flight"};
    line_chart cpu{"How much processor time per fan-out, user and system",
                   "x sendmmsg and recvmmsg without a library, logarithmic; loopback", "fan-outs in flight"};
    table made = empty_table();
    for (const level& at : {level{1, 16, 0.08}, level{8, 16, 0.08}, level{64, 20, 0.1}, level{512, 16, 0.15},
                            level{4096, 6, 0.5}}) {
        const setting with = on.prepare(servers, at.in_flight);
        const auto contestants = those_who_can(with, at.in_flight);
        const auto all =
            compete(contestants, at.in_flight, {.rounds = on.rounds(at.rounds), .seconds = at.seconds});
        const auto x = static_cast<double>(at.in_flight);
        for (const standing& one : all) {
            made.row(one.who->name(),
                     {x, median(one.rate), median_ratio(one.rate, all[0].rate), median(one.cpu),
                      median_ratio(one.cpu, all[0].cpu), median(one.p50), median(one.p99), median(one.calls),
                      one.allocations, static_cast<double>(one.asked - one.answered)});
            rate.point(one.who->name(), one.who->kin(), x, median_ratio(one.rate, all[0].rate));
            cpu.point(one.who->name(), one.who->kin(), x, median_ratio(one.cpu, all[0].cpu));
        }
        set_targets(on.results, at.in_flight, all);
    }
    made.note("A coroutine per server takes a socket and a port for each request in flight, so it stops "
              "where those end.");
    on.results.add(std::move(made));
    rate.write(on.folder + "/throughput.svg");
    cpu.write(on.folder + "/cpu.svg");
}

} // namespace bench
