#include <raida/base/parse_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string_view>
#include <system_error>

using raida::errc;
using raida::parse_error;

TEST_CASE("a parse error says where and what", "[parse_error]")
{
    const parse_error both{errc::invalid_serial_number, 3, "serial number"};
    const parse_error line{errc::duplicate_token, 7, {}};
    const parse_error field{errc::invalid_port, 0, "port"};
    const parse_error whole{errc::no_tokens, 0, {}};

    CHECK(both.message() == "line 3, serial number: serial number out of range (by default under 1024000)");
    CHECK(line.message() == "line 7: the same token twice");
    CHECK(field.message() == "port: not a port (1 to 65535)");
    CHECK(whole.message() == "no tokens");
}

TEST_CASE("a parse error is true only if there is one", "[parse_error]")
{
    CHECK_FALSE(parse_error{});
    CHECK_NOTHROW(parse_error{}.throw_if_set());
    CHECK(parse_error{errc::malformed_line, 1, {}});
}

TEST_CASE("a thrown parse error carries the code, and the place in its text", "[parse_error]")
{
    const parse_error error{errc::invalid_denomination, 12, "denomination"};
    try {
        error.throw_if_set();
        FAIL("nothing was thrown");
    } catch (const std::system_error& thrown) {
        CHECK(thrown.code() == errc::invalid_denomination);
        CHECK(std::string_view{thrown.what()}.starts_with(error.message())); // Boost adds the number
    }
}
