#include <raida/wire/hosts.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/consensus/support.hpp>
#include <unit/wire/data_files.hpp>

#include <cstddef>
#include <cstdint>
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

TEST_CASE("a list without a minority of the servers is read, and they are named", "[servers]")
{
    const auto check_told = [](const std::string& text, const std::string& message) {
        CAPTURE(text);
        parse_error error;
        const auto list = raida::parse_servers<3>(text, error);
        CHECK(error.code == errc::missing_server);
        CHECK(error.message() == message + ": missing, all others can be used");
        int count = 0;
        for (const auto& one : list.primary)
            count += one ? 1 : 0;
        CHECK(count == 2);
        CHECK(raida::parse_servers<3>(text) == list); // nothing is thrown
    };
    check_told("a:1\nb:2\n", "server 2");
    check_told("a:1 0-0-0-P\nc:3 2-0-0-P\nb:2 1-0-0-M\n", "server 1");
    check_told("h,a\nr2,a:1\nr1,b:2\n", "server 0");

    parse_error error;
    static_cast<void>(raida::parse_servers(plain_lines(13), error));
    CHECK(error.message() ==
          "servers 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24: missing, all others can be used");
    static_cast<void>(raida::parse_servers(plain_lines(12), error));
    CHECK(error.code == errc::wrong_server_count);
}

TEST_CASE("a list without most of the servers is refused", "[servers]")
{
    check_refused("", errc::wrong_server_count, 0, "no server");
    check_refused("# a:1\n\n", errc::wrong_server_count, 0, "no server");
    check_refused("a:1\n", errc::wrong_server_count, 0, "servers 1, 2");
    check_refused("a:1 0-0-0-M\nb:2 1-0-0-M\nc:3 2-0-0-P\n", errc::wrong_server_count, 0, "servers 0, 1");
    check_refused("h,a\nr1,b:2\n", errc::wrong_server_count, 0, "servers 0, 2");
}

TEST_CASE("a byte order mark, CRLF and trailing blanks change nothing in any form", "[servers]")
{
    const std::string forms[] = {
        "a:1\nb:2\n\nm:3\n",
        "a:1 0-0-0-P\nb:2 1-0-0-P\nm:3 0-0-0-M\n",
        "a:1 r0\nb:2 r1\nm:3 m0\n",
        "r0,a:1\nr1,b:2\n",
        "id,host:port\n0,a:1\n1,b:2\n",
        "{\"servers\":\n[{\"id\":0,\"hostname\":\"a\",\"port\":1},\n{\"id\":1,\"hostname\":\"b\",\"port\":2}]"
        "}\n",
        "[[raida_servers]]\nindex=0\naddress=\"a\"\nport=1\n[[raida_servers]]\nindex=1\naddress=\"b\"\nport="
        "2\n",
        "raida_servers = [\n\"a:1\",\n\"b:2\"\n]\n",
    };
    for (const std::string& form : forms) {
        CAPTURE(form);
        const auto list = raida::parse_servers<2>(form);
        CHECK(list.primary[0] == host_port{"a", 1});
        CHECK(list.primary[1] == host_port{"b", 2});
        std::string spoilt = "\xEF\xBB\xBF\r\n";
        for (const char c : form)
            spoilt += c == '\n' ? std::string{" \t\r\n"} : std::string{c};
        CHECK(raida::parse_servers<2>(spoilt + "\r\n \t\r\n") == list);
    }
}

TEST_CASE("host.txt names servers and mirrors, and its other lines are none", "[servers]")
{
    const auto list = raida::parse_servers<3>(
        "guardians\na:1 r0\nb:2 g7\nm:9\tm2\nc:3 R2 # the last\nnot,a:line\nb:2 r1\n");
    CHECK(list.primary[0] == host_port{"a", 1});
    CHECK(list.primary[1] == host_port{"b", 2});
    CHECK(list.primary[2] == host_port{"c", 3});
    CHECK(list.mirror[2] == host_port{"m", 9});
    check_refused("a:1 r0\nb:2 r0\n", errc::duplicate_server, 2, "server number");
    check_refused("a:1 r0\nb:2 m3\n", errc::invalid_server, 2, "server number");
    check_refused("a:1 r0\nb r1\n", errc::invalid_address, 2, "port missing");
}

