// The mistakes that somebody makes who has never called the library: each is answered by an error whose
// message says what to do, and nothing is sent. Those at the command line are in mistakes_program.cpp, those
// that a compiler sees in refused/.
#include <raida/raida.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102300
#include <asio/experimental/deferred.hpp>
#else
#include <asio/deferred.hpp>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

// Everything is as it should be, but for what a mistake changes.
struct attempt
{
    raida::server_list<> servers = raida::loopback(); // nobody is asked
    std::vector<raida::token> tokens = raida::testing::make_tokens(2);
    raida::request_options<> how{.deadline = 1s};
    raida::client_settings<> settings{};

    [[nodiscard]] auto packets() const { return raida::commands<>{}.detect(tokens); }

    // What a fan-out says.
    template <class Packets>
    [[nodiscard]] std::string ask(const Packets& wanted) const
    {
        asio::io_context io;
        raida::network network{io, servers};
        std::error_code said;
        network.async_request(wanted, how, [&](std::error_code error, const auto&) { said = error; });
        io.run();
        CHECK(network.statistics().total().sent == 0);
        return said.message();
    }

    // What a call of the client says.
    template <class Call>
    [[nodiscard]] std::string call(Call begin) const
    {
        asio::io_context io;
        raida::client client{io, servers, settings};
        std::error_code said;
        begin(client, [&](std::error_code error, const auto&) { said = error; });
        io.run();
        CHECK(client.network().statistics().total().sent == 0);
        return said.message();
    }

    [[nodiscard]] std::string detect() const
    {
        return call([&](raida::client& client, auto done) { client.async_detect(tokens, done); });
    }

    [[nodiscard]] std::string pown(raida::pown_options<> options) const
    {
        return call(
            [&](raida::client& client, auto done) { client.async_pown(tokens, std::move(options), done); });
    }
};

