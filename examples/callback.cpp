// One question to 25 servers, and one verdict per token.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

int main()
{
    using namespace std::chrono_literals;
    asio::io_context io;
    raida::testing::fleet fleet{io}; // 25 servers in this process, on loopback
    const auto tokens = raida::testing::make_tokens(3);
    fleet.add(tokens);
    fleet.set(7, {.silent = true}); // one of them never answers

    raida::network network{io, fleet.servers()}; // or raida::loopback(), or any list of 25 endpoints
    raida::commands<> ask;
    const auto report = [&](std::error_code refused, raida::replies<> replies) {
        fleet.stop(); // else io.run() would wait for its next client
        if (refused)
            return void(std::cerr << refused.message() << '\n');
        for (const raida::reply& reply : replies) // slot i is server i, whatever came first
            std::cout << reply << '\n';
        const auto result = raida::aggregate(replies, tokens.size());
        for (std::size_t t = 0; t < tokens.size(); ++t)
            std::cout << tokens[t] << ' ' << result.pown_string(t) << ' ' << result.verdict(t) << '\n';
    };
    network.async_request(ask.detect(tokens), {.deadline = 500ms}, report);
    io.run(); // one thread, all 25 servers
}
