// The main job as its users see it: exit codes, what is printed where, and what never is.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_DETECT_PROGRAM

TEST_CASE("detect is tested where it is built", "[detect]")
{
    SKIP("the examples are not built");
}

#else

#include "example_support.hpp"
#include "json_check.hpp"
#include "markup_check.hpp"

#include <raida/base/version.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/token.hpp>
#include <raida/wire/token_file.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace program_support;
using raida::testing::forced_answer;
using raida::testing::provenance;

namespace {

outcome detect(const std::string& arguments, const scratch_folder& folder)
{
    return run(std::string{RAIDA_DETECT_PROGRAM} + " " + arguments, folder);
}

std::string tokens_part(const std::string& report)
{
    return report.substr(report.find("verdict"), report.find("p pass") - report.find("verdict"));
}

} // namespace

TEST_CASE("with no arguments detect judges its own tokens on its own servers", "[detect]")
{
    const scratch_folder folder;
    const outcome shown = detect("--wait all --attempts 1", folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.says("Connection refused"));
    CHECK(shown.says("no answer before the deadline"));
    CHECK(shown.says("internal error (252)"));
    CHECK(shown.says("36 tokens: 33 authentic, 3 counterfeit, 0 undecided."));
    CHECK(occurrences(shown.out, "authentic, fractured") == 3);
    CHECK(shown.says("Asked in turn:"));
    CHECK(shown.out.find('\x1b') == std::string::npos);
    CHECK(std::all_of(shown.out.begin(), shown.out.end(),
                      [](char c) { return c == '\n' || (c >= 32 && c < 127); }));
}

TEST_CASE("detect ends when everything is decided, whoever is silent", "[detect]")
{
    const scratch_folder folder;
    const outcome shown = detect("--deadline 3600000", folder); // none waits for it
    CHECK(shown.code == 0);
    CHECK(shown.says("answer no longer awaited"));
    CHECK(shown.says("36 tokens: 33 authentic, 3 counterfeit, 0 undecided."));
    CHECK(shown.says(", until every verdict was certain."));
    CHECK(detect("--deadline 3600000 --json", folder).says("\"waited_for\": \"decided\""));
}

TEST_CASE("the same seed gives the same verdicts, another seed others", "[detect]")
{
    const scratch_folder folder;
    const std::string first =
        tokens_part(detect("--wait all --attempts 1 --deadline 2000 --seed 7", folder).out);
    CHECK(first == tokens_part(detect("--wait=all --attempts 1 --deadline 2000 --seed=7", folder).out));
    CHECK(first != tokens_part(detect("--wait all --attempts 1 --deadline 2000 --seed 8", folder).out));
}