template <class Throwing>
std::string thrown_by(Throwing make)
{
    try {
        make();
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

struct mistake
{
    std::string_view made;
    std::string answer, expected; // a part of the answer
};

void check(const std::vector<mistake>& all)
{
    for (const auto& [made, answer, expected] : all) {
        CAPTURE(made, answer);
        CHECK(answer.find(expected) != std::string::npos);
        CHECK(std::count(answer.begin(), answer.end(), '\n') == 0);
    }
}

} // namespace

TEST_CASE("a fan-out that is asked for wrongly says what to do", "[mistakes]")
{
    attempt it;
    const auto good = it.packets();
    const auto with = [&](auto change) {
        attempt other;
        change(other.how);
        return other.ask(good);
    };
    std::vector<std::vector<std::uint8_t>> long_one;
    for (const auto& packet : good)
        long_one.emplace_back(packet.bytes.begin(), packet.bytes.end());
    auto no_request = long_one;
    const std::vector short_of_one(long_one.begin(), long_one.end() - 1);
    long_one[3].resize(70'000);
    no_request[3].resize(5);
    const std::string text = "not exactly one packet per server: leave a server out with an empty one";
    const std::string deadline = "a deadline must be positive and at most an hour";
    const std::string quorum = "quorum must be more than half of the servers and at most all";
    check({
        {"24 packets", it.ask(short_of_one), text},
        {"no packets", it.ask(std::vector<std::vector<std::uint8_t>>{}), text},
        {"packets for 26 servers", it.ask(raida::commands<26>{}.echo()), text},
        {"a packet that no datagram carries", it.ask(long_one), "packet larger than a datagram"},
        {"bytes that are no request", it.ask(no_request),
         "packet is no request: raida::commands builds them"},
        {"a deadline of zero", with([](auto& how) { how.deadline = 0s; }), deadline},
        {"a negative deadline", with([](auto& how) { how.deadline = -1ms; }), deadline},
        {"seconds for milliseconds", with([](auto& how) { how.deadline = 5000s; }), deadline},
        {"a quorum of 26", with([](auto& how) { how.complete = raida::when_quorum(26); }), quorum},
        {"a quorum of 12", with([](auto& how) { how.complete = raida::when_quorum(12); }), quorum},
        {"a batch of none", with([](auto& how) { how.complete = raida::when_decided(0); }), "no tokens"},
    });
    it.how.retry = raida::retry_policy::up_to(3);
    const auto numbers = raida::testing::make_tokens(2, 9);
    const std::vector<raida::authenticity_numbers<>> fresh{numbers[0].numbers, numbers[1].numbers};
    check({{"a pown that is sent again", it.ask(raida::commands<>{}.pown(it.tokens, fresh)),
            "this command must not be sent twice: ask without a retry"}});
}

TEST_CASE("a client that is asked wrongly says what to do", "[mistakes]")
{
    const auto with = [](auto change) {
        attempt it;
        change(it);
        return it.detect();
    };
    attempt it;
    it.settings.allow_plain_pown = true;
    check({
        {"no tokens", with([](attempt& one) { one.tokens.clear(); }), "no tokens"},
        {"a token twice", with([](attempt& one) { one.tokens.push_back(one.tokens[0]); }),
         "the same token twice"},
        {"a denomination that does not exist",
         with([](attempt& one) { one.tokens[0].denomination.value = 100; }),
         "denomination out of range (-8 to 6)"},
        {"a serial number that does not exist",
         with([](attempt& one) { one.tokens[0].serial.value = 16'777'216; }),
         "serial number out of range (by default under 1024000)"},
        {"a deadline of zero", with([](attempt& one) { one.settings.deadline = 0s; }),
         "a deadline must be positive and at most an hour"},
        {"a pown in the clear", attempt{}.pown({}),
         "not encrypted, which shows the new numbers: take raida::sealed_client, or allow_plain_pown"},
        {"a pown without a journal", it.pown({}), "the journal did not take a record, or there is none"},
        {"new numbers for one token of two",
         it.pown({.new_numbers = {raida::testing::make_tokens(1, 9)[0].numbers}}),
         "authenticity number missing or unusable"},
    });
}

#if ASIO_VERSION < 102300
using asio::experimental::deferred;
#else
using asio::deferred;
#endif

TEST_CASE("a call after the client is gone says so", "[mistakes]")
{
    asio::io_context io;
    std::optional<raida::client> client{std::in_place, io, raida::loopback()};
    auto lazy = client->async_echo(deferred);
    client.reset();
    std::error_code said;
    std::move(lazy)([&](std::error_code error, const raida::replies<>&) { said = error; });
    io.run();
    CHECK(said.message() == "the engine was destroyed");
}

TEST_CASE("what is built or read wrongly is named by what is thrown", "[mistakes]")
{
    const auto tokens = raida::testing::make_tokens(65);
    raida::server_list<> servers;
    const asio::ip::udp::endpoint no_port{asio::ip::address_v4::loopback(), 0};
    const std::string lines26 = [] {
        std::string text;
        for (int i = 0; i < 26; ++i)
            text += "10.0.0.1:" + std::to_string(9000 + i) + "\n";
        return text;
    }();
    check({
        {"65 tokens in one packet", thrown_by([&] { static_cast<void>(raida::commands<>{}.detect(tokens)); }),
         "more tokens than one request can carry: raida::client splits them"},
        {"no tokens in one packet", thrown_by([&] { static_cast<void>(raida::commands<>{}.detect({})); }),
         "no tokens"},
        {"server 25 of 25", thrown_by([&] { servers.set(25, {}); }), "server 25: no server has this number"},
        {"port 0", thrown_by([&] { servers.set(3, no_port); }), "server 3: not a port (1 to 65535)"},
        {"ports beyond the last one", thrown_by([] { static_cast<void>(raida::loopback(65'530)); }),
         "port 65536: not a port (1 to 65535)"},
        {"a list of 26 servers", thrown_by([&] { static_cast<void>(raida::parse_servers(lines26)); }),
         "line 26, more lines than servers; mirrors follow a blank line"},
        {"names where addresses are wanted", thrown_by([] {
             raida::host_list<> hosts;
             hosts.primary[7] = raida::host_port{"raida7.example", 50'000};
             static_cast<void>(raida::from_addresses(hosts));
         }),
         "server 7: not an address of the form host:port"},
        {"a token file that is none",
         thrown_by([] { static_cast<void>(raida::parse_tokens("not,a,token\n")); }),
         "line 1, heading, column 1: line of unknown form"},
        {"an error where a future is waited for", thrown_by([] {
             asio::io_context io;
             raida::client client{io, raida::loopback()};
             auto later = client.async_detect({}, asio::use_future);
             io.run();
             static_cast<void>(later.get());
         }),
         "no tokens"},
    });
}
