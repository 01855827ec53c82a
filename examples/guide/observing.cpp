// What a client's engine does, seen as it happens, counted, and as Prometheus reads it.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>
#include <map>

using namespace std::chrono_literals;

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(100);
    fleet.add(tokens);
    fleet.set(3, {.silent = true});
    fleet.set(4, {.duplicated = 1.0}); // answers everything twice

    std::map<raida::event_kind, unsigned> times;
    raida::client_settings<> settings;
    settings.deadline = 100ms;
    settings.on_event = [&](const raida::engine_event& event) {
        ++times[event.what];
        if (event.what != raida::event_kind::sent && event.what != raida::event_kind::answered)
            std::clog << event << '\n'; // "server 4: dropped, late, 32 bytes"
    };
    raida::client client{io, fleet.servers(), settings};

    const auto metrics = [&] { return raida::to_prometheus(client.network().statistics()); };

    client.async_detect(tokens, {.wait = raida::wait_for::all}, [&](std::error_code refused, auto votes) {
        fleet.stop();
        std::cout << (refused ? refused.message() : to_string(votes)) << '\n';
        for (const auto& [what, count] : times)
            std::cout << count << ' ' << what << '\n';
        std::cout << metrics();
    });
    io.run();
}
