// A client with its servers, for the tests of what goes wrong.
#ifndef RAIDA_TESTS_CLIENT_FAULTS_HPP
#define RAIDA_TESTS_CLIENT_FAULTS_HPP

#include <raida/client.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace client_faults {

using tokens_type = std::vector<raida::token>;

inline std::error_code take_record(const raida::transfer_record<>&)
{
    return {};
}

// Nothing ends by itself but what a test makes end.
inline raida::client_settings<> patient()
{
    using std::chrono::hours;
    return {.wait = raida::wait_for::all,
            .deadline = hours{1},
            .retry = {},
            .budget = hours{1},
            .allow_plain_pown = true};
}

// One server alone is awaited for no longer than this.
inline raida::client_settings<> patient_but(std::size_t server, std::chrono::nanoseconds deadline)
{
    std::array<std::chrono::nanoseconds, 25> each{};
    each.fill(std::chrono::hours{1});
    each.at(server) = deadline;
    auto settings = patient();
    settings.deadline = each;
    return settings;
}

// Different tokens, all on one page.
inline tokens_type of_one_page(std::size_t count)
{
    auto tokens = raida::testing::make_tokens(count);
    for (std::size_t i = 0; i < count; ++i) {
        tokens[i].denomination.value = 0;
        tokens[i].serial.value = static_cast<std::uint32_t>(i);
    }
    return tokens;
}

// What a call came to.
template <class Result>
struct outcome
{
    bool over = false;
    std::error_code error{};
    Result result{};

    auto handler()
    {
        return [this](std::error_code with, Result got) {
            REQUIRE_FALSE(over);
            over = true;
            error = with;
            result = std::move(got);
        };
    }
};

using votes = outcome<raida::batch_tally<>>;
using powned = outcome<raida::transfer<>>;

template <class Result>
void wait_for(asio::io_context& io, const outcome<Result>& what)
{
    while (!what.over)
        io.run_one();
}

struct world
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    tokens_type tokens;
    std::optional<raida::client> client;

    explicit world(tokens_type given, raida::client_settings<> settings = patient())
        : tokens{std::move(given)}, client{std::in_place, io, fleet.servers(), std::move(settings)}
    {
        fleet.add(tokens);
    }

    template <class Result>
    const outcome<Result>& wait(const outcome<Result>& what)
    {
        wait_for(io, what);
        return what;
    }

    // Everything that had been sent to the servers is counted afterwards, and one echo more.
    void settle()
    {
        raida::client other{io, fleet.servers(), patient()};
        outcome<raida::replies<>> echo;
        other.async_echo(echo.handler());
        wait(echo);
    }
};

} // namespace client_faults

#endif // RAIDA_TESTS_CLIENT_FAULTS_HPP
