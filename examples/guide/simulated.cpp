// A test in virtual time: hours pass at once, and every run is the same.
#include <raida/raida.hpp>
#include <raida/testing/simulated_fleet.hpp>

#include <iostream>

using namespace std::chrono_literals;
namespace testing = raida::testing;

int main()
{
    testing::simulation world; // a network and a clock
    testing::simulated_fleet fleet{world, {.seed = 7, .one_way = testing::latency::uniform(10ms, 80ms)}};
    const auto tokens = testing::make_tokens(200);
    fleet.add(tokens);
    fleet.set(3, {.silent = true});
    fleet.set(4, {.lose_requests = 0.3, .forged = 0.2});
    fleet.kill(5);
    world.after(10s, [&] { fleet.restart(5); });

    using client_type = raida::basic_client<25, testing::simulated_transport>;
    client_type client{testing::simulated_transport{world}, fleet.servers()};
    bool good = false;
    client.async_detect(tokens, [&](std::error_code refused, raida::batch_tally<> votes) {
        good = !refused && votes.count(raida::verdict::authentic) == tokens.size();
    });
    const auto began = world.now();
    world.run();
    std::cout << (good ? "all authentic" : "failed") << " after "
              << std::chrono::duration_cast<std::chrono::seconds>(world.now() - began).count()
              << " virtual seconds\n";
    return good ? 0 : 1;
}
