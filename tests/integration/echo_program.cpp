// The health of the network as its users see it: exit codes, tables, JSON, and a screen that is left as it
// was.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_ECHO_PROGRAM

TEST_CASE("echo is tested where it is built", "[echo]")
{
    SKIP("the examples are not built");
}

#else

#include "../../examples/support/table.hpp"
#include "example_support.hpp"
#include "json_check.hpp"
#include "markup_check.hpp"

#include <raida/wire/status.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <csignal>

using namespace program_support;
using raida::testing::forced_answer;

namespace {

outcome echo(const std::string& arguments, const scratch_folder& folder)
{
    return run(std::string{RAIDA_ECHO_PROGRAM} + " " + arguments, folder);
}

struct network
{
    scratch_folder folder;
    background_fleet fleet;

    [[nodiscard]] std::string list() const
    {
        return " --servers " + folder.write("servers", joined(fleet.lines()));
    }
    [[nodiscard]] outcome ask(const std::string& more = "") const
    {
        return echo(list() + " " + more, folder);
    }
};

// The line of one server in a table.
std::string line_of(const std::string& table, std::size_t server)
{
    const std::string start = (server < 10 ? "\n     " : "\n    ") + std::to_string(server) + "  ";
    const std::size_t from = table.find(start);
    return from == std::string::npos ? "" : table.substr(from + 1, table.find('\n', from + 1) - from - 1);
}

// The lines of a screen without what only moves and paints.
std::vector<std::string> lines_of_screen(const std::string& shown)
{
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < shown.size(); ++i)
        if (shown[i] == '\x1b')
            for (++i; i + 1 < shown.size() && (shown[i] == '[' || shown[i] == '?' ||
                                               std::isdigit(static_cast<unsigned char>(shown[i])) != 0);
                 ++i) {
            }
        else if (shown[i] == '\n')
            lines.emplace_back();
        else if (shown[i] != '\r')
            lines.back() += shown[i];
    return lines;
}

bool is_plain_text(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= 32 && c < 127); });
}

} // namespace

