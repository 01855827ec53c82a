// A progress bar, and what became of each server.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

int main()
{
    using namespace std::chrono_literals;
    asio::io_context io;
    raida::testing::fleet fleet{io, {.manners = {.delay = raida::testing::latency::uniform(5ms, 60ms)}}};
    const auto tokens = raida::testing::make_tokens(5000);
    fleet.add(tokens);
    fleet.set(7, {.closed = true});

    std::array<raida::server_progress, 25> servers;
    const auto draw = [&](const raida::progress<>& now) { // as each server answers each datagram
        const std::size_t full = 40 * now.decided / now.tokens;
        std::cout << "\r[" << std::string(full, '#') << std::string(40 - full, '.') << "] " << now.decided
                  << std::flush;
        servers = now.servers;
    };
    raida::client client{io, fleet.servers()};
    client.async_detect(tokens, {.on_progress = draw}, [&](std::error_code refused, auto votes) {
        fleet.stop();
        std::cout << '\n' << (refused ? refused.message() : to_string(votes)) << '\n';
        for (std::size_t i = 0; i < servers.size(); ++i)
            if (servers[i].error == raida::condition::refused) // on every system, with every Asio
                std::cout << "nobody listens at server " << i << '\n';
    });
    io.run();
}
