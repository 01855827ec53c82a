// Deadlines, retries, and when a fan-out is finished.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

using namespace std::chrono_literals;

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(64);
    fleet.add(tokens);
    fleet.set(3, {.silent = true});
    fleet.set(4, {.lose_replies = 0.5});

    raida::network network{io, fleet.servers()};
    raida::request_options<> how;
    how.deadline = 200ms;                              // for each server, from its own send
    how.retry = raida::retry_policy::up_to(3);         // three datagrams at most, each awaited longer
    how.overall = 2s;                                  // retries included
    how.complete = raida::when_decided(tokens.size()); // or when_quorum(), when_all(), any callable
    how.linger = 20ms;                                 // then a little longer for what is on its way
    const auto packets = raida::commands<>{}.detect(tokens);
    network.async_request(packets, how, [&](std::error_code refused, raida::replies<> replies) {
        for (const raida::reply& one : replies)
            if (one.error == raida::errc::not_awaited)
                std::cout << "server " << one.server << " was not needed any more\n";
        std::cout << (refused ? refused.message() : to_string(network.statistics())) << '\n';
    });

    raida::client_settings<> settings;
    settings.deadline = raida::learned{.shortest = 100ms, .longest = 2s}; // from each server's round trips
    settings.retry = raida::retry_policy::up_to(2);
    settings.budget = 5s; // one call in all
    raida::client client{io, fleet.servers(), settings};
    client.async_detect(tokens, {.wait = raida::wait_for::all, .budget = 1s}, // this call alone
                        [&](std::error_code refused, raida::batch_tally<> votes) {
                            fleet.stop();
                            std::cout << (refused ? refused.message() : to_string(votes)) << '\n';
                        });
    io.run();
}
