// One fan-out with a future: the event loop runs in a thread of its own, and this one waits.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <thread>

using namespace std::chrono_literals;

int main()
{
    asio::io_context io;

    // With real servers none of this is needed: raida::fanout<> network{io, raida::loopback()};
    raida::testing::fleet servers{io};
    const auto tokens = raida::testing::make_tokens(8);
    servers.add(tokens);
    servers.set(7, {.closed = true});

    raida::fanout<> network{io, servers.servers()};
    raida::commands<> commands;

    std::future<raida::replies<>> answer =
        network.async_request(commands.detect(tokens), {.deadline = 500ms}, asio::use_future);

    // From here on the network belongs to this thread: asio::post(io, ...) is the way to ask it for more.
    std::thread loop{[&] { io.run(); }};

    const raida::replies<> replies = answer.get(); // throws std::system_error if the call was refused
    const raida::tally<> result = raida::aggregate(replies, tokens.size());
    std::cout << replies.answered() << " of 25 servers answered; " << result.successes
              << " pass all tokens: " << (result.consensus() ? "all authentic\n" : "no consensus\n");

    asio::post(io, [&] { servers.stop(); }); // else the loop would wait for the servers' next client
    loop.join();
}
