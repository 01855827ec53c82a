// raida::fanout against the floor and against what one would write instead, on the same packets and servers.
//
//   --server PROGRAM   the servers (server.cpp)          --out FOLDER   where contest.json and the charts go
//   --seed SCRIPT      seed.py, where python3 is there   --quick        a quarter of the rounds
//   --part NAME        only that part
#include "parts/stage.hpp"
#include "support/arguments.hpp"
#include "support/machine.hpp"

#include <csignal>
#include <exception>
#include <iostream>

namespace {

using namespace bench;

// The servers get the last core, this program the first, its threads all but the last.
void take_cores(stage& on)
{
    const cpu_set_t cores = on.worker_cores = allowed_cores();
    const int count = CPU_COUNT(&cores);
    if (count < 2)
        return;
    on.server_core = nth_core(cores, count - 1);
    CPU_CLR(static_cast<std::size_t>(on.server_core), &on.worker_cores);
    pin_to(nth_core(cores, 0));
}

void run(const arguments& given)
{
    if (const std::string name = given.value("--alone", {}); !name.empty())
        return run_alone(name); // started by this program itself
    stage on;
    on.server = given.value("--server", "./server");
    on.seed = given.value("--seed", {});
    on.folder = given.value("--out", ".");
    on.quick = given.has("--quick");
    on.descriptors = raise_descriptor_limit();
    take_cores(on);
    std::cout << (on.server_core >= 0 ? "Servers on a core of their own.\n"
                                      : "One core only: the servers share it with the contestants.\n");

    const std::string part = given.value("--part", "all");
    const auto wanted = [&](const std::string& name) { return part == "all" || part == name; };
    if (wanted("latency"))
        measure_latency(on);
    if (wanted("alone"))
        measure_alone(on);
    if (wanted("throughput"))
        measure_throughput(on);
    if (wanted("large"))
        measure_large_requests(on);
    if (wanted("faults"))
        measure_faults(on);
    if (wanted("workers"))
        measure_workers(on);
    if (wanted("memory"))
        measure_memory(on);
    if (wanted("batches"))
        measure_batches(on);
    if (wanted("clients"))
        measure_clients(on);
    if (wanted("windows"))
        measure_windows(on);
    if (wanted("abuse"))
        measure_abuse(on);
    on.results.print_targets();
    on.results.write(on.folder + "/contest.json");
}

} // namespace

int main(int count, char** values)
{
    try {
        std::signal(SIGPIPE, SIG_IGN);
        run({count, values});
    } catch (const std::exception& error) {
        std::cerr << "contest: " << error.what() << '\n';
        return 2;
    }
}
