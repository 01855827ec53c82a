// The embedded servers behind TCP: whole batches, the wedge, header errors, and the engine asking them.
#include "tcp_engine.hpp"

#include <raida/consensus.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/tcp_fleet.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/transport/tcp.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/healing.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

using namespace raida::testing;
using namespace std::chrono_literals;
using namespace tcp_support;

namespace {

using tcp_network = raida::fanout<25, raida::transport::tcp>;

// A client by hand.
struct raw_client
{
    tcp::socket socket;
    bytes answer;
    std::optional<std::error_code> ended;

    raw_client(asio::io_context& io, const asio::ip::udp::endpoint& server) : socket{io}
    {
        socket.connect({server.address(), server.port()});
    }
    void send(raida::bytes_view request)
    {
        asio::write(socket, asio::buffer(request.data(), request.size()));
    }
    // Everything until the server ends the connection.
    void read_all()
    {
        asio::async_read(socket, asio::dynamic_buffer(answer),
                         [this](std::error_code error, std::size_t) { ended = error; });
    }
};

// Requests like these echoes with another command and payloads of one size; where that is empty nobody is
// asked.
template <class Payload>
raida::requests<> instead_of(const raida::requests<>& echo, raida::command_code what, Payload payload)
{
    raida::requests<> made{echo[0].bytes.size() + payload(0).size()};
    for (std::size_t i = 0; i < 25; ++i) {
        const auto bytes = payload(i);
        const auto to = made.writable(i);
        auto header = raida::request_header::parse(echo[i].bytes).value();
        header.what = what;
        header.body_size = static_cast<std::uint16_t>(to.size() - raida::header_size);
        std::copy_n(echo[i].bytes.begin(), raida::header_size + raida::challenge_size, to.begin());
        std::copy_n(bytes.data(), bytes.size(), to.begin() + raida::header_size + raida::challenge_size);
        std::fill_n(to.end() - raida::terminator_size, raida::terminator_size, raida::terminator_byte);
        header.write(to.data());
        made.expect(i, echo[i].expected_signature);
    }
    return made;
}

} // namespace

TEST_CASE("3,119 tokens are detected over TCP in one request per server", "[tcp][fleet]")
{
    asio::io_context io;
    tcp_fleet servers{io};
    const auto tokens = make_tokens(3119);
    servers.add(tokens);
    for (std::size_t i = 0; i < 3; ++i) // the network disagrees about the last token
        servers.forget(i, tokens.back().id());
    for (std::size_t i = 0; i < 13; ++i) // and the second one is a counterfeit
        servers.forget(i, tokens[1].id());
    servers.set_tcp(23, {.closed = true});
    servers.set_tcp(24, {.silent = true});
    tcp_network network{io, servers.servers()};
    raida::commands<> build{{.datagram_limit = raida::transport::tcp::max_packet}};

    std::array<std::chrono::nanoseconds, 25> each;
    each.fill(patience);
    each[24] = 50ms;
    const auto replies = ask(io, network, build.detect(tokens), {.deadline = each});
    const auto result = raida::aggregate(replies, tokens.size());
    CHECK(replies[23].error == asio::error::connection_refused);
    CHECK(replies[24].error == raida::errc::timed_out);
    CHECK(result.mixed == 13);
    CHECK(result.successes == 10);
    CHECK(result.errors == 2);
    std::size_t authentic = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        authentic += result.verdict(i) == raida::verdict::authentic ? 1 : 0;
    CHECK(authentic == tokens.size() - 1);
    CHECK(result.verdict(1) == raida::verdict::counterfeit);
    CHECK(result.pown_string(0) == "pppppppppppppppppppppppdn");
    CHECK(result.pown_string(1) == "fffffffffffffppppppppppdn");
    CHECK(result.pown_string(3118) == "fffppppppppppppppppppppdn");
    CHECK(servers.tcp_counters(0).last_request_size == 65549);
    CHECK(servers.counters().requests == 0); // no datagram was involved
}

