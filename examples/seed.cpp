// The two functions of the old pattern, by their names: send to all 25 servers, then aggregate.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>
#include <thread>

using namespace std::chrono_literals;

// results[i] is what server i answered, or why it did not; as long as the slowest takes, without threads.
raida::replies<> send_to_all_raida(const raida::requests<>& packets, const raida::server_list<>& hosts,
                                   std::chrono::milliseconds timeout = 3000ms)
{
    return raida::request_all(hosts, packets, timeout);
}

// successes, failures, errors, and instead of per_token[t][i] vote(t, i), where silence is not a "fail".
raida::tally<> aggregate_results(const raida::replies<>& results, std::size_t token_count)
{
    return raida::aggregate(results, token_count);
}

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(3);
    fleet.add(tokens);
    const auto hosts = fleet.servers();
    std::thread servers{[&] { io.run(); }};

    const auto results = send_to_all_raida(raida::commands<>{}.detect(tokens), hosts);
    const auto found = aggregate_results(results, tokens.size());
    std::cout << found.successes << " pass, " << found.failures << " fail, " << found.errors << " errors\n"
              << (found.successes >= 13 ? "consensus achieved\n" : "no consensus\n");
    asio::post(io, [&] { fleet.stop(); });
    servers.join();
}
