#include "../support/compete.hpp"
#include "memory_in_use.hpp"
#include "stage.hpp"

#include <chrono>
#include <thread>

namespace bench {
namespace {

constexpr std::size_t in_flight = 512;
constexpr std::chrono::milliseconds deadline{600};

// A server is silent, so all fan-outs are still in flight when another thread looks.
std::optional<double> bytes_per_fanout(contestant& who)
{
    block told;
    told.latencies.reserve(2 * in_flight);
    who.prepare(in_flight);
    who.run(1, 1, told);
    const auto before = bytes_in_use();
    std::optional<double> during;
    std::thread watcher{[&during] {
        std::this_thread::sleep_until(bench_clock::now() + deadline / 2);
        during = bytes_in_use();
    }};
    who.run(in_flight, in_flight, told);
    watcher.join();
    if (!before || !during)
        return std::nullopt;
    return (*during - *before) / in_flight;
}

} // namespace

void measure_memory(stage& on)
{
    const server_process servers = on.start_servers({"--silent", "24"});
    setting with = on.prepare(servers, in_flight);
    with.deadline = deadline;
    double packets = 0;
    for (const auto& packet : with.packets[0])
        packets += static_cast<double>(packet.bytes.size());

    table made{
        "memory",
        "Memory per fan-out in flight, with 512 of them (what the caller owns, requests and answers, apart)",
        "contestant",
        {{"bytes", "bytes", 0}, {"beyond_packets", "without its copy of the packets", 0}}};
    std::vector<contestant_ptr> contestants;
    contestants.push_back(make_floor_batched(with));
    contestants.push_back(make_raida(with));
    contestants.push_back(make_raida_io_context(with));
    contestants.push_back(make_coroutine(with, false));
    for (const contestant_ptr& who : contestants) {
        if (who->most_in_flight() < in_flight)
            continue;
        const auto bytes = bytes_per_fanout(*who);
        const bool copies = who->kin() == family::raida;
        const auto beyond = bytes ? std::optional{*bytes - (copies ? packets : 0)} : std::nullopt;
        made.row(who->name(), {bytes, beyond});
        if (beyond && who->name() == "raida::fanout")
            on.results.at_most("engine memory per fan-out in flight, bytes beyond packets, replies, answers",
                               1024, *beyond, 0);
    }
    made.note("By the C library's count; the kernel's memory for 25 sockets per fan-out, where a contestant "
              "has them, is");
    made.note("not in it.");
    on.results.add(std::move(made));
}

} // namespace bench
