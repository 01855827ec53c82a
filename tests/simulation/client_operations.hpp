// The operations of a client as one function, on a transport that answers when it is told to.
#ifndef RAIDA_TESTS_SIMULATION_CLIENT_OPERATIONS_HPP
#define RAIDA_TESTS_SIMULATION_CLIENT_OPERATIONS_HPP

#include "simulation/support.hpp"

#include <raida/client.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/generators/catch_generators_range.hpp>

#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace tests {

enum class operation
{
    echo,
    version,
    detect,
    find,
    pown,
    recover,
    heal,
    recover_heal
};

inline constexpr std::array all_operations{operation::echo, operation::version,     operation::detect,
                                           operation::find, operation::pown,        operation::recover,
                                           operation::heal, operation::recover_heal};

inline std::vector<raida::token> some_tokens()
{
    return raida::testing::make_tokens(2);
}
inline std::vector<raida::authenticity_numbers<>> new_numbers()
{
    std::vector<raida::authenticity_numbers<>> numbers;
    for (const auto& other : raida::testing::make_tokens(2, 5))
        numbers.push_back(other.numbers);
    return numbers;
}
inline raida::transfer_record<> some_record()
{
    return {.tokens = some_tokens(), .new_numbers = new_numbers()};
}
inline raida::heal_record<> some_heal()
{
    raida::heal_record<> record{.tokens = some_tokens()};
    record.seeds = new_numbers()[0];
    return record;
}
inline std::error_code take_any(const raida::transfer_record<>&)
{
    return {};
}

/// Hands `use` a function that begins the operation with the completion token that it is given. `told`:
/// whatever the call tells on its way.
template <class Client, class Use>
void with(operation what, Client& client, Use use, std::function<void()> told = {},
          const std::vector<raida::token>& tokens = some_tokens())
{
    raida::call_options<> how;
    raida::pown_options<> transfer{.journal = take_any};
    raida::heal_options<> heal{.journal = [](const raida::heal_record<>&) { return std::error_code{}; }};
    if (told) {
        how.on_progress = [told](const auto&) { told(); };
        transfer.on_progress = [told](const auto&) { told(); };
        transfer.on_decided = [told](std::size_t) { told(); };
        heal.on_progress = [told](const auto&) { told(); };
    }
    auto record = some_record();
    auto healing = some_heal();
    record.tokens = healing.tokens = tokens;
    switch (what) {
    case operation::echo:
        return use([&](auto token) { return client.async_echo(how, std::move(token)); });
    case operation::version:
        return use([&](auto token) { return client.async_version(how, std::move(token)); });
    case operation::detect:
        return use([&](auto token) { return client.async_detect(tokens, how, std::move(token)); });
    case operation::find:
        return use(
            [&](auto token) { return client.async_find(tokens, new_numbers(), how, std::move(token)); });
    case operation::pown:
        return use([&](auto token) { return client.async_pown(tokens, transfer, std::move(token)); });
    case operation::recover:
        return use([&](auto token) { return client.async_recover(record, transfer, std::move(token)); });
    case operation::heal:
        return use([&](auto token) { return client.async_heal(tokens, heal, std::move(token)); });
    case operation::recover_heal:
        return use([&](auto token) { return client.async_recover_heal(healing, heal, std::move(token)); });
    }
}

/// With a handler for any result.
template <class Client, class Handler>
void start(operation what, Client& client, Handler handler, std::function<void()> told = {})
{
    with(what, client, [&](auto begin) { begin(std::move(handler)); }, std::move(told));
}

/// A client whose servers say yes to everything, once answer() is called.
template <class Executor>
struct scripted_client
{
    using client_type =
        raida::basic_client<n, scripted_transport<Executor>, raida::plain, raida::testing::seeded_random>;

    explicit scripted_client(const Executor& executor)
        : kept{std::in_place,  scripted_transport<Executor>{executor, how},
               servers(),      raida::client_settings<>{.allow_plain_pown = true},
               raida::plain{}, raida::testing::seeded_random{1000}},
          client{*kept}
    {}

    void end() { kept.reset(); }

    void answer()
    {
        for (const auto& one : std::exchange(how.sent, {})) {
            const auto command = raida::request_header::parse(one.data).value().what;
            const auto said = command == raida::find_command ? status::find_all_authenticity
                              : command == raida::echo_command || command == raida::version_command
                                  ? status::success
                                  : status::all_pass;
            const auto body = command == raida::version_command ? bytes(8, '2') : bytes{};
            how.arrive(one.lane, one.generation, tests::answer(one.data, said, body));
        }
        how.wake();
    }

    /// Runs until nothing more is asked.
    void drive(asio::io_context& io)
    {
        do {
            io.restart();
            io.poll();
            asio::post(io, [this] { asio::dispatch(kept->get_executor(), [this] { answer(); }); });
            io.poll();
        } while (!how.sent.empty());
        io.restart();
        io.poll();
    }

    script how;
    std::optional<client_type> kept;
    client_type& client;
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_CLIENT_OPERATIONS_HPP
