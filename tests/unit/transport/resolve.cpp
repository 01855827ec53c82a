#include <raida/transport/resolve.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace {

using raida::errc;
using endpoint = asio::ip::udp::endpoint;

static_assert(std::is_copy_assignable_v<raida::server_list<>>);

endpoint at(const char* address, std::uint16_t port)
{
    return {asio::ip::make_address(address), port};
}

template <std::size_t N>
raida::host_list<N> hosts(const std::array<const char*, N>& names)
{
    raida::host_list<N> list;
    for (std::size_t i = 0; i < N; ++i)
        list.primary[i] = raida::host_port{names[i], static_cast<std::uint16_t>(1000 + i)};
    return list;
}

struct outcome
{
    std::error_code error;
    raida::server_list<3> list;
};

// Runs one resolve to its end.
outcome resolve(const raida::host_list<3>& names)
{
    asio::io_context io;
    std::optional<outcome> result;
    raida::async_resolve(io, names, [&](std::error_code error, raida::server_list<3> list) {
        CHECK_FALSE(result);
        result = outcome{error, list};
    });
    CHECK_FALSE(result); // never inside the initiating call
    io.run();
    REQUIRE(result);
    return *result;
}

} // namespace

TEST_CASE("a new list has no addresses and says so", "[servers]")
{
    const raida::server_list<> list;
    CHECK(list.size() == 25);
    CHECK(list.count() == 0);
    CHECK(list.endpoint(0) == nullptr);
    CHECK(list.mirror(24) == nullptr);
    CHECK(list.error(3) == errc::no_endpoint);
}

