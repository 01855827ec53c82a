// One fan-out with a callback, on 25 servers inside this program.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <system_error>

using namespace std::chrono_literals;

int main()
{
    asio::io_context io;

    // With real servers none of this is needed: raida::fanout<> network{io, raida::loopback()};
    raida::testing::fleet servers{io};
    const auto tokens = raida::testing::make_tokens(8);
    servers.add(tokens);
    servers.set(7, {.silent = true});
    servers.set(11, {.wrong_tokens = {tokens[3].id()}});

    raida::fanout<> network{io, servers.servers()};
    raida::commands<> commands;

    const auto report = [&](std::error_code refused, raida::replies<> replies) {
        servers.stop(); // else io.run() would wait for the servers' next client
        if (refused)
            throw std::system_error{refused};

        // Slot i is server i, in whatever order the answers came.
        for (const raida::reply& reply : replies)
            std::cout << "server " << reply.server << ": "
                      << (reply ? raida::describe(reply.status()) : reply.error.message()) << '\n';

        const raida::tally<> result = raida::aggregate(replies, tokens.size());
        for (std::size_t i = 0; i < tokens.size(); ++i)
            std::cout << tokens[i] << ": " << result.pown_string(i)
                      << (result.verdict(i) == raida::verdict::authentic ? " authentic" : " not proven")
                      << (result.fractured(i) ? ", fractured\n" : "\n");
    };

    network.async_request(commands.detect(tokens), {.deadline = 500ms}, report);
    io.run(); // one thread, all 25 servers
}
