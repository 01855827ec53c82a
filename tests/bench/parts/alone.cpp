#include "../support/child.hpp"
#include "../support/machine.hpp"
#include "../support/statistics.hpp"
#include "stage.hpp"

#include <raida/wire/commands.hpp>

#include <array>
#include <iostream>
#include <sstream>

namespace bench {
namespace {

constexpr std::size_t fanouts = 2'000;

struct outcome
{
    std::vector<double> p50{}, p99{}, cpu{}; // microseconds of one fan-out, a number per program
};

void run_program(const server_process& servers, const std::string& name, outcome& into)
{
    child program{{"/proc/self/exe", "--alone", name}}; // on the same core as this one, which waits
    for (const std::uint16_t port : servers.ports())
        program.write_line(std::to_string(port));
    std::istringstream line{program.read_line()};
    for (std::vector<double>* const to : {&into.p50, &into.p99, &into.cpu})
        line >> to->emplace_back();
}

} // namespace

void run_alone(const std::string& name)
{
    setting with;
    for (std::uint16_t& port : with.ports)
        std::cin >> port;
    raida::commands<> ask;
    with.packets.push_back(ask.echo());
    const contestant_ptr who = name == "floor" ? make_floor_single(with) : make_raida(with);
    who->prepare(1);
    block warm, told;
    who->run(1, fanouts / 10, warm);
    told.latencies.reserve(fanouts);
    const double cpu = cpu_seconds();
    who->run(1, fanouts, told);
    std::cout << quantile(told.latencies, 0.5) << ' ' << quantile(told.latencies, 0.99) << ' '
              << 1e6 * (cpu_seconds() - cpu) / fanouts << std::endl;
}

void measure_alone(stage& on)
{
    const server_process servers = on.start_servers();
    const std::array<std::string, 2> names{"floor", "raida"};
    std::array<outcome, 2> of;
    for (int turn = 0; turn < on.rounds(24); ++turn)
        for (std::size_t i = 0; i < names.size(); ++i)
            run_program(servers, names[i], of[i]);
    table made{
        "alone",
        "One fan-out at a time, each contestant a program of its own, run in turn (ratios to the first)",
        "contestant",
        {{"p50_us", "p50 us", 1},
         {"p50_ratio", "ratio", 3},
         {"p99_us", "p99 us", 1},
         {"cpu_us", "CPU us", 1},
         {"cpu_ratio", "ratio", 3}}};
    for (std::size_t i = 0; i < names.size(); ++i)
        made.row(names[i] == "floor" ? "floor: epoll, send, recv" : "raida::fanout",
                 {median(of[i].p50), median_ratio(of[i].p50, of[0].p50), median(of[i].p99), median(of[i].cpu),
                  median_ratio(of[i].cpu, of[0].cpu)});
    on.results.add(std::move(made));
    on.results.at_most("one fan-out, programs of their own: p50, x the epoll floor", 1.05,
                       median_ratio(of[1].p50, of[0].p50), 3);
}

} // namespace bench
