// Servers that know pown and find, on the virtual network, and a client that asks them.
#ifndef RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP
#define RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP

#include <raida/client.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests {

using namespace std::chrono_literals;
using raida::holding;
using raida::testing::simulated_request;
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

    simulation net;
    std::chrono::nanoseconds round_trip = 20ms;
    std::function<fate(std::size_t server, raida::command_code what)> happens; // empty: heard
    std::function<void(const simulated_request&)> seen; // each datagram, before anything else
    std::array<std::map<std::uint64_t, raida::authenticity_number>, 25> held;
    std::vector<raida::token> tokens;
    raida::client_settings<> settings{
        .deadline = 3s, .retry = raida::retry_policy::none(), .allow_plain_pown = true};
    std::optional<pown_client> client;
    std::size_t powns = 0, finds = 0;
    std::array<std::size_t, 25> in_flight{}, most_in_flight{}; // powns, per server

    explicit pown_servers(std::vector<raida::token> given) : tokens{std::move(given)}
    {
        for (const auto& one : tokens)
            for (std::size_t server = 0; server < 25; ++server)
                held[server][one.id().key()] = one.numbers[server];
        net.on_request = [this](const simulated_request& request) { serve(request); };
        make_client();
    }
    pown_servers(const pown_servers&) = delete;
    pown_servers& operator=(const pown_servers&) = delete;

    void make_client()
    {
        client.emplace(raida::testing::simulated_transport{net}, raida::loopback(), settings, raida::plain{},
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
                const auto& is = held[s].at(tokens[t].id().key());
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
    void serve(const simulated_request& request)
    {
        const auto header = raida::request_header::parse(request.bytes).value();
        const bool is_pown = header.what == raida::pown_command;
        if (seen)
            seen(request);
        ++(is_pown ? powns : finds);
        const auto what = happens ? happens(request.server, header.what) : fate::heard;
        if (what == fate::lost)
            return;
        const auto answer = work(request, is_pown);
        if (what == fate::unanswered)
            return;
        if (is_pown) {
            const std::size_t server = request.server;
            most_in_flight[server] = std::max(most_in_flight[server], ++in_flight[server]);
            net.after(round_trip - 1ns, [this, server] { --in_flight[server]; });
        }
        request.reply(round_trip, answer);
    }

    std::vector<std::uint8_t> work(const simulated_request& request, bool is_pown)
    {
        std::vector<std::uint8_t> each; // per token
        auto payload = request.bytes.subspan(raida::header_size + raida::challenge_size);
        for (; payload.size() > 37; payload = payload.subspan(37)) {
            const raida::token_id id{{static_cast<std::int8_t>(payload[0])},
                                     {raida::detail::load_big<4>(payload.data() + 1)}};
            const raida::authenticity_number before{payload.subspan<5, 16>()},
                after{payload.subspan<21, 16>()};
            auto& is = held[request.server].at(id.key());
            const std::uint8_t found = is == before ? 1 : is == after ? 2 : 0;
            each.push_back(is_pown ? found == 1 : found);
            if (is_pown && found == 1)
                is = after;
        }
        return answer(request, is_pown, each);
    }

    static std::vector<std::uint8_t> answer(const simulated_request& request, bool is_pown,
                                            const std::vector<std::uint8_t>& each)
    {
        const bool alike =
            std::all_of(each.begin(), each.end(), [&](std::uint8_t one) { return one == each.front(); });
        std::vector<std::uint8_t> body;
        if (!alike && !is_pown)
            body = each;
        if (!alike && is_pown) {
            body.resize((each.size() + 7) / 8);
            for (std::size_t i = 0; i < each.size(); ++i)
                body[i / 8] = static_cast<std::uint8_t>(body[i / 8] | each[i] << i % 8);
        }
        const auto all = is_pown ? each.front() != 0 ? 241 : 242 : 208 + each.front();
        raida::response_header header{.server = static_cast<std::uint8_t>(request.server),
                                      .status = static_cast<raida::status>(alike     ? all
                                                                           : is_pown ? 243
                                                                                     : 211),
                                      .group = request.bytes[4],
                                      .echo = raida::detail::load_big<2, std::uint16_t>(&request.bytes[30])};
        std::copy_n(request.bytes.begin() + raida::header_size, 16, header.signature.begin());
        header.body_size = body.empty() ? 0 : static_cast<std::uint32_t>(body.size() + 2);
        std::vector<std::uint8_t> bytes(raida::header_size + header.body_size, raida::terminator_byte);
        header.write(bytes.data());
        std::copy(body.begin(), body.end(), bytes.begin() + raida::header_size);
        return bytes;
    }

    std::uint64_t seed_ = 1000; // not that of the tokens
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_POWN_SERVERS_HPP
