#include <raida/wire/hosts.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/consensus/support.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using raida::errc;
using raida::host_port;
using raida::parse_error;

// Lines "h<i>:<port + i>" for i in [0, count).
std::string plain_lines(std::size_t count, std::string_view prefix = "h", std::size_t port = 50'000)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += std::string{prefix} + std::to_string(i) + ":" + std::to_string(port + i) + "\n";
    return text;
}

host_port expected(std::size_t i, std::string_view prefix = "h", std::size_t port = 50'000)
{
    return {std::string{prefix} + std::to_string(i), static_cast<std::uint16_t>(port + i)};
}

// Three servers suffice for what does not depend on their number.
parse_error failure(std::string_view text)
{
    parse_error error;
    const auto list = raida::parse_servers<3>(text, error);
    CHECK(error);
    CHECK(list == raida::host_list<3>{});
    return error;
}

void check_refused(std::string_view text, errc code, std::size_t line, std::string_view field)
{
    CAPTURE(text);
    const parse_error error = failure(text);
    CHECK(error.code == code);
    CHECK(error.line == line);
    CHECK(error.field == field);
}

} // namespace

TEST_CASE("25 lines of host and port are 25 servers", "[servers]")
{
    const auto list = raida::parse_servers(plain_lines(25));
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK(list.primary[i] == expected(i));
        CHECK_FALSE(list.mirror[i]);
    }
}

