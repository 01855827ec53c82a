#include <raida/client/detail/exchange_machine.hpp>

#include <catch2/catch_test_macros.hpp>

#include <bitset>
#include <cstddef>
#include <system_error>

namespace {

using raida::errc;
using machine = raida::detail::exchange_machine<3>;
using servers = std::bitset<3>;

raida::reply answered(std::size_t server)
{
    return {.server = server, .error = {}, .attempts = 1};
}

raida::reply failed(std::size_t server, std::error_code why)
{
    return {.server = server, .error = why, .attempts = 1};
}

} // namespace

TEST_CASE("a server that is silent, refuses or cannot be sent to has its mirror asked", "[exchange]")
{
    const machine at{~servers{}, true};
    for (const std::error_code why : {make_error_code(errc::timed_out), make_error_code(errc::no_endpoint),
                                      make_error_code(errc::isolated), make_error_code(errc::overloaded),
                                      std::make_error_code(std::errc::connection_refused),
                                      std::make_error_code(std::errc::network_unreachable)})
        CHECK(at.wants_mirror(failed(1, why), false));
    auto unsent = failed(1, std::make_error_code(std::errc::network_unreachable));
    unsent.attempts = 0;
    CHECK(at.wants_mirror(unsent, false));
}

TEST_CASE("an answer, a slot left out, given up or cancelled, and an oversize answer ask no mirror",
          "[exchange]")
{
    const machine at{~servers{}, true};
    CHECK_FALSE(at.wants_mirror(answered(1), false));
    for (const std::error_code why :
         {make_error_code(errc::skipped), make_error_code(errc::not_awaited), make_error_code(errc::oversize),
          std::make_error_code(std::errc::operation_canceled)})
        CHECK_FALSE(at.wants_mirror(failed(1, why), false));
    CHECK(at.wants_mirror(answered(1), true)); // of a machine that is asked no longer
}

TEST_CASE("what must not be repeated never travels to a mirror", "[exchange]")
{
    const machine at{~servers{}, false};
    CHECK_FALSE(at.wants_mirror(failed(1, errc::timed_out), false));
    CHECK_FALSE(at.wants_mirror(answered(1), true));
}

TEST_CASE("a mirror is asked once, and its word is the last", "[exchange]")
{
    machine at{~servers{}, true};
    at.go_to_mirror(1);
    CHECK(at.at_mirror() == 0b010);
    CHECK(at.provisional() == 0b010);
    CHECK_FALSE(at.wants_mirror(failed(1, errc::timed_out), false));
    CHECK(at.arrived(1, true));
    CHECK_FALSE(at.arrived(1, true));
    CHECK(at.at_mirror().none());
    CHECK(at.provisional().none());
    CHECK(at.at_primary() == 0b101);
}

TEST_CASE("a body with two readings is no last word until it is cleared up", "[exchange]")
{
    machine at{~servers{}, true};
    CHECK(at.arrived(2, false));
    CHECK(at.unclear() == 0b100);
    CHECK(at.provisional() == 0b100);
    at.clear_up(2);
    CHECK(at.provisional().none());
    CHECK_FALSE(at.arrived(2, true));
}

TEST_CASE("ended early, nobody is asked any more", "[exchange]")
{
    machine at{~servers{}, true};
    at.end();
    CHECK(at.has_ended());
    CHECK_FALSE(at.wants_mirror(failed(1, errc::timed_out), false));
    CHECK(at.arrived(1, true)); // what comes is still taken
}

TEST_CASE("servers that are not meant have no word", "[exchange]")
{
    machine at{servers{0b001}, true};
    CHECK_FALSE(at.arrived(1, true));
    CHECK_FALSE(at.wants_mirror(failed(1, errc::timed_out), false));
}
