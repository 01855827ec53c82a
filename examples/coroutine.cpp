// In a coroutine: which version the servers run, then whether the tokens are authentic.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>

#include <iostream>

asio::awaitable<void> work(raida::client& client, const std::vector<raida::token>& tokens)
{
    const auto versions = co_await client.async_version(asio::use_awaitable);
    std::cout << versions.answers.answered() << " servers answer; server 0 runs " << versions.text[0] << '\n';

    const auto votes = co_await client.async_detect(tokens, asio::use_awaitable);
    std::cout << votes << '\n'; // how many tokens have which verdict
}

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(200);
    fleet.add(tokens);
    fleet.set(7, {.closed = true});

    raida::client client{io, fleet.servers()};
    asio::co_spawn(io, work(client, tokens), [&](std::exception_ptr failed) {
        fleet.stop(); // else io.run() would wait for its next client
        if (failed)
            std::rethrow_exception(failed); // a call that was refused: std::system_error
    });
    io.run();
}
