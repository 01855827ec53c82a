#include <raida/transport/server_list.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/ip/address_v4.hpp>

#include <stdexcept>
#include <system_error>

using raida::errc;

namespace {

template <class Call>
std::error_code thrown_by(Call call)
{
    try {
        call();
    } catch (const std::system_error& failed) {
        return failed.code();
    }
    return {};
}

} // namespace

TEST_CASE("whatever changes a server that there is none of is refused alike", "[server_list]")
{
    raida::server_list<2> list;
    const raida::server_list<2>::endpoint_type address{asio::ip::address_v4::loopback(), 1};
    std::error_code error;
    list.set(2, address, error);
    CHECK(error == errc::invalid_server);
    list.set_mirror(2, address, error);
    CHECK(error == errc::invalid_server);
    CHECK(thrown_by([&] { list.set(2, address); }) == errc::invalid_server);
    CHECK(thrown_by([&] { list.set_mirror(2, address); }) == errc::invalid_server);
    CHECK(thrown_by([&] { list.clear(2); }) == errc::invalid_server);
    CHECK_THROWS_AS(list.endpoint(2), std::out_of_range);
    CHECK_THROWS_AS(list.mirror(2), std::out_of_range);
    CHECK(list == raida::server_list<2>{});
}
