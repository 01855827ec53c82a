// A client of 25 simulated servers, for tests of whole calls in virtual time.
#ifndef RAIDA_TESTS_SIMULATION_CLIENT_WORLD_HPP
#define RAIDA_TESTS_SIMULATION_CLIENT_WORLD_HPP

#include <raida/client.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace tests {

/// What a call's handler was given, and when.
template <class Result>
struct called
{
    std::size_t calls = 0;
    std::error_code error{};
    Result result{};
    std::chrono::nanoseconds took{};
};

/// Every server holds `tokens`, and answers 20 ms after it was asked.
struct client_world
{
    using client_type = raida::basic_client<25, raida::testing::simulated_transport, raida::plain,
                                            raida::testing::seeded_random>;

    raida::testing::simulation world;
    raida::testing::simulated_fleet fleet;
    std::vector<raida::token> tokens;
    raida::client_settings<> settings;
    std::optional<client_type> client;

    explicit client_world(std::size_t count, raida::client_settings<> how = {},
                          raida::testing::simulated_fleet_options network = {})
        : fleet{world, std::move(network)},
          tokens{raida::testing::make_tokens(count)},
          settings{std::move(how)}
    {
        fleet.add(tokens);
        make_client(fleet.servers());
    }
    client_world(const client_world&) = delete;
    client_world& operator=(const client_world&) = delete;

    void make_client(const raida::server_list<>& servers, std::uint64_t seed = 1000)
    {
        client.emplace(raida::testing::simulated_transport{world}, servers, settings, raida::plain{},
                       raida::testing::seeded_random{seed});
    }

    /// A handler that notes everything; `into` must outlive it.
    template <class Result>
    auto note(called<Result>& into)
    {
        return [&into, &world = world, began = world.now()](std::error_code error, Result result) {
            ++into.calls;
            into.error = error;
            into.result = std::move(result);
            into.took = world.now() - began;
        };
    }

    /// One detect of all tokens, from beginning to end.
    called<raida::batch_tally<>> detect(raida::call_options<> how = {})
    {
        called<raida::batch_tally<>> got;
        client->async_detect(tokens, std::move(how), note(got));
        world.run();
        REQUIRE(got.calls == 1);
        return got;
    }
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_CLIENT_WORLD_HPP