TEST_CASE("mirrors follow a blank line", "[servers]")
{
    const auto list = raida::parse_servers(plain_lines(25) + " \n" + plain_lines(25, "m", 40'000));
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK(list.primary[i] == expected(i));
        CHECK(list.mirror[i] == expected(i, "m", 40'000));
    }
}

TEST_CASE("blank lines, comments, carriage returns and a missing last line end change nothing", "[servers]")
{
    const auto list = raida::parse_servers<3>(
        "\r\n# servers\r\n  a:1 # the first\r\n#\r\nb:2\r\n\tc:3\t\r\n\r\n# mirrors\r\nd:4");
    CHECK(list.primary[0] == host_port{"a", 1});
    CHECK(list.primary[1] == host_port{"b", 2});
    CHECK(list.primary[2] == host_port{"c", 3});
    CHECK(list.mirror[0] == host_port{"d", 4});
    CHECK_FALSE(list.mirror[1]);
}

TEST_CASE("the host file names server and role, in any order and with gaps among the mirrors", "[servers]")
{
    const auto list = raida::parse_servers<3>("# id-x-x-role\n"
                                              "b.example:50001 1-0-0-P\n"
                                              "m.example:40002\t02-7-9-M # spare\n"
                                              "[2001:db8::2]:50002 2-0-0-P\n"
                                              "10.0.0.1:50000   0-0-0-P\n");
    CHECK(list.primary[0] == host_port{"10.0.0.1", 50'000});
    CHECK(list.primary[1] == host_port{"b.example", 50'001});
    CHECK(list.primary[2] == host_port{"2001:db8::2", 50'002});
    CHECK_FALSE(list.mirror[0]);
    CHECK_FALSE(list.mirror[1]);
    CHECK(list.mirror[2] == host_port{"m.example", 40'002});
}

TEST_CASE("CSV names servers, below a header line", "[servers]")
{
    const auto list = raida::parse_servers<3>("name,address\nr2,c:3\nr0, a:1\nR1 ,[::1]:2\n");
    CHECK(list.primary[0] == host_port{"a", 1});
    CHECK(list.primary[1] == host_port{"::1", 2});
    CHECK(list.primary[2] == host_port{"c", 3});
    CHECK(raida::parse_servers<3>("r0,a:1\nr1,b:2\nr2,c:3").primary[2] == host_port{"c", 3});
}

TEST_CASE("a server that is missing is named", "[servers]")
{
    check_refused("", errc::wrong_server_count, 0, "server 0 missing");
    check_refused("a:1\nb:2\n", errc::wrong_server_count, 0, "server 2 missing");
    check_refused("a:1 0-0-0-P\nc:3 2-0-0-P\nb:2 1-0-0-M\n", errc::wrong_server_count, 0, "server 1 missing");
    check_refused("h,a\nr0,a:1\nr1,b:2\n", errc::wrong_server_count, 0, "server 2 missing");
}

TEST_CASE("lines beyond the servers, or a gap among them, are refused", "[servers]")
{
    check_refused("a:1\nb:2\nc:3\nd:4\n", errc::wrong_server_count, 4,
                  "more lines than servers; mirrors follow a blank line");
    check_refused("a:1\nb:2\nc:3\n\nd:4\ne:5\nf:6\ng:7\n", errc::wrong_server_count, 8,
                  "more lines than servers and mirrors");
    check_refused("a:1\n\nb:2\nc:3\n", errc::wrong_server_count, 3, "blank line before the last server");
}

TEST_CASE("a server number that is out of range or named twice is refused", "[servers]")
{
    check_refused("a:1 3-0-0-P\n", errc::invalid_server, 1, "server number");
    check_refused("a:1 0-0-0-P\nb:2 0-0-0-P\n", errc::duplicate_server, 2, "server number");
    check_refused("a:1 0-0-0-M\nb:2 0-0-0-M\n", errc::duplicate_server, 2, "server number");
    check_refused("h,a\nr1,a:1\nr1,b:2\n", errc::duplicate_server, 3, "server number");
    check_refused("r3,a:1\n", errc::invalid_server, 1, "server number");
    check_refused("a:1 99999999999999999999999-0-0-P\n", errc::malformed_line, 1, "server tag");
}

TEST_CASE("a tag or server name of unknown form is refused", "[servers]")
{
    for (const std::string_view tag : {"x-0-0-P", "0-0-P", "0-0-0-0-P", "0-0-0-Q", "0-0-0-PP", "0", "-", "P",
                                       "---P", "-1-0-0-P", "0-0-0-P x"}) {
        CAPTURE(tag);
        check_refused("a:1 " + std::string{tag} + "\n", errc::malformed_line, 1, "server tag");
    }
    check_refused("r0,a:1\nx1,b:2\n", errc::malformed_line, 2, "server name");
    check_refused("r0,a:1\nr,b:2\n", errc::malformed_line, 2, "server name");
    check_refused("a,b\nc,d\n", errc::malformed_line, 2, "server name");
}

TEST_CASE("a port that is missing, zero or no port is refused", "[servers]")
{
    check_refused("a:1\nb\n", errc::invalid_address, 2, "port missing");
    check_refused("[::1]\n", errc::invalid_address, 1, "port missing");
    for (const std::string_view port : {"", "0", "65536", "-1", "+1", "1x", "0x10", "99999999999999999999"}) {
        CAPTURE(port);
        check_refused("a:1\nb:" + std::string{port} + "\n", errc::invalid_port, 2, "port");
    }
    CHECK(raida::parse_servers<1>("a:65535").primary[0]->port == 65'535);
}

TEST_CASE("a host that cannot be one is refused", "[servers]")
{
    check_refused(":1\n", errc::invalid_address, 1, "host");
    check_refused("[]:1\n", errc::invalid_address, 1, "host");
    check_refused("[::1]x:1\n", errc::invalid_address, 1, "host");
    check_refused("[::1:1\n", errc::invalid_address, 1, "host: bracket not closed");
    check_refused("::1:1\n", errc::invalid_address, 1, "host: IPv6 needs brackets");
    check_refused("udp://a:1\n", errc::invalid_address, 1, "host: IPv6 needs brackets");
    check_refused("me@a:1\n", errc::invalid_address, 1, "host");
    check_refused(std::string_view{"a\0b:1\n", 6}, errc::invalid_address, 1, "host");
    check_refused("a\x80:1\n", errc::invalid_address, 1, "host");
    check_refused(std::string(254, 'a') + ":1\n", errc::invalid_address, 1, "host");
}

TEST_CASE("the message names the line and the reason", "[servers]")
{
    CHECK(failure("a:1\nb:0\n").message() == "line 2, port: not a port");
    CHECK(failure("a:1\n").message() == "server 1 missing: not exactly one address per server");
    try {
        static_cast<void>(raida::parse_servers<3>("a:1\nb:0\n"));
        FAIL("no exception");
    } catch (const std::system_error& error) {
        CHECK(error.code() == errc::invalid_port);
        CHECK(std::string_view{error.what()}.find("line 2") != std::string_view::npos);
    }
}

TEST_CASE("any bytes are parsed or refused", "[servers]")
{
    constexpr std::string_view alphabet{"a1:,[]-#rP \t\r\n\0M0\xFF", 18};
    tests::dice dice{1};
    std::size_t refused = 0;
    for (std::size_t round = 0; round < 5000; ++round) {
        std::string text;
        for (std::size_t size = dice.below(60); size > 0; --size)
            text += alphabet[dice.below(alphabet.size())];
        parse_error error;
        const auto list = raida::parse_servers<1>(text, error);
        CHECK(list.primary[0].has_value() == !error);
        refused += error ? 1 : 0;
    }
    CHECK(refused > 4000);
}

TEST_CASE("hosts and a port base make one address per server", "[servers]")
{
    const std::vector<std::string> hosts{"a", "b", "::1"};
    const auto list = raida::hosts_on_ports<3>(hosts);
    CHECK(list.primary[0] == host_port{"a", 18'000});
    CHECK(list.primary[2] == host_port{"::1", 18'002});
    CHECK(raida::hosts_on_ports<3>(hosts, 65'533).primary[2]->port == 65'535);
}

TEST_CASE("a port base of zero or beyond the last port, or the wrong number of hosts, is refused",
          "[servers]")
{
    const auto code_of = [](std::size_t hosts, std::uint16_t base) {
        try {
            static_cast<void>(raida::hosts_on_ports<3>(std::vector<std::string>(hosts, "a"), base));
        } catch (const std::system_error& error) {
            return error.code();
        }
        return std::error_code{};
    };
    CHECK(code_of(3, 0) == errc::invalid_port);
    CHECK(code_of(3, 65'534) == errc::invalid_port);
    CHECK(code_of(2, 18'000) == errc::wrong_server_count);
    CHECK(code_of(4, 18'000) == errc::wrong_server_count);
    CHECK_FALSE(code_of(3, 65'533));
}