TEST_CASE("loopback servers follow one another from the port base on", "[servers]")
{
    const auto list = raida::loopback();
    CHECK(list.count() == 25);
    CHECK(*list.endpoint(0) == at("127.0.0.1", 18'000));
    CHECK(*list.endpoint(24) == at("127.0.0.1", 18'024));
    CHECK(*raida::loopback(50'000).endpoint(7) == at("127.0.0.1", 50'007));
    CHECK(raida::loopback<3>(65'533).endpoint(2)->port() == 65'535);
    CHECK_THROWS_AS(raida::loopback(0), std::system_error);
    CHECK_THROWS_AS(raida::loopback<3>(65'534), std::system_error);
}

TEST_CASE("port 0 and servers beyond the last are refused, and nothing changes", "[servers]")
{
    auto list = raida::loopback<3>();
    const auto before = list;
    std::error_code error;
    list.set(1, at("::1", 0), error);
    CHECK(error == errc::invalid_port);
    list.set_mirror(1, at("::1", 0), error);
    CHECK(error == errc::invalid_port);
    list.set(3, at("::1", 1), error);
    CHECK(error == errc::invalid_server);
    CHECK_THROWS_AS(list.set(0, at("::1", 0)), std::system_error);
    CHECK_THROWS_AS(list.set_mirror(3, at("::1", 1)), std::system_error);
    CHECK_THROWS_AS(list.endpoint(3), std::out_of_range);
    CHECK_THROWS_AS(list.error(3), std::out_of_range);
    CHECK(list == before);
}

TEST_CASE("an address can be set, and taken away with a reason", "[servers]")
{
    raida::server_list<3> list;
    list.set(2, at("2001:db8::1", 50'002));
    list.set_mirror(2, at("192.0.2.1", 40'002));
    CHECK(*list.endpoint(2) == at("2001:db8::1", 50'002));
    CHECK(*list.mirror(2) == at("192.0.2.1", 40'002));
    CHECK_FALSE(list.error(2));
    CHECK(list.count() == 1);
    auto other = list;
    other.clear(2, asio::error::host_not_found);
    CHECK(other.endpoint(2) == nullptr);
    CHECK(other.mirror(2) != nullptr);
    CHECK(other.error(2) == asio::error::host_not_found);
    CHECK(other != list);
    other.set(2, *list.endpoint(2));
    CHECK(other == list);
}

TEST_CASE("numeric addresses need no resolver, names do", "[servers]")
{
    auto names = hosts<3>({"192.0.2.1", "::1", "2001:db8::7"});
    names.mirror[1] = raida::host_port{"192.0.2.2", 9};
    const auto list = raida::from_addresses(names);
    CHECK(*list.endpoint(0) == at("192.0.2.1", 1000));
    CHECK(*list.endpoint(1) == at("::1", 1001));
    CHECK(*list.endpoint(2) == at("2001:db8::7", 1002));
    CHECK(*list.mirror(1) == at("192.0.2.2", 9));
    CHECK(list.mirror(0) == nullptr);
    names.primary[2]->host = "localhost";
    CHECK_THROWS_AS(raida::from_addresses(names), std::system_error);
    names.primary[2] = raida::host_port{"::1", 0};
    CHECK_THROWS_AS(raida::from_addresses(names), std::system_error);
}

TEST_CASE("names and numeric addresses are resolved side by side", "[servers]")
{
    auto names = hosts<3>({"192.0.2.1", "localhost", "::1"});
    names.mirror[0] = raida::host_port{"localhost", 7};
    const auto [error, list] = resolve(names);
    CHECK_FALSE(error);
    CHECK(*list.endpoint(0) == at("192.0.2.1", 1000));
    REQUIRE(list.endpoint(1));
    CHECK(list.endpoint(1)->address().is_loopback());
    CHECK(list.endpoint(1)->port() == 1001);
    CHECK(*list.endpoint(2) == at("::1", 1002));
    REQUIRE(list.mirror(0));
    CHECK(list.mirror(0)->port() == 7);
}

TEST_CASE("a name that cannot be resolved spoils only its own slot", "[servers]")
{
    const auto [error, list] = resolve(hosts<3>({"127.0.0.1", "no-such-host.invalid", "localhost"}));
    CHECK_FALSE(error);
    CHECK(list.endpoint(0) != nullptr);
    CHECK(list.endpoint(1) == nullptr);
    CHECK(list.error(1));
    CHECK(list.error(1) != errc::no_endpoint);
    CHECK(list.endpoint(2) != nullptr);
    CHECK(list.count() == 2);
}

TEST_CASE("a mirror that cannot be resolved leaves its server alone", "[servers]")
{
    auto names = hosts<3>({"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    names.mirror[1] = raida::host_port{"no-such-host.invalid", 7};
    const auto [error, list] = resolve(names);
    CHECK_FALSE(error);
    CHECK(list.count() == 3);
    CHECK(list.mirror(1) == nullptr);
    CHECK_FALSE(list.error(1));
}

TEST_CASE("a gap in the hosts, or a port 0 among them, is a gap in the list", "[servers]")
{
    auto names = hosts<3>({"127.0.0.1", "127.0.0.2", "localhost"});
    names.primary[0].reset();
    names.primary[1]->port = 0;
    names.primary[2]->port = 0;
    const auto [error, list] = resolve(names);
    CHECK_FALSE(error);
    CHECK(list.count() == 0);
    CHECK(list.error(0) == errc::no_endpoint);
    CHECK(list.error(1) == errc::invalid_port);
    CHECK(list.error(2) == errc::invalid_port);
}

TEST_CASE("resolving takes other completion tokens and type-erased executors", "[servers]")
{
    asio::io_context io;
    const asio::any_io_executor executor = asio::make_strand(io);
    std::future<raida::server_list<3>> future = raida::async_resolve(
        executor, hosts<3>({"127.0.0.1", "localhost", "no-such-host.invalid"}), asio::use_future);
    io.run();
    CHECK(future.get().count() == 2);
}

TEST_CASE("the handler may be move-only and runs on its own executor", "[servers]")
{
    asio::io_context io, other;
    std::size_t resolved = 0;
    auto handler = [&, proof = std::make_unique<int>(1)](std::error_code, raida::server_list<3> list) {
        resolved = list.count() * static_cast<std::size_t>(*proof);
    };
    raida::async_resolve(io, hosts<3>({"127.0.0.1", "localhost", "::1"}),
                         asio::bind_executor(other.get_executor(), std::move(handler)));
    io.run();
    CHECK(resolved == 0);
    other.run(); // returns only when the handler has run: there was work on this executor, too
    CHECK(resolved == 3);
}

TEST_CASE("a cancelled resolve says so and keeps what it has", "[servers]")
{
    asio::io_context io;
    asio::cancellation_signal signal;
    std::optional<outcome> result;
    raida::async_resolve(
        io, hosts<3>({"127.0.0.1", "no-such-host.invalid", "::1"}),
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code error, raida::server_list<3> list) {
            result = outcome{error, list};
        }));
    signal.emit(asio::cancellation_type::total);
    CHECK_FALSE(result);
    io.run();
    REQUIRE(result);
    CHECK(result->error == asio::error::operation_aborted);
    CHECK(result->list.endpoint(0) != nullptr);
    CHECK(result->list.endpoint(1) == nullptr);
    CHECK(result->list.endpoint(2) != nullptr);
    signal.emit(asio::cancellation_type::total); // nothing is left to cancel
}

TEST_CASE("a resolve that outlives its context is dropped without a trace", "[servers]")
{
    auto proof = std::make_shared<int>();
    bool called = false;
    {
        asio::io_context io;
        raida::async_resolve(
            io, hosts<3>({"127.0.0.1", "localhost", "no-such-host.invalid"}),
            [proof, &called](std::error_code, const raida::server_list<3>&) { called = true; });
        CHECK(proof.use_count() == 2);
    }
    CHECK(proof.use_count() == 1);
    CHECK_FALSE(called);
}