TEST_CASE("one token more than a TCP request carries is refused when it is built", "[tcp][fleet]")
{
    raida::commands<1> build{{.datagram_limit = raida::transport::tcp::max_packet}};
    std::error_code error;
    CHECK(raida::max_tokens(raida::detect_command, raida::transport::tcp::max_packet) == 3119);
    CHECK(raida::max_tokens(raida::pown_command, raida::transport::tcp::max_packet) == 1770);
    const auto none = build.detect(make_tokens<1>(3120), error);
    CHECK(error == raida::errc::too_many_tokens);
    CHECK(none[0].bytes.empty());
}

TEST_CASE("what is powned over TCP is found over UDP", "[tcp][fleet]")
{
    asio::io_context io;
    tcp_fleet servers{io};
    const auto tokens = make_tokens(1770);
    auto renewed = make_tokens(1770, 2);
    std::vector<raida::authenticity_numbers<25>> numbers;
    for (const auto& one : renewed)
        numbers.push_back(one.numbers);
    servers.add(tokens);
    tcp_network connections{io, servers.servers()};
    raida::commands<> large{{.datagram_limit = raida::transport::tcp::max_packet}};
    const auto powned = ask(io, connections, large.pown(tokens, numbers));
    for (const raida::reply& one : powned)
        CHECK(one.status() == raida::status::all_pass);

    raida::fanout<> datagrams{io, servers.servers()};
    raida::commands<> build;
    const auto found = ask(io, datagrams,
                           build.find(std::span{tokens}.first(36),
                                      std::span<const raida::authenticity_numbers<25>>{numbers}.first(36)));
    for (const raida::reply& one : found)
        CHECK(one.status() == raida::status::find_all_new_authenticity);
}

TEST_CASE("a wrong coin over TCP shows as what it is in every slot", "[tcp][fleet]")
{
    asio::io_context io;
    tcp_fleet servers{io};
    tcp_network network{io, servers.servers()};
    const auto tokens = make_tokens(2000); // long requests, whose writing the reset may break off
    raida::commands<> wrong{{.coin = 1, .datagram_limit = raida::transport::tcp::max_packet}};
    for (const auto& packets : {wrong.echo(), wrong.detect(tokens)}) {
        const auto got = ask(io, network, packets);
        for (const raida::reply& one : got) {
            CHECK(one.status() == raida::status::invalid_coin_id);
            CHECK_FALSE(one.verified);
            CHECK(one.header().echo == 0);
            CHECK(one.header().signature == raida::signature{});
        }
    }
    CHECK(servers.tcp_counters(7).refused == 2);
    CHECK(servers.tcp_counters(7).requests == 0);
}

TEST_CASE("a header error over TCP is sent without waiting for the body, then reset", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<1> servers{io};
    raida::commands<1> build;
    auto packets = build.echo();
    packets.writable(0)[2] = 5; // another server's number
    raw_client asker{io, servers.endpoint(0)};
    asker.send(packets[0].bytes.first(32));
    asker.read_all();
    run_until(io, [&] { return asker.ended.has_value(); });
    CHECK(*asker.ended == asio::error::connection_reset);
    const auto header = raida::response_header::parse(asker.answer);
    REQUIRE(header);
    CHECK(asker.answer.size() == 32);
    CHECK(header->status == raida::status::invalid_raida_id);
    CHECK(header->server == 0);
    CHECK(header->echo == 0);
    CHECK(header->signature == raida::signature{});
}

TEST_CASE("errors of one client's connection leave nothing behind for the next", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<1> servers{io};
    raida::fanout<1, raida::transport::tcp> network{io, servers.servers()};
    raida::commands<1> build, wrong{{.coin = 1}};
    CHECK(ask(io, network, build.echo())[0].verified);
    const auto refused = ask(io, network, wrong.echo());
    CHECK(refused[0].header().echo == 0); // by UDP it would be the echo of the request before
    CHECK(ask(io, network, build.echo())[0].verified);
}