TEST_CASE("--json prints one JSON document and nothing else", "[detect]")
{
    const scratch_folder folder;
    const outcome shown = detect("--json", folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(json_check::is_document(shown.out));
    CHECK(occurrences(shown.out, "\"server\":") == 25);
    CHECK(occurrences(shown.out, "\"verdict\":") == 36);
    CHECK(occurrences(shown.out, "\"verdict\": \"counterfeit\"") == 3);
}

TEST_CASE("a terminal gets progress and then the same table", "[detect]")
{
    const scratch_folder folder;
    const outcome shown = run_in_terminal("TERM=xterm LC_ALL=C.UTF-8 " RAIDA_DETECT_PROGRAM, folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.says("asking all servers at once"));
    const std::size_t erased = shown.out.rfind("A\r\x1b[J");
    REQUIRE(erased != std::string::npos);
    const std::string left = shown.out.substr(erased);
    CHECK(left.find("asking") == std::string::npos);
    CHECK(left.find("36 tokens: 33 authentic") != std::string::npos);

    const outcome dumb = run_in_terminal("TERM=dumb " RAIDA_DETECT_PROGRAM " --deadline 50", folder);
    CHECK(dumb.says("36 tokens:"));
    CHECK(dumb.out.find('\x1b') == std::string::npos);
}

TEST_CASE("--help lists every option on stdout", "[detect]")
{
    const scratch_folder folder;
    const outcome shown = detect("--help", folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    for (const char* option :
         {"--servers FILE", "--tokens FILE", "--demo", "--wait WHAT", "--grade", "--encrypt D:S",
          "--keys FILE", "--coin-id N", "--deadline MS", "--attempts N", "--seed N", "--records FILE",
          "--svg FILE", "--html FILE", "--json", "-h, --help", "--version"})
        CHECK(shown.says(option));
    CHECK(detect("-h --tokens", folder).out == shown.out);
    const outcome version = detect("--version --colour", folder);
    CHECK(version.code == 0);
    CHECK(version.out == "detect (raida) " + std::to_string(raida::version.major) + "." +
                             std::to_string(raida::version.minor) + "." +
                             std::to_string(raida::version.patch) + "\n");
}

TEST_CASE("tokens and servers from files are detected over the network", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(3);
    network.servers.add(std::span{tokens}.first(2)); // the third is unknown, so counterfeit
    network.servers.forget(6, tokens[1].id());
    network.servers.set(20, {.closed = true});
    network.start();
    const std::string files = "--wait all --servers " + folder.write("servers", joined(network.lines())) +
                              " --tokens " + folder.write("tokens", csv(tokens));

    const outcome shown = detect(files, folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("3 tokens: 2 authentic, 1 counterfeit, 0 undecided."));
    CHECK(shown.says("ppppppppppppppppppppdpppp"));
    CHECK(shown.says("ppppppfpppppppppppppdpppp  6\n"));
    CHECK(shown.says("ffffffffffffffffffffdffff"));
    CHECK_FALSE(tells_secrets(shown, tokens));

    const outcome document = detect(files + " --json", folder);
    CHECK(document.code == 0);
    CHECK(json_check::is_document(document.out));
    CHECK(document.says("\"servers_to_heal\": [6]"));
    CHECK_FALSE(tells_secrets(document, tokens));
}

TEST_CASE("no server is taught what it is to judge unless that is asked for and said", "[detect]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(2, 99);
    const std::string files = "--tokens " + folder.write("tokens", csv(tokens));
    for (const char* more : {"", " --json", " --encrypt 0:1 --keys missing"}) {
        const outcome refused = detect(files + more, folder);
        CHECK(refused.code == 2);
        CHECK(refused.out.empty());
        CHECK(refused.err.starts_with("detect: --tokens needs --servers, who know which tokens are "
                                      "authentic (or --demo"));
    }
    const outcome shown = detect(files + " --demo", folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("2 tokens: 2 authentic, 0 counterfeit, 0 undecided."));
    CHECK(shown.says("25 servers inside this program, which were told to believe in them"));
    CHECK(shown.says("DEMO: the servers inside this program were told to believe in these tokens."));
    CHECK_FALSE(tells_secrets(shown, tokens));
    const outcome document = detect(files + " --demo --json", folder);
    CHECK(document.says("\"demo\": true, \"servers_were_taught_the_tokens\": true"));
    CHECK(detect("--json", folder).says("\"demo\": true, \"servers_were_taught_the_tokens\": false"));
    CHECK_FALSE(detect("--demo", folder).says("DEMO"));
}

TEST_CASE("a mirror answers for a primary that is gone", "[detect]")
{
    const scratch_folder folder;
    background_fleet network, mirrors;
    const auto tokens = raida::testing::make_tokens(3);
    network.servers.add(tokens);
    mirrors.servers.add(tokens);
    for (std::size_t server = 0; server < 13; ++server)
        network.servers.set(server, {.closed = true});
    network.start();
    mirrors.start();
    auto lines = network.lines();
    lines.emplace_back();
    for (const std::string& line : mirrors.lines())
        lines.push_back(line);
    const outcome shown = detect("--wait all --json --servers " + folder.write("servers", joined(lines)) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(occurrences(shown.out, "\"passes\": 25") == 3);
    CHECK(occurrences(shown.out, "\"error\": \"Connection refused\"") == 13);
    CHECK(occurrences(shown.out, "\"demo\": false") == 1);
}

TEST_CASE("a server that takes smaller datagrams only is asked in smaller ones", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(60);
    network.servers.add(tokens);
    auto rules = network.servers.rules(8);
    rules.datagram_limit = 800;
    network.servers.set_rules(8, rules);
    network.start();
    const outcome shown = detect("--wait all --servers " + folder.write("servers", joined(network.lines())) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("1 x invalid packet length (16), not verified, 2 x all pass (241)"));
    CHECK(occurrences(shown.out, std::string(25, 'p')) == 60);
}

TEST_CASE("--grade sorts tokens as wallets do, and all of them are added up", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(12); // 0.00000001 to 1,000
    network.servers.add(std::span{tokens}.first(11));    // the last one is unknown, so counterfeit
    network.servers.forget(6, tokens[10].id());
    network.start();
    const std::string files = "--grade --servers " + folder.write("servers", joined(network.lines())) +
                              " --tokens " + folder.write("tokens", csv(tokens));
    const outcome shown = detect(files, folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("Worth: 1,111.11111111 in all, 111.11111111 authentic, 1,000 counterfeit, 0 "
                     "undecided.\n"));
    CHECK(shown.says("Grade bank: 10 tokens, worth 11.11111111.\n"));
    CHECK(shown.says("Grade fracked: 1 token, worth 100.\n"));
    CHECK(shown.says("Grade counterfeit: 1 token, worth 1,000.\n"));
    const outcome document = detect(files + " --json", folder);
    CHECK(json_check::is_document(document.out));
    CHECK(occurrences(document.out, "\"grade\": \"bank\"") == 10);
    CHECK(occurrences(document.out, "\"grade\": \"fracked\"") == 1);
    CHECK(document.says("\"waited_for\": \"all\""));
    CHECK(document.says("\"worth\": \"1111.11111111\", \"worth_authentic\": \"111.11111111\""));
    const outcome impatient = detect(files + " --wait decided --json", folder);
    CHECK(impatient.says("\"waited_for\": \"decided\""));
}

TEST_CASE("an undecided token is exit code 1", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(1);
    network.servers.add(tokens);
    for (std::size_t i = 0; i < 13; ++i)
        network.servers.set(i, {.closed = true});
    network.start();
    const outcome shown = detect("--servers " + folder.write("servers", joined(network.lines())) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 1);
    CHECK(shown.err.empty());
    CHECK(occurrences(shown.out, "Connection refused") == 13);
    CHECK(shown.says("1 token: 0 authentic, 0 counterfeit, 1 undecided."));
    CHECK_FALSE(shown.says("until every verdict was certain"));
}

TEST_CASE("a wrong coin shows as what it is, also when the batch takes several fan-outs", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    network.start();
    const std::string servers = folder.write("servers", joined(network.lines()));
    for (const std::size_t count : {1U, 200U}) {
        const auto tokens = raida::testing::make_tokens(count);
        const outcome shown = detect("--wait all --attempts 1 --coin-id 9 --deadline 2000 --servers " +
                                         servers + " --tokens " + folder.write("tokens", csv(tokens)),
                                     folder);
        CHECK(shown.code == 1);
        CHECK(occurrences(shown.out, "hint: invalid coin id (7)") == 25);
        CHECK(shown.says("25 servers say that they do not know the coin"));
        CHECK_FALSE(tells_secrets(shown, tokens));
    }
}

TEST_CASE("a refusal that can be anybody's is a hint, whatever echo it happens to carry", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(100);
    network.servers.add(tokens);
    network.servers.set(
        3, {.answer = forced_answer{raida::status::invalid_coin_id, provenance::right, provenance::stale}});
    network.start();
    const outcome shown = detect("--wait all --servers " + folder.write("servers", joined(network.lines())) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(occurrences(shown.out, "hint: invalid coin id (7)") == 1);
    CHECK(shown.says("1 server says that it does not know the coin"));
    CHECK(occurrences(shown.out, "pppeppppppppppppppppppppp") == 100);
}

TEST_CASE("servers in the wrong order show as what they are", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(2);
    network.servers.add(tokens);
    network.start();
    auto lines = network.lines();
    std::swap(lines[4], lines[9]);
    const outcome shown =
        detect("--wait all --attempts 1 --deadline 2000 --servers " + folder.write("servers", joined(lines)) +
                   " --tokens " + folder.write("tokens", csv(tokens)),
               folder);
    CHECK(shown.code == 0); // 23 servers are enough
    CHECK(occurrences(shown.out, "hint: invalid RAIDA id (3)") == 2);
    CHECK(shown.says("2 servers say that they have other numbers"));
    CHECK(shown.says("ppppnppppnppppppppppppppp"));
}

TEST_CASE("a large batch is split, and its tokens stay in order", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(200);
    network.servers.add(tokens);
    network.servers.remove(tokens[64].id());
    network.start();
    const outcome shown = detect("--json --servers " + folder.write("servers", joined(network.lines())) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(json_check::is_document(shown.out));
    CHECK(shown.says("\"fanouts\": 4"));
    std::size_t at = 0;
    for (const raida::token& token : tokens) {
        const std::string line = "\"serial\": " + std::to_string(token.serial.value) + ", \"verdict\": \"" +
                                 (&token == &tokens[64] ? "counterfeit" : "authentic") + "\"";
        at = shown.out.find(line, at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("a host name that cannot be resolved spoils only its own slot", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(1);
    network.servers.add(tokens);
    network.start();
    auto lines = network.lines();
    lines[12] = std::string(70, 'x') + ":18012"; // no name has a part this long, so nobody is asked for it
    const outcome shown = detect("--wait all --servers " + folder.write("servers", joined(lines)) +
                                     " --tokens " + folder.write("tokens", csv(tokens)),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("ppppppppppppupppppppppppp"));
}

TEST_CASE("bad arguments are exit code 2 and one line", "[detect]")
{
    const scratch_folder folder;
    const std::pair<const char*, const char*> cases[] = {
        {"--colour", "unknown option '--colour'"},
        {"-x", "unknown option '-x'"},
        {"tokens.csv", "unexpected argument 'tokens.csv'"},
        {"'two\nlines'", "unexpected argument 'two?lines'"},
        {"--deadline", "--deadline needs a value"},
        {"--tokens --json", "--tokens needs a value"},
        {"--deadline 0", "--deadline takes a whole number of milliseconds from 1 to 3600000, not '0'"},
        {"--deadline -5", "--deadline takes a whole number"},
        {"--deadline 3600001", "--deadline takes a whole number"},
        {"--deadline 3s", "not '3s'"},
        {"--coin-id 65536", "--coin-id takes a whole number from 0 to 65535"},
        {"--coin-id=", "--coin-id takes a whole number"},
        {"--seed -1", "--seed takes a whole number"},
        {"--servers list.txt", "--servers needs --tokens"},
        {"--servers list.txt --tokens t.csv --demo", "--demo has servers of its own"},
        {"--wait never", "--wait takes decided or all, not 'never'"},
        {"--wait", "--wait needs a value"},
        {"--attempts 0", "--attempts takes a whole number from 1 to 10"},
        {"--keys keys.csv", "--keys needs --encrypt"},
        {"--encrypt", "--encrypt needs a value"},
        {"--records /", "cannot write '/'"},
        {"--records ''", "cannot write ''"},
        {"0,1,00112233445566778899AABBCCDDEEFF", "unexpected argument '0,1,[redacted]'"},
    };
    for (const auto& [arguments, complaint] : cases) {
        INFO(arguments);
        const outcome shown = detect(arguments, folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.starts_with("detect: "));
        CHECK(shown.err.find(complaint) != std::string::npos);
        CHECK(occurrences(shown.err, "\n") == 1);
    }
}

TEST_CASE("bad token files are exit code 2 and one line with place and reason", "[detect]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(2);
    const std::string good = csv(tokens);
    const std::string numbers = good.substr(good.find(',', good.find(',') + 1), 25 * 33);
    std::string odd_digit = good;
    odd_digit[good.find('\n') - 5] = 'x';
    const std::pair<std::string, std::string> cases[] = {
        {"", "tokens: no tokens"},
        {"0,1\n", "line 1, authenticity number of server 0"},
        {good + "7,1" + numbers, "line 3, denomination"},
        {good + "0,1024000" + numbers, "line 3, serial number"},
        {good + "0,1" + numbers + ",00", "line 3, after the last authenticity number"},
        {odd_digit, "line 1, authenticity number of server 24"},
        {"\n# mine\r\n" + good + good, "line 5: the same token twice"},
        {std::string(100'000, '\0'), "not a known format"},
    };
    for (const auto& [text, complaint] : cases) {
        INFO(complaint);
        const outcome shown = detect("--demo --tokens " + folder.write("tokens", text), folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.find(complaint) != std::string::npos);
        CHECK(occurrences(shown.err, "\n") == 1);
        CHECK_FALSE(tells_secrets(shown, tokens));
    }
}

TEST_CASE("files that cannot be read are exit code 2 and one line", "[detect]")
{
    const scratch_folder folder;
    const std::string tokens = folder.write("tokens", csv(raida::testing::make_tokens(1)));
    const std::string cases[] = {"--demo --tokens " + (folder / "missing"),
                                 "--demo --tokens " + (folder / "."), "--demo --tokens ''",
                                 "--tokens " + tokens + " --servers " + (folder / "missing")};
    for (const std::string& arguments : cases) {
        INFO(arguments);
        const outcome shown = detect(arguments, folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.starts_with("detect: cannot read '"));
        CHECK(occurrences(shown.err, "\n") == 1);
    }
}

TEST_CASE("bad server lists are exit code 2 and one line with place and reason", "[detect]")
{
    const scratch_folder folder;
    const std::string tokens = folder.write("tokens", csv(raida::testing::make_tokens(1)));
    std::vector<std::string> good;
    for (int i = 0; i < 25; ++i)
        good.push_back("127.0.0.1:" + std::to_string(18000 + i));
    const auto with = [&](std::size_t line, const std::string& text) {
        auto lines = good;
        lines[line] = text;
        return joined(lines);
    };
    const std::pair<std::string, std::string> cases[] = {
        {"", "servers: "},
        {joined({good.begin(), good.begin() + 12}), "servers: servers 12, 13, "},
        {with(2, "127.0.0.1:0"), "line 3"},
        {with(3, "127.0.0.1:65536"), "line 4"},
        {with(24, "no port here"), "line 25"},
    };
    for (const auto& [text, complaint] : cases) {
        INFO(text);
        const outcome shown =
            detect("--tokens " + tokens + " --servers " + folder.write("servers", text), folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.find(complaint) != std::string::npos);
        CHECK(occurrences(shown.err, "\n") == 1);
    }
}

TEST_CASE("a server list without one server is used, and that server is named", "[detect]")
{
    const scratch_folder folder;
    std::string few;
    for (int i = 0; i < 24; ++i)
        few += "127.0.0.1:" + std::to_string(1 + i) + "\n"; // where nobody answers
    const std::string tokens = folder.write("tokens", csv(raida::testing::make_tokens(1)));
    const outcome shown =
        detect("--deadline 100 --tokens " + tokens + " --servers " + folder.write("servers", few), folder);
    CHECK(shown.code == 1); // nobody knows
    CHECK_FALSE(shown.out.empty());
    CHECK(shown.err == (folder / "servers") + ": server 24: missing, all others can be used\n");
}

TEST_CASE("token files of other forms are read as well", "[detect]")
{
    const scratch_folder folder;
    const raida::token_file file{.tokens = raida::testing::make_tokens(3)};
    const auto bytes = raida::write_token_file(file, raida::token_format::bin);
    const std::string bin =
        folder.write("tokens.bin", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const outcome shown = detect("--demo --json --tokens " + bin, folder);
    CHECK(shown.err.empty());
    for (const auto& one : file.tokens)
        CHECK(shown.out.find(std::to_string(one.serial.value)) != std::string::npos);
    CHECK(
        detect("--demo --tokens " + folder.write("zip", "PK"), folder).err.find("a ZIP (unpack it first)") !=
        std::string::npos);
    CHECK(detect("--demo --coin-id 9 --tokens " + bin, folder).err.find("coin") != std::string::npos);
}

TEST_CASE("--records replaces nothing but earlier records", "[detect]")
{
    const scratch_folder folder;
    const std::string tokens = folder.write("tokens", csv(raida::testing::make_tokens(2)));
    const std::pair<std::string, std::string> kept[] = {{"tokens", folder.read("tokens")},
                                                        {"servers", "server,command\n"},
                                                        {"short", "server,comm"},
                                                        {"blank", "\n"}};
    for (const auto& [name, text] : kept) {
        const outcome shown =
            detect("--demo --tokens " + tokens + " --records " + folder.write(name, text), folder);
        CHECK(shown.code == 2);
        CHECK(shown.err.find(name + "' exists and holds no records") != std::string::npos);
        CHECK(folder.read(name) == text);
    }
    std::filesystem::create_symlink(tokens, folder / "link");
    CHECK(detect("--demo --tokens " + tokens + " --records " + (folder / "link"), folder).code == 2);
    CHECK(folder.read("tokens") == kept[0].second);
    for (const auto& again : {folder.write("records", ""), folder / "records", std::string{"/dev/null"}})
        CHECK(detect("--demo --tokens " + tokens + " --records " + again, folder).err.empty());
    CHECK(occurrences(folder.read("records"), "server,command") == 1);
}

TEST_CASE("--records writes a line for each request to each server that was asked", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(70);
    network.servers.add(tokens);
    network.servers.set(3, {.closed = true});
    network.servers.set(4, {.silent = true});
    network.start();
    const outcome shown =
        detect("--wait all --attempts 1 --deadline 2000 --servers " +
                   folder.write("servers", joined(network.lines())) + " --tokens " +
                   folder.write("tokens", csv(tokens)) + " --records " + (folder / "records"),
               folder);
    CHECK(shown.code == 0);
    const std::string records = folder.read("records");
    const std::string heading = "server,command,timestamp,last_echo_ms,timeout_ms,bytes_sent,bytes_returned,"
                                "total_ms,server_us,timed_out\n";
    CHECK(records.starts_with(heading));
    CHECK(occurrences(records, "\n") == 1 + 25 * 2 + 1); // the silent one is asked for the reason, too
    CHECK(occurrences(records, ",2000.000,1394,32,") == 23);
    CHECK(occurrences(records, ",2000.000,176,32,") == 23);
    CHECK(occurrences(records, "\n3,detect,") == 2);
    CHECK(occurrences(records, ",1\n") == 3);
    CHECK(occurrences(records, "\n4,echo,") == 1);
    CHECK_FALSE(tells_secrets(records, tokens));
}

TEST_CASE("the check of markup sees what is not closed, not escaped or fetched", "[detect]")
{
    CHECK(markup_check::is_document("<a b=\"c\">&lt;<d/></a>\n"));
    for (const char* wrong :
         {"", "text", "<a>", "</a>", "<a><b></a></b>", "<a></a><a></a>", "<a>&</a>", "<a> > </a>",
          "<a b=c></a>", "<a b></a>", "<a b=\"c></a>", "<a></a>text", "<a"}) {
        INFO(wrong);
        CHECK_FALSE(markup_check::is_document(wrong));
    }
    CHECK_FALSE(markup_check::needs_no_network("<img src=\"x\"/>"));
    CHECK(markup_check::needs_no_network("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
}

TEST_CASE("--svg and --html draw every server and every row of tokens, and tell no secrets", "[detect]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(130); // more than the picture has rows
    network.servers.add(tokens);
    network.servers.set(3, {.closed = true});
    network.servers.set(5, {.answer = forced_answer::as_measured(raida::status::internal)});
    network.start();
    const outcome shown = detect("--servers " + folder.write("servers", joined(network.lines())) +
                                     " --tokens " + folder.write("tokens", csv(tokens)) + " --svg " +
                                     (folder / "picture") + " --html " + (folder / "page"),
                                 folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    for (const char* name : {"picture", "page"}) {
        INFO(name);
        const std::string text = folder.read(name);
        CHECK(markup_check::is_document(text));
        CHECK(markup_check::needs_no_network(text));
        CHECK_FALSE(tells_secrets(text, tokens));
        for (const char* part : {"role=\"img\"", "<title>", "<desc>", "prefers-color-scheme:dark",
                                 "all decided, ", "milliseconds since the first send", "a row is 3 tokens"})
            CHECK(text.find(part) != std::string::npos);
        for (int server = 0; server < 25; ++server)
            CHECK(text.find("\" text-anchor=\"end\" fill=\"currentColor\">" + std::to_string(server) + "<") !=
                  std::string::npos);
        CHECK(occurrences(text, ">authentic</text>") == (130 + 2) / 3);
    }
    CHECK(occurrences(folder.read("picture"), "<script") == 0);
    CHECK(occurrences(folder.read("page"), "<tr><td>") == 25 + 130);
    CHECK(folder.read("page").find("Content-Security-Policy") != std::string::npos);
}

TEST_CASE("--svg and --html replace nothing but earlier ones", "[detect]")
{
    const scratch_folder folder;
    for (const std::string option : {"--svg", "--html"}) {
        INFO(option);
        const outcome refused = detect(option + " " + folder.write("mine", "mine"), folder);
        CHECK(refused.code == 2);
        CHECK(refused.out.empty());
        CHECK(refused.err.find("mine' exists and holds no p") != std::string::npos);
        CHECK(folder.read("mine") == "mine");
        CHECK(detect(option + " " + (folder / "no/such/folder"), folder).code == 2);
        for (int i = 0; i < 2; ++i)
            CHECK(detect(option + " " + (folder / option), folder).code == 0);
        CHECK(markup_check::is_document(folder.read(option)));
    }
}

#endif
