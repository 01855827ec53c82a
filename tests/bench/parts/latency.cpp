#include "../support/bar_chart.hpp"
#include "../support/compete.hpp"
#include "stage.hpp"

#include <algorithm>

namespace bench {
namespace {

std::vector<contestant_ptr> everybody(const stage& on, const setting& with)
{
    std::vector<contestant_ptr> all;
    all.push_back(make_floor_single(with));
    all.push_back(make_raida(with));
    all.push_back(make_floor_batched(with));
    if (auto floor = make_floor_segmented(with))
        all.push_back(std::move(floor));
    all.push_back(make_raida_io_context(with));
    all.push_back(make_raida_portable(with));
    all.push_back(make_raida_blocking(with));
    all.push_back(make_coroutine(with, false));
    all.push_back(make_coroutine(with, true));
    all.push_back(make_select(with));
    for (const std::size_t workers : {1U, 5U, 25U, 50U})
        all.push_back(make_thread_pool(with, workers));
    if (on.seed.empty())
        return all;
    all.push_back(make_python(with, on.seed, "select"));
    all.push_back(make_python(with, on.seed, "async"));
    for (const std::size_t workers : {1U, 5U, 25U, 50U})
        all.push_back(make_python(with, on.seed, "threads", workers));
    return all;
}

void set_targets(report& to, const std::vector<standing>& all)
{
    const standing &floor = all[0], &ours = all[1];
    to.at_most("one fan-out: p50, x the epoll floor", 1.05, median_ratio(ours.p50, floor.p50), 3);
    to.at_most("one fan-out: p99, x the epoll floor", 1.15, median(ours.p99) / median(floor.p99), 3);
    to.at_most("one fan-out: system calls per server above the floor", 1.0,
               (median(ours.calls) - median(floor.calls)) / raida::server_count, 3);
    to.at_most("one fan-out: allocations", 0, ours.allocations, 3);
    for (const standing& peer : all)
        if (peer.who->kin() == family::cpp || peer.who->kin() == family::python)
            to.at_least("share of the floor's advantage over " + peer.who->name(), 0.95,
                        median_ratio(peer.p50, ours.p50) / median_ratio(peer.p50, floor.p50), 3);
}

void draw(const stage& on, const std::vector<standing>& all)
{
    bar_chart chart{"How long one fan-out to 25 servers takes",
                    "median, x raw epoll without a library; loopback"};
    for (const standing& one : all)
        chart.bar(one.who->name(), one.who->kin(), median_ratio(one.p50, all[0].p50));
    chart.write(on.folder + "/latency.svg");
}

} // namespace

void measure_latency(stage& on)
{
    const server_process servers = on.start_servers();
    const setting with = on.prepare(servers, 1);
    const auto contestants = everybody(on, with);
    const auto all = compete(contestants, 1, {.rounds = on.rounds(32), .seconds = 0.05});
    table made{"latency",
               "One fan-out at a time over loopback (ratios to the first line, block by block)",
               "contestant",
               {{"p50_us", "p50 us", 1},
                {"p50_ratio", "ratio", 3},
                {"p99_us", "p99 us", 1},
                {"p99_ratio", "ratio", 3},
                {"cpu_us", "CPU us", 1},
                {"cpu_ratio", "ratio", 3},
                {"calls", "system calls", 1},
                {"allocations", "allocations", 2},
                {"lost", "slots lost", 0}}};
    for (const standing& one : all)
        made.row(one.who->name(),
                 {median(one.p50), median_ratio(one.p50, all[0].p50), median(one.p99),
                  median(one.p99) / median(all[0].p99), median(one.cpu), median_ratio(one.cpu, all[0].cpu),
                  one.counted(median(one.calls)), one.counted(one.allocations),
                  static_cast<double>(one.asked - one.answered)});
    made.note("CPU: user and system time of all threads per fan-out. System calls: as this program makes "
              "them; what");
    made.note("threads cost inside the C library (clone, futex, mmap) comes on top.");
    on.results.add(std::move(made));
    set_targets(on.results, all);
    draw(on, all);
}

} // namespace bench