TEST_CASE("a server is one connection behind for good once two clients have connected at the same moment",
          "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<2> servers{io};
    raida::commands<2> build;
    const auto packets = build.echo();
    raw_client first{io, servers.endpoint(0)}, second{io, servers.endpoint(0)};
    for (raw_client* one : {&first, &second}) {
        one->send(packets[0].bytes);
        one->read_all();
    }
    run_until(io, [&] { return first.ended.has_value(); });
    CHECK(*first.ended == asio::error::eof);
    CHECK(first.answer.size() == 32);
    CHECK(servers.is_wedged(0));
    CHECK_FALSE(servers.is_wedged(1));

    raw_client third{io, servers.endpoint(0)}; // one accept behind: the second is served now
    third.send(packets[0].bytes);
    third.read_all();
    run_until(io, [&] { return second.ended.has_value(); });
    CHECK(second.answer.size() == 32);
    raida::fanout<2, raida::transport::tcp> network{io, servers.servers()};
    const std::array<std::chrono::nanoseconds, 2> each{30ms, patience};
    const auto got = ask(io, network, build.echo(), {.deadline = each});
    CHECK(got[0].error == raida::errc::timed_out);
    CHECK(got[1].verified);
    CHECK(third.answer.size() == 32);
    CHECK(servers.is_wedged(0));
    CHECK(servers.tcp_counters(0).connections == 3);

    servers.unwedge(0);
    CHECK_FALSE(servers.is_wedged(0));
    CHECK(ask(io, network, build.echo())[0].verified);
}

TEST_CASE("a killed server refuses connections and datagrams until it is restarted", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<2> servers{io, {.rules = {.flush_interval = 1h}}};
    raida::fanout<2, raida::transport::tcp> connections{io, servers.servers()};
    raida::fanout<2> datagrams{io, servers.servers()};
    raida::commands<2> build;
    servers.kill(0);
    CHECK_FALSE(servers.is_alive(0));
    servers.set(0, {});
    servers.set_tcp(0, {});
    CHECK(ask(io, connections, build.echo())[0].error == asio::error::connection_refused);
    CHECK(ask(io, datagrams, build.echo())[0].error == asio::error::connection_refused);
    CHECK(ask(io, connections, build.echo())[1].verified);
    servers.restart(0);
    CHECK(servers.is_alive(0));
    CHECK(ask(io, connections, build.echo())[0].verified);
    CHECK(ask(io, datagrams, build.echo())[0].verified);
}

TEST_CASE("a server that does not wedge serves all who connect at the same moment", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<1> servers{io, {}, {.wedges = false}};
    raida::commands<1> build;
    const auto packets = build.echo();
    raw_client first{io, servers.endpoint(0)}, second{io, servers.endpoint(0)};
    for (raw_client* one : {&first, &second}) {
        one->send(packets[0].bytes);
        one->read_all();
    }
    run_until(io, [&] { return first.ended && second.ended; });
    CHECK(first.answer.size() == 32);
    CHECK(second.answer.size() == 32);
    CHECK_FALSE(servers.is_wedged(0));
}

TEST_CASE("an engine with many requests in flight wedges no server", "[tcp][fleet]")
{
    constexpr std::size_t rounds = 30;
    asio::io_context io;
    tcp_fleet servers{io};
    const raida::limits allowed{.queue_wait = patience};
    tcp_network network{io, servers.servers(), allowed};
    raida::commands<> build;
    std::size_t finished = 0;
    for (std::size_t i = 0; i < rounds; ++i)
        network.async_request(build.version(), {.deadline = patience},
                              [&](std::error_code error, raida::replies<> replies) {
                                  CHECK_FALSE(error);
                                  for (const raida::reply& one : replies)
                                      CHECK(one.verified);
                                  ++finished;
                              });
    run_until(io, [&] { return finished == rounds; });
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK_FALSE(servers.is_wedged(i));
        CHECK(servers.tcp_counters(i).answered == rounds);
    }
}

