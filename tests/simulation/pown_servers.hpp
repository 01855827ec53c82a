// A client that powns at simulated servers, where a test may decide what becomes of each request.
#ifndef RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP
#define RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP

#include <raida/client.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests {

using namespace std::chrono_literals;
using raida::holding;
using raida::testing::simulation;

using pown_client =
    raida::basic_client<25, raida::testing::simulated_transport, raida::plain, raida::testing::seeded_random>;

inline std::vector<raida::token> on_one_page(std::size_t count)
{
    auto tokens = raida::testing::make_tokens(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        tokens[i].denomination.value = 0;
        tokens[i].serial.value = i;
    }
    return tokens;
}

inline std::error_code take_record(const raida::transfer_record<>&)
{
    return {};
}

// What a call came to, and when.
struct powned
{
    bool over = false;
    std::error_code error{};
    raida::transfer<> result{};

    auto handler()
    {
        return [this](std::error_code with, raida::transfer<> got) {
            REQUIRE_FALSE(over);
            over = true;
            error = with;
            result = std::move(got);
        };
    }
};

struct pown_servers
{
    enum class fate
    {
        heard,
        lost,      ///< the request
        unanswered ///< the answer is lost
    };

    static constexpr auto round_trip = 20ms;

    simulation net;
    raida::testing::simulated_fleet fleet{net, {.one_way = 0ns}};
    std::function<fate(std::size_t server, raida::command_code what)> happens; // empty: heard
    std::vector<raida::token> tokens;
    raida::client_settings<> settings{
        .deadline = 3s, .retry = raida::retry_policy::none(), .allow_plain_pown = true};
    std::optional<pown_client> client;
    std::size_t powns = 0, finds = 0;
    std::array<std::size_t, 25> in_flight{}, most_in_flight{}; // powns, per server

    explicit pown_servers(std::vector<raida::token> given) : tokens{std::move(given)}
    {
        fleet.add(tokens);
        fleet.on_request([this](std::size_t server, raida::bytes_view request) { decide(server, request); });
        make_client();
    }
    pown_servers(const pown_servers&) = delete;
    pown_servers& operator=(const pown_servers&) = delete;

    void make_client()
    {
        client.emplace(raida::testing::simulated_transport{net}, fleet.servers(), settings, raida::plain{},
                       raida::testing::seeded_random{++seed_});
    }

    std::chrono::nanoseconds took{}; // the last pown()

    void pown(raida::pown_options<> how, powned& into)
    {
        client->async_pown(tokens, std::move(how),
                           [this, began = net.now(),
                            done = into.handler()](std::error_code error, raida::transfer<> result) mutable {
                               took = net.now() - began;
                               done(error, std::move(result));
                           });
    }

    // Whatever is claimed must be what the server holds, and what it holds must be in the record.
    std::size_t false_claims(const raida::transfer_record<>& record) const
    {
        std::size_t wrong = 0;
        for (std::size_t t = 0; t < tokens.size(); ++t)
            for (std::size_t s = 0; s < 25; ++s) {
                const auto is = fleet.number(s, tokens[t].id()).value();
                const bool is_old = is == record.tokens.at(t).numbers[s];
                const bool is_new = is == record.new_numbers.at(t)[s];
                const auto claim = record.holdings.at(t)[s];
                wrong += (claim == holding::old_number && !is_old) ||
                                 (claim == holding::new_number && !is_new) ||
                                 (claim == holding::neither && (is_old || is_new)) ||
                                 (claim == holding::unknown && !is_old && !is_new)
                             ? 1
                             : 0;
            }
        return wrong;
    }

  private:
    // What becomes of the request that comes next.
    void decide(std::size_t server, raida::bytes_view request)
    {
        const auto command = raida::request_header::parse(request).value().what;
        const bool is_pown = command == raida::pown_command;
        ++(is_pown ? powns : finds);
        const auto what = happens ? happens(server, command) : fate::heard;
        fleet.set(server, {.delay = round_trip,
                           .silent = what == fate::lost,
                           .lose_replies = what == fate::unanswered ? 1.0 : 0.0});
        if (!is_pown || what != fate::heard)
            return;
        most_in_flight[server] = std::max(most_in_flight[server], ++in_flight[server]);
        net.after(round_trip - 1ns, [this, server] { --in_flight[server]; });
    }

    std::uint64_t seed_ = 1000; // not that of the tokens
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP
