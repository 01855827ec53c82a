// Fan-outs in a coroutine, one after another: which version the servers run, then two batches of tokens.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <span>

using namespace std::chrono_literals;

asio::awaitable<void> detect(raida::fanout<>& network, std::span<const raida::token> tokens)
{
    raida::commands<> commands;

    const auto versions =
        co_await network.async_request(commands.version(), {.deadline = 500ms}, asio::use_awaitable);
    for (const raida::reply& reply : versions)
        std::cout << "server " << reply.server << " runs version "
                  << raida::parse_version(reply.body()).value_or("unknown") << '\n';

    for (const auto batch : {tokens.first(4), tokens.subspan(4)}) {
        // Waits for nobody who cannot change a verdict any more; their letter below is an n.
        const auto replies = co_await network.async_request(
            commands.detect(batch), {.deadline = 2s, .complete = raida::when_decided{batch.size()}},
            asio::use_awaitable);
        const auto result = raida::aggregate(replies, batch.size());
        for (std::size_t i = 0; i < batch.size(); ++i)
            std::cout << batch[i] << ": " << result.pown_string(i)
                      << (result.verdict(i) == raida::verdict::authentic ? " authentic\n" : " not proven\n");
    }
}

int main()
{
    asio::io_context io;

    // With real servers none of this is needed: raida::fanout<> network{io, raida::loopback()};
    raida::testing::fleet servers{io, {.manners = {.delay = raida::testing::latency::uniform(5ms, 60ms)}}};
    const auto tokens = raida::testing::make_tokens(8);
    servers.add(tokens);
    servers.set(7, {.silent = true});

    raida::fanout<> network{io, servers.servers()};
    asio::co_spawn(io, detect(network, tokens), [&](std::exception_ptr failed) {
        servers.stop(); // else io.run() would wait for the servers' next client
        if (failed)
            std::rethrow_exception(failed);
    });
    io.run();
}