TEST_CASE("a token is healed over connections: servers ask each other and take their time", "[tcp][fleet]")
{
    asio::io_context io;
    tcp_fleet servers{io};
    const auto tokens = make_tokens(1);
    const auto seed = tokens[0].numbers[24];
    const raida::token_id id[] = {tokens[0].id()};
    servers.add(tokens);
    servers.set_number(3, id[0], seed);
    tcp_network network{io, servers.servers()};
    raida::commands<> build;
    raida::tickets<> tickets{};
    const auto ticket_of = [&](std::size_t i) { return raida::ticket_payload(tokens, i); };
    const auto given = ask(io, network, instead_of(build.echo(), raida::get_ticket_command, ticket_of));
    for (const raida::reply& one : given)
        if (const auto answer = raida::parse_ticket(one.status(), one.body(), 1))
            tickets[one.server] = answer->ticket();
    CHECK(tickets[3] == raida::ticket::none);
    CHECK(tickets[4] != raida::ticket::none);

    const auto fix_of = [&](std::size_t) { return raida::fix_payload(id, seed, tickets); };
    auto fixes = instead_of(build.echo(), raida::fix_command, fix_of);
    for (std::size_t i = 0; i < 25; ++i)
        if (i != 3)
            fixes.skip(i);
    const auto fixed = ask(io, network, fixes);
    CHECK(fixed[3].status() == raida::status::all_pass);
    CHECK(fixed[3].latency >= 7ms);
    CHECK(servers.number(3, id[0]) == raida::fixed_number(3, id[0], seed));
    CHECK(servers.holds(tokens[0], 4));
}

TEST_CASE("each of the manners towards TCP clients shows in its slot alone", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<9> servers{io};
    const auto tokens = make_tokens<9>(20);
    servers.add(tokens);
    for (std::size_t i = 0; i < 9; ++i)
        servers.forget(i, tokens[0].id()); // so that answers have bodies
    servers.set_tcp(1, {.delay = 5ms});
    servers.set_tcp(2, {.closed = true});
    servers.set_tcp(3, {.refuse = raida::status::shard_not_available});
    servers.set_tcp(4, {.resets = true});
    servers.set_tcp(5, {.cut = 0});
    servers.set_tcp(6, {.cut = 36});
    servers.set_tcp(7, {.piece = 1});
    servers.set_tcp(8, {.silent = true});
    std::array<std::chrono::nanoseconds, 9> each;
    each.fill(patience);
    each[8] = 1s;
    raida::fanout<9, raida::transport::tcp> network{io, servers.servers()};
    raida::commands<9> build;
    const auto got = ask(io, network, build.detect(tokens), {.deadline = each});
    for (const std::size_t i : {0U, 1U, 7U}) {
        CHECK(got[i].verified);
        CHECK(got[i].status() == raida::status::mixed);
        CHECK(got[i].body().size() == 3);
        CHECK(servers.tcp_counters(i).answered == 1);
    }
    CHECK(got[1].latency >= 5ms);
    CHECK(got[2].error == asio::error::connection_refused);
    CHECK(got[3].status() == raida::status::shard_not_available);
    CHECK(got[4].error == asio::error::connection_reset);
    CHECK(got[5].error == asio::error::eof);
    CHECK(got[6].error == asio::error::eof);
    CHECK(got[8].error == raida::errc::timed_out);
    CHECK(servers.tcp_counters(6).answered == 0);
    CHECK(servers.tcp_counters(8).requests == 1);
    CHECK(servers.tcp_counters(8).abandoned == 0);

    servers.set_all_tcp({});
    const auto again = ask(io, network, build.detect(tokens));
    for (const raida::reply& one : again)
        CHECK(one.verified);
}