TEST_CASE("with no arguments echo examines its own servers", "[echo]")
{
    const scratch_folder folder;
    const outcome shown = echo("--attempts 1 --deadline 2000", folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(is_plain_text(shown.out));
    CHECK(occurrences(shown.out, "success (250)") == 22);
    CHECK(occurrences(shown.out, "  20250323") == 22);
    CHECK(occurrences(shown.out, "Connection refused") == 1);
    CHECK(occurrences(shown.out, "no answer before the deadline") == 1);
    CHECK(occurrences(shown.out, "internal error (252)") == 1);
    CHECK(shown.says("22 of 25 servers are well, enough for a quorum of 13."));
    CHECK_FALSE(shown.says("median  "));
}

TEST_CASE("each server has a line with address, answer, round trip, version and attempts", "[echo]")
{
    network n;
    auto rules = n.fleet.servers.rules(6);
    rules.version = "20260101";
    n.fleet.servers.set_rules(6, rules);
    n.fleet.servers.set(7, {.silent = true});
    n.fleet.start();
    const outcome shown = n.ask("--deadline 1500 --attempts 2");
    CHECK(shown.code == 0);
    for (std::size_t server = 0; server < 25; ++server) {
        const std::string line = line_of(shown.out, server);
        CHECK(line.find(n.fleet.lines()[server]) != std::string::npos);
        CHECK(line.find(server == 7 ? "no answer before the deadline" : "success (250)") !=
              std::string::npos);
        CHECK(line.ends_with(server == 6 ? "1  20260101" : server == 7 ? "  2" : "1  20250323"));
    }
    CHECK(line_of(shown.out, 7).find("...............>") != std::string::npos);
}

TEST_CASE("fewer than a quorum is exit code 1", "[echo]")
{
    network n;
    for (std::size_t i = 0; i < 12; ++i)
        n.fleet.servers.set(i, {.closed = true});
    n.fleet.start();
    const outcome enough = n.ask();
    CHECK(enough.code == 0);
    CHECK(enough.says("13 of 25 servers are well, enough for a quorum of 13."));

    network few;
    for (std::size_t i = 0; i < 12; ++i)
        few.fleet.servers.set(i, {.closed = true});
    few.fleet.servers.set(24, {.answer = forced_answer::as_measured(raida::status::internal)});
    few.fleet.start();
    const outcome shown = few.ask();
    CHECK(shown.code == 1);
    CHECK(shown.err.empty());
    CHECK(shown.says("12 of 25 servers are well, too few for a quorum of 13."));
    CHECK(occurrences(shown.out, "  20250323") == 12);
}

TEST_CASE("with no server at all echo says so", "[echo]")
{
    network n;
    n.fleet.servers.set_all({.closed = true});
    const outcome shown = n.ask();
    CHECK(shown.code == 1);
    CHECK(occurrences(shown.out, "Connection refused") == 25);
    CHECK(shown.says("0 of 25 servers are well, too few for a quorum of 13. Nobody answered: are the "
                     "addresses and ports right, and may UDP pass?\n"));
    const outcome document = n.ask("--json");
    CHECK(document.code == 1);
    CHECK(json_check::is_document(document.out));
    CHECK(document.says("\"median_ms\": null"));
}

TEST_CASE("a server that refuses the coin, or has another number, is told by a hint", "[echo]")
{
    network n;
    n.fleet.start();
    const outcome coin = n.ask("--coin-id 9 --deadline 2000 --attempts 1");
    CHECK(coin.code == 1);
    CHECK(occurrences(coin.out, "invalid coin id (7)") == 25);

    auto lines = n.fleet.lines();
    std::swap(lines[4], lines[9]);
    const outcome swapped =
        echo("--deadline 2000 --attempts 1 --servers " + n.folder.write("servers", joined(lines)), n.folder);
    CHECK(swapped.code == 0);
    CHECK(occurrences(swapped.out, "invalid RAIDA id (3)") == 2);
    CHECK(line_of(swapped.out, 9).ends_with("invalid RAIDA id (3)"));
}

TEST_CASE("no server controls the terminal by what it says that it runs", "[echo]")
{
    network n;
    const std::string texts[] = {"\x1b[2J\x1b[31mhello",
                                 "line\nbreak",
                                 std::string("nul\0nul", 7),
                                 "\x9b"
                                 "31m",
                                 "\xff\xfe",
                                 std::string(900, 'x')};
    for (std::size_t i = 0; i < std::size(texts); ++i) {
        auto rules = n.fleet.servers.rules(i);
        rules.version = texts[i];
        n.fleet.servers.set_rules(i, rules);
    }
    n.fleet.start();
    const outcome shown = n.ask();
    CHECK(shown.code == 0);
    CHECK(is_plain_text(shown.out));
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(line_of(shown.out, i).ends_with("  1"));
    CHECK(line_of(shown.out, 5).ends_with("  1  " + std::string(21, 'x') + "..."));
    const outcome document = n.ask("--json");
    CHECK(json_check::is_document(document.out));
    CHECK(is_plain_text(document.out));
}

TEST_CASE("a name that cannot be resolved and a mirror are no trouble", "[echo]")
{
    network n;
    n.fleet.servers.set(3, {.closed = true});
    n.fleet.start();
    auto lines = n.fleet.lines();
    lines[12] = std::string(70, 'x') + ":18012"; // no name has a part this long, so nobody is asked for it
    lines.emplace_back();
    for (const std::string& line : n.fleet.lines())
        lines.push_back(line);
    const outcome shown = echo("--servers " + n.folder.write("servers", joined(lines)), n.folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("23 of 25 servers are well"));
    CHECK(line_of(shown.out, 12).ends_with("  0"));
    CHECK(line_of(shown.out, 3).ends_with("  1")); // not asked twice
}

TEST_CASE("--json prints one document, with --watch one line per round", "[echo]")
{
    network n;
    n.fleet.servers.set(2, {.closed = true});
    n.fleet.start();
    const outcome once = n.ask("--json");
    CHECK(once.code == 0);
    CHECK(once.err.empty());
    CHECK(json_check::is_document(once.out));
    CHECK(occurrences(once.out, "\"well\": true") == 24);
    CHECK(occurrences(once.out, "\"version\": \"20250323\"") == 24);
    CHECK(once.says("\"summary\": {\"round\": 1, \"well\": 24, \"quorum\": 13, \"median_ms\": "));

    const outcome watched = n.ask("--json --watch 0 --count 3");
    CHECK(watched.code == 0);
    CHECK(occurrences(watched.out, "\n") == 3);
    std::string left = watched.out;
    for (const char* round : {"\"round\": 1", "\"round\": 2", "\"round\": 3"}) {
        const std::string line = left.substr(0, left.find('\n'));
        CHECK(json_check::is_document(line));
        CHECK(line.find(round) != std::string::npos);
        left.erase(0, line.size() + 1);
    }
}

TEST_CASE("--watch shows how servers did before", "[echo]")
{
    network n;
    n.fleet.servers.set(2, {.closed = true});
    n.fleet.servers.set(3, {.answer = forced_answer::as_measured(raida::status::internal)});
    n.fleet.start();
    const outcome shown = n.ask("--watch 0 --count 4");
    CHECK(shown.code == 0);
    CHECK(is_plain_text(shown.out));
    CHECK(occurrences(shown.out, " of 25 servers are well") == 4);
    CHECK(occurrences(shown.out, "least") == 3); // the first round has nothing before it
    const std::string last = shown.out.substr(shown.out.rfind("server  "));
    CHECK(line_of(last, 2).ends_with("100 %"));
    CHECK(line_of(last, 3).ends_with("  0 %"));
    CHECK(occurrences(last, "  0 %") == 24);
    CHECK(occurrences(last, "20250323") == 23);
}

TEST_CASE("--watch redraws a screen of its own and leaves the last table", "[echo]")
{
    network n;
    n.fleet.start();
    const outcome shown = run_in_terminal(
        "TERM=xterm LC_ALL=C.UTF-8 " RAIDA_ECHO_PROGRAM " --watch 0 --count 3" + n.list(), n.folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.out.starts_with("\x1b[?1049h\x1b[?25l\x1b[?7l"));
    CHECK(occurrences(shown.out, "\x1b[H") >= 4);
    const std::size_t left = shown.out.find("\x1b[?7h\x1b[?25h\x1b[?1049l");
    REQUIRE(left != std::string::npos);
    CHECK(occurrences(shown.out.substr(0, left), "round 3") == 1);
    CHECK(occurrences(shown.out.substr(left), "25 of 25 servers are well") == 1);
    const outcome wide = run_in_terminal(
        "TERM=xterm LC_ALL=C.UTF-8 " RAIDA_ECHO_PROGRAM " --watch 0 --count 3" + n.list(), n.folder, 160);
    CHECK(wide.says("lately"));
    CHECK(occurrences(wide.out.substr(wide.out.rfind("\x1b[?1049l")), "█") >= 25); // the longest of each

    const outcome dumb =
        run_in_terminal("TERM=dumb " RAIDA_ECHO_PROGRAM " --watch 0 --count 2" + n.list(), n.folder);
    CHECK(dumb.out.find('\x1b') == std::string::npos);
    CHECK(occurrences(dumb.out, "25 of 25 servers are well") == 2);
}

TEST_CASE("whatever a slow server does, --watch shows the next round in time", "[echo]")
{
    network n;
    n.fleet.servers.set(7, {.silent = true});
    n.fleet.start();
    const outcome shown = n.ask("--watch 1 --count 2 --deadline 3600000");
    CHECK(shown.code == 0);
    CHECK(occurrences(shown.out, "24 of 25 servers are well") == 2);
    CHECK(occurrences(shown.out, "no answer before the deadline") == 2);
    const std::string last = shown.out.substr(shown.out.rfind("server  "));
    CHECK(line_of(last, 7).ends_with("100 %"));
    CHECK(occurrences(last, "20250323") == 24);
}

TEST_CASE("a terminal sees at once who is awaited, and then only the table", "[echo]")
{
    network n;
    n.fleet.servers.set(7, {.silent = true});
    n.fleet.start();
    const outcome shown = run_in_terminal(
        "TERM=xterm LC_ALL=C.UTF-8 " RAIDA_ECHO_PROGRAM " --deadline 500 --attempts 1" + n.list(), n.folder,
        100, 60);
    CHECK(shown.code == 0);
    CHECK(shown.says("asking all servers at once: "));
    CHECK(shown.says(", waiting for 25"));
    const std::size_t erased = shown.out.rfind("A\r\x1b[J");
    REQUIRE(erased != std::string::npos);
    CHECK_FALSE(shown.out.substr(erased).find("asking") != std::string::npos);
    CHECK(shown.out.substr(erased).find("24 of 25 servers are well") != std::string::npos);
}

TEST_CASE("what echo shows fits the terminal from 40 columns up", "[echo]")
{
    network n;
    n.fleet.servers.set(2, {.closed = true});
    n.fleet.servers.set(7, {.silent = true});
    n.fleet.start();
    for (const unsigned short columns : std::initializer_list<unsigned short>{40, 41, 53, 60, 80, 132})
        for (const char* more : {"", " --watch 0 --count 2"}) {
            const std::string command = "TERM=xterm LC_ALL=C.UTF-8 " RAIDA_ECHO_PROGRAM
                                        " --deadline 200 --attempts 1" +
                                        n.list() + more;
            const outcome shown = run_in_terminal(command, n.folder, columns, 60);
            CAPTURE(columns, more, shown.out);
            CHECK(shown.code == 0);
            std::size_t longest = 0, servers = 0;
            for (const std::string& line : lines_of_screen(shown.out)) {
                longest = std::max(longest, support::width(line));
                servers += line.find("success") != std::string::npos ? 1 : 0;
            }
            CHECK(longest <= columns);
            CHECK(servers >= 23);
            CHECK(shown.says("round trip"));
        }
}

TEST_CASE("Ctrl-C ends --watch cleanly, with the cursor back and the exit code of the last round", "[echo]")
{
    for (const int signal : {SIGINT, SIGTERM}) {
        CAPTURE(signal);
        network n;
        n.fleet.start();
        const outcome shown =
            interrupt_in_terminal("TERM=xterm", RAIDA_ECHO_PROGRAM " --watch 3600" + n.list(),
                                  "25 of 25 servers are well", signal, n.folder);
        CHECK(shown.code == 0);
        CHECK(shown.err.empty());
        const std::size_t left = shown.out.find("\x1b[?7h\x1b[?25h\x1b[?1049l");
        REQUIRE(left != std::string::npos);
        CHECK(occurrences(shown.out.substr(left), "25 of 25 servers are well") == 1);
    }
    network silent;
    silent.fleet.servers.set_all({.silent = true});
    silent.fleet.start();
    const outcome shown = interrupt_in_terminal(
        "TERM=xterm", RAIDA_ECHO_PROGRAM " --watch 3600 --deadline 3600000" + silent.list(), "waiting for 25",
        SIGINT, silent.folder);
    CHECK(shown.code == 1); // no round is over
    CHECK(shown.err.empty());
    CHECK(shown.out.ends_with("\x1b[?7h\x1b[?25h\x1b[?1049l"));
}

TEST_CASE("a signal while echo waits for a slow terminal spoils nothing", "[echo]")
{
    for (const int signal : {SIGINT, SIGTERM}) {
        CAPTURE(signal);
        network n;
        n.fleet.start();
        const outcome shown = interrupt_while_writing(
            "TERM=xterm", RAIDA_ECHO_PROGRAM " --watch 0" + n.list(), signal, n.folder);
        CHECK(shown.code == 1); // no round is over
        CHECK(shown.err.empty());
        CHECK(shown.out.ends_with("\x1b[?7h\x1b[?25h\x1b[?1049l"));
    }
}

TEST_CASE("--records writes a line for each request that was sent", "[echo]")
{
    network n;
    n.fleet.servers.set(2, {.closed = true});
    n.fleet.start();
    CHECK(n.ask("--watch 0 --count 2 --records " + (n.folder / "records")).code == 0);
    const std::string records = n.folder.read("records");
    CHECK(records.starts_with("server,command,timestamp,last_echo_ms,timeout_ms,bytes_sent,bytes_returned,"));
    CHECK(occurrences(records, "\n") == 1 + 2 * 25 + 24);
    CHECK(occurrences(records, ",echo,") == 50);
    CHECK(occurrences(records, ",version,") == 24);
    CHECK(occurrences(records, ",2000.000,50,42,") == 24);
}

TEST_CASE("--svg and --html draw every server, and escape what servers say", "[echo]")
{
    network n;
    n.fleet.servers.set(2, {.closed = true});
    auto rules = n.fleet.servers.rules(4);
    rules.version = "<script>&\"</script>";
    n.fleet.servers.set_rules(4, rules);
    n.fleet.start();
    for (const std::string rounds : {"", "--watch 0 --count 3"}) {
        INFO(rounds);
        const outcome shown =
            n.ask(rounds + " --svg " + (n.folder / "picture") + " --html " + (n.folder / "page"));
        CHECK(shown.code == 0);
        CHECK(shown.err.empty());
        for (const char* name : {"picture", "page"}) {
            const std::string text = n.folder.read(name);
            CHECK(markup_check::is_document(text));
            CHECK(markup_check::needs_no_network(text));
            CHECK(text.find("24 of 25 ") != std::string::npos);
            CHECK(text.find(rounds.empty() ? ">milliseconds since the first send<" : ">seconds<") !=
                  std::string::npos);
            for (int server = 0; server < 25; ++server)
                CHECK(text.find("\" text-anchor=\"end\" fill=\"currentColor\">" + std::to_string(server) +
                                "<") != std::string::npos);
        }
        CHECK(occurrences(n.folder.read("page"), "<tr><td>") == 25);
        CHECK(n.folder.read("page").find("&lt;script&gt;&amp;") != std::string::npos);
    }
}

TEST_CASE("echo --help lists every option on stdout", "[echo]")
{
    const scratch_folder folder;
    const outcome shown = echo("--help", folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    for (const char* option :
         {"--servers FILE", "--watch [SECONDS]", "--count N", "--deadline MS", "--attempts N", "--coin-id N",
          "--seed N", "--records FILE", "--svg FILE", "--html FILE", "--json", "-h, --help", "--version"})
        CHECK(shown.says(option));
    CHECK(echo("-h", folder).out == shown.out);
    CHECK(echo("--version", folder).out.starts_with("echo (raida) "));
}

TEST_CASE("bad arguments and files of echo are exit code 2 and one line", "[echo]")
{
    const scratch_folder folder;
    std::vector<std::string> few(12, "127.0.0.1:18000");
    const std::pair<std::string, std::string> cases[] = {
        {"--colour", "unknown option '--colour'"},
        {"servers.txt", "unexpected argument 'servers.txt'"},
        {"--watch soon", "unexpected argument 'soon'"},
        {"--watch -1", "unknown option '-1'"},
        {"--watch=", "--watch takes a whole number from 0 to 86400, not ''"},
        {"--watch 86401", "--watch takes a whole number"},
        {"--watch=1s", "not '1s'"},
        {"--watch --watch", "--watch is there more than once"},
        {"--count 3", "--count needs --watch"},
        {"--watch --count 0", "--count takes a whole number"},
        {"--watch --count", "--count needs a value"},
        {"--deadline 0", "--deadline takes a whole number of milliseconds from 1 to 3600000"},
        {"--attempts 0", "--attempts takes a whole number from 1 to 10"},
        {"--attempts 11", "--attempts takes a whole number"},
        {"--coin-id 65536", "--coin-id takes a whole number"},
        {"--seed x", "--seed takes a whole number"},
        {"--servers", "--servers needs a value"},
        {"--servers " + (folder / "missing"), "cannot read '"},
        {"--servers " + folder.write("empty", ""), "no server: "},
        {"--servers " + folder.write("few", joined(few)), "servers 12, 13, 14, "},
        {"--servers " + folder.write("bad", "127.0.0.1:0\n"), "line 1, port"},
        {"--records " + (folder / "no/such/folder"), "cannot write '"},
        {"--records " + folder.write("wallet", "mine"), "wallet' exists and holds no records"},
    };
    for (const auto& [arguments, complaint] : cases) {
        INFO(arguments);
        const outcome shown = echo(arguments, folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.starts_with("echo: "));
        CHECK(shown.err.find(complaint) != std::string::npos);
        CHECK(occurrences(shown.err, "\n") == 1);
    }
    CHECK(folder.read("wallet") == "mine");
}

#endif