TEST_CASE("numeric addresses alone are on ports in their order", "[servers]")
{
    parse_error error;
    const auto list = raida::parse_servers<3>("10.0.0.1\n10.0.0.2 # b\n[::1]\n\n10.0.0.9\n", error, 50'000);
    CHECK_FALSE(error);
    CHECK(list.primary[0] == host_port{"10.0.0.1", 50'000});
    CHECK(list.primary[2] == host_port{"::1", 50'002});
    CHECK(list.mirror[0] == host_port{"10.0.0.9", 50'000});
    CHECK(raida::parse_servers<1>("10.0.0.1").primary[0]->port == 18'000);
    const std::string alone = "host: not a numeric address, as those before";
    check_refused("10.0.0.1\n10.0.0.2:5\n", errc::invalid_address, 2, alone);
    check_refused("10.0.0.1\nexample.org\n", errc::invalid_address, 2, alone);
    check_refused("10.0.0.1:5\n10.0.0.2\n", errc::invalid_address, 2, "port missing");
    check_refused("example.org\n", errc::invalid_address, 1, "port missing"); // a name could be a secret
    static_cast<void>(raida::parse_servers<3>("10.0.0.1\n10.0.0.2\n10.0.0.3\n", error, 65'534));
    CHECK(error.code == errc::invalid_port);
    CHECK(error.line == 3);
    static_cast<void>(raida::parse_servers<3>("10.0.0.1\n10.0.0.2\n10.0.0.3\n", error, 0));
    CHECK(error.code == errc::invalid_port);
}

TEST_CASE("CSV columns stand where the heading says", "[servers]")
{
    const auto list =
        raida::parse_servers<2>("Port,x,Server_ID,IP Address\n7,u,1,\"10.0.0.1\"\n8,,0,[::1]\n");
    CHECK(list.primary[0] == host_port{"::1", 8});
    CHECK(list.primary[1] == host_port{"10.0.0.1", 7});
    CHECK(raida::parse_servers<1>("0,a,7,https,us").primary[0] == host_port{"a", 7});
    CHECK(raida::parse_servers<1>("0,a:7,9,us").primary[0] == host_port{"a", 7});
    check_refused("id,host,weight\n0,a,7\n", errc::malformed_line, 1, "heading");
    check_refused("id,host,port,port\n0,a,7,7\n", errc::malformed_line, 1, "heading");
    check_refused("id,port,host,x\n0,a,7,1\n", errc::invalid_address, 2,
                  "host: a numeric address that can be read in two ways");
    check_refused("0,a,7\n1\n", errc::invalid_address, 2, "host");
}

TEST_CASE("JSON lists servers among whatever else", "[servers]")
{
    const auto list = raida::parse_servers<2>(
        R"( {"version": "2.0", "x": [1, {"y": [null, true, -1.5e3, "\"]}"]}], "servers": [
              {"id": 1, "note": {"a": []}, "hostname": "b", "port": 2},
              {"port": "1", "hostname": "::1", "id": "0"}], "more": {}} )");
    CHECK(list.primary[0] == host_port{"::1", 1});
    CHECK(list.primary[1] == host_port{"b", 2});
    const std::string one = R"({"id": 0, "hostname": "a", "port": 1})";
    check_refused("{\"servers\": [\n" + one + ",\n" + one + "]}", errc::duplicate_server, 3, "server number");
    check_refused("{\"servers\": [\n{\"id\": 3, \"hostname\": \"a\", \"port\": 1}]}", errc::invalid_server, 2,
                  "server number");
    check_refused("{\"servers\": [{\"hostname\": \"a\", \"port\": 1}]}", errc::malformed_line, 1, "id");
    check_refused("{\"servers\": [{\"id\": 0, \"port\": 1}]}", errc::invalid_address, 1, "host");
    check_refused("{\"servers\": [{\"id\": 0, \"hostname\": \"a:1\", \"port\": 1}]}", errc::invalid_address,
                  1, "host");
    check_refused("{\"servers\": [{\"id\": 0, \"hostname\": \"a\"}]}", errc::invalid_port, 1, "port");
    check_refused("{\"servers\": [\n" + one + ",\n" + one, errc::duplicate_server, 3, "server number");
    check_refused("{\"servers\": [\n" + one, errc::malformed_line, 2, "JSON");
    check_refused("{\"servers\": [\n" + one + "]} x", errc::malformed_line, 2, "JSON");
    check_refused("{\"servers\": 5}", errc::malformed_line, 1, "JSON");
    check_refused("{\"x\": 5}", errc::wrong_server_count, 0, "no server");
    check_refused("{\"x\": " + std::string(100'000, '['), errc::malformed_line, 1, "JSON");
}

TEST_CASE("TOML lists servers among whatever else", "[servers]")
{
    const std::string before = "[client]\nindex = 9\naddress = \"x\"\nport = 1\n";
    const auto tables = raida::parse_servers<2>(
        before + "[[raida_servers]] # one\nindex = 1\naddress = 'b' # b\nport = 2 # two\nmore = [1]\n"
                 "[[raida_servers]]\nport=\"1\"\naddress = \"::1\"\nindex = 0\n[other]\nindex = 1\n");
    CHECK(tables.primary[0] == host_port{"::1", 1});
    CHECK(tables.primary[1] == host_port{"b", 2});
    CHECK(raida::parse_servers<2>(
              before + "raida_servers=['[::1]:1', # first\n # none\n\"b:2\" , ] # end\n[x]\n") == tables);

    const std::string table = "[[raida_servers]]\nindex = 0\naddress = \"a\"\nport = 1\n";
    check_refused(table + table, errc::duplicate_server, 5, "server number");
    check_refused("[[raida_servers]]\naddress = \"a\"\nport = 1\n", errc::malformed_line, 1, "index");
    check_refused("[[raida_servers]]\nindex = 0\nport = 1\n", errc::invalid_address, 1, "host");
    check_refused("[[raida_servers]]\nindex = 0\naddress = \"a\"\nport = \n", errc::invalid_port, 1, "port");
    check_refused("raida_servers = [\"a:1\",\n{x}]\n", errc::malformed_line, 2, "raida_servers");
    check_refused("raida_servers = [\"a:1\",\n\"b:2\"\n", errc::truncated, 2, "raida_servers");
    check_refused("raida_servers = [\"a:1\",\n\"b:2", errc::truncated, 2, "raida_servers");
    check_refused("raida_servers = []\n", errc::wrong_server_count, 0, "no server");
}

TEST_CASE("a numeric address that can be read in two ways is refused in every form", "[servers]")
{
    for (const std::string host :
         {"010.0.0.1", "10.0.0.08", "127.1", "2130706433", "0x7f.0.0.1", "10.0.0.0x1", "1.2.3.256",
          "1.2.3.4.5", "1.2.3.4.", "127.1.", "a.5", "0"}) {
        CAPTURE(host);
        const std::string said = "host: a numeric address that can be read in two ways";
        check_refused(host + ":1\n", errc::invalid_address, 1, said);
        check_refused(host + ":1 0-0-0-P\n", errc::invalid_address, 1, said);
        check_refused(host + ":1 r0\n", errc::invalid_address, 1, said);
        check_refused("r0," + host + ":1\n", errc::invalid_address, 1, said);
        check_refused("0," + host + ",1\n", errc::invalid_address, 1, said);
        check_refused("raida_servers = [\"" + host + ":1\"]\n", errc::invalid_address, 1, said);
        check_refused("{\"servers\":[{\"id\":0,\"hostname\":\"" + host + "\",\"port\":1}]}",
                      errc::invalid_address, 1, said);
    }
    for (const std::string host : {"0.0.0.0", "255.255.255.255", "10.0.0.1", "a.5b", "5a", "x0x", "a.org."})
        CHECK(raida::parse_servers<1>(host + ":1").primary[0] == host_port{host, 1});
}

TEST_CASE("lists in UTF-16 are called that", "[servers]")
{
    check_refused("\xFF\xFEx", errc::unsupported_format, 0, "UTF-16 (save it as UTF-8)");
    check_refused("\xFE\xFFx", errc::unsupported_format, 0, "UTF-16 (save it as UTF-8)");
}

TEST_CASE("every list that people have is read, or refused by its name", "[servers]")
{
    const auto check = [](const std::string& name, std::size_t port, bool has_mirrors = false) {
        CAPTURE(name);
        parse_error error;
        const auto list = raida::parse_servers(tests::data_file("servers/" + name), error);
        for (std::size_t i = 0; i < 25; ++i) {
            const host_port expected{"127.0.0.1", static_cast<std::uint16_t>(port + i)};
            if (error.field != "server " + std::to_string(i))
                CHECK(list.primary[i] == expected);
            CHECK((list.mirror[i] == expected) == has_mirrors);
        }
        return error.message();
    };
    const std::string good = parse_error{}.message();
    for (const char* name : {"bom_nohead.csv", "bom_plain.txt", "bom_raida-ips.csv", "numeric.csv",
                             "qmail.toml", "raida_servers.json", "raidas.csv", "server_config.toml"})
        CHECK(check(name, 41'000) == good);
    CHECK(check("guardian_host.txt", 41'000, true) == good);
    CHECK(check("ips_only.txt", 18'000) == good);
    CHECK(check("24lines.txt", 41'000) == "server 24: missing, all others can be used");
    CHECK(check("missing7.txt", 41'000) == "server 7: missing, all others can be used");
    parse_error error;
    CHECK(raida::parse_servers(tests::data_file("servers/https.txt"), error) == raida::host_list<>{});
    CHECK(error.message() == "line 1, host: a URL, not host:port: not an address of the form host:port");
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
    check_refused("a:1\n[::1]\n", errc::invalid_address, 2, "port missing");
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
    check_refused("udp://a:1\n", errc::invalid_address, 1, "host: a URL, not host:port");
    check_refused("me@a:1\n", errc::invalid_address, 1, "host");
    check_refused(std::string_view{"a\0b:1\n", 6}, errc::invalid_address, 1, "host");
    check_refused("a\x80:1\n", errc::invalid_address, 1, "host");
    check_refused(std::string(254, 'a') + ":1\n", errc::invalid_address, 1, "host");
}

TEST_CASE("the message names the line and the reason", "[servers]")
{
    CHECK(failure("a:1\nb:0\n").message() == "line 2, port: not a port (1 to 65535)");
    CHECK(failure("a:1\n").message() == "servers 1, 2: not exactly one address per server");
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