TEST_CASE("wrong numbers for chosen tokens hold over TCP too", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<1> servers{io};
    const auto tokens = make_tokens<1>(1);
    servers.add(tokens);
    servers.set(0, {.wrong_tokens = {tokens[0].id()}});
    raida::fanout<1, raida::transport::tcp> network{io, servers.servers()};
    raida::commands<1> build;
    CHECK(ask(io, network, build.detect(tokens))[0].status() == raida::status::all_fail);
}

TEST_CASE("clients that leave before their request is whole are counted and forgotten", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<1> servers{io, {}, {.wedges = false}};
    raida::commands<1> build;
    const auto packets = build.echo();
    for (const std::size_t sent : {0U, 1U, 31U, 32U, 49U}) {
        raw_client asker{io, servers.endpoint(0)};
        asker.send(packets[0].bytes.first(sent));
    }
    run_until(io, [&] { return servers.tcp_counters(0).abandoned == 5; });
    CHECK(servers.tcp_counters(0).requests == 0);
    raida::fanout<1, raida::transport::tcp> network{io, servers.servers()};
    CHECK(ask(io, network, build.echo())[0].verified);
}

TEST_CASE("a TCP fleet stops and starts on the same ports", "[tcp][fleet]")
{
    asio::io_context io;
    basic_tcp_fleet<3> servers{io};
    raida::fanout<3, raida::transport::tcp> network{io, servers.servers()};
    raida::commands<3> build;
    servers.set_tcp(1, {.silent = true});
    raw_client waiting{io, servers.endpoint(1)};
    waiting.send(build.echo()[1].bytes);
    waiting.read_all();
    run_until(io, [&] { return servers.tcp_counters(1).requests == 1; });
    servers.stop();
    CHECK_FALSE(servers.is_running());
    run_until(io, [&] { return waiting.ended.has_value(); });
    io.restart();
    io.run(); // nothing holds work

    servers.set_tcp(1, {}); // while it stands still: nothing is opened
    CHECK(ask(io, network, build.echo())[1].error == asio::error::connection_refused);
    servers.start();
    servers.start(); // nothing more
    for (const raida::reply& one : ask(io, network, build.echo()))
        CHECK(one.verified);
}

TEST_CASE("a TCP fleet may be moved, and destroyed with clients connected", "[tcp][fleet]")
{
    asio::io_context io;
    raida::commands<1> build;
    std::optional<basic_tcp_fleet<1>> servers{std::in_place, io, fleet_options{}, tcp_manners{.piece = 1}};
    basic_tcp_fleet<1> moved{std::move(*servers)};
    servers.reset();
    raw_client asker{io, moved.endpoint(0)};
    asker.send(build.echo()[0].bytes);
    asker.read_all();
    run_until(io, [&] { return moved.tcp_counters(0).requests == 1; });
    {
        const basic_tcp_fleet<1> last{std::move(moved)};
    }
    run_until(io, [&] { return asker.ended.has_value(); });
    CHECK(asker.answer.size() < 32);
    io.restart();
    io.run();
}

TEST_CASE("a TCP fleet on ports of the caller's choice tells that one is taken", "[tcp][fleet]")
{
    asio::io_context io;
    std::optional<basic_tcp_fleet<1>> holder{std::in_place, io};
    const auto port = holder->endpoint(0).port();
    std::error_code taken;
    try {
        const basic_tcp_fleet<1> second{io, {.port_base = port}};
    } catch (const std::system_error& error) {
        taken = error.code();
    }
    CHECK(taken == asio::error::address_in_use);

    tcp::acceptor somebody{io, {asio::ip::address_v4::loopback(), 0}};
    taken.clear();
    try {
        const basic_tcp_fleet<1> second{io, {.port_base = somebody.local_endpoint().port()}};
    } catch (const std::system_error& error) {
        taken = error.code();
    }
    CHECK(taken == asio::error::address_in_use);
    CHECK_THROWS_AS(holder->set_tcp(1, {}), std::out_of_range);
}
