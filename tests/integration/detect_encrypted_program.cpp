// The main job with --encrypt: the same verdicts, who did not accept the key, and nothing in the clear.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_DETECT_PROGRAM

TEST_CASE("detect --encrypt is tested where it is built", "[detect][crypto]")
{
    SKIP("the examples are not built");
}

#else

#include "example_support.hpp"
#include "json_check.hpp"

#include <raida/testing/encryption.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace program_support;
using raida::testing::forced_answer;

namespace {

outcome detect(const std::string& arguments, const scratch_folder& folder)
{
    return run(std::string{RAIDA_DETECT_PROGRAM} + " " + arguments, folder);
}

// Servers of both habits that hold a key, and the files that name all of it.
struct encrypted_network
{
    scratch_folder folder;
    background_fleet network;
    raida::token key = raida::testing::make_tokens(1, 77)[0];
    std::vector<raida::token> tokens;

    explicit encrypted_network(std::size_t count) : tokens{raida::testing::make_tokens(count)}
    {
        raida::testing::enable_encryption(network.servers);
        network.servers.add(key);
        network.servers.add(tokens);
        for (std::size_t i = 0; i < 25; i += 2) {
            auto rules = network.servers.rules(i);
            rules.counter_goes_on = true;
            network.servers.set_rules(i, rules);
        }
    }

    [[nodiscard]] std::string key_name() const { return raida::to_string(key.id()); }

    [[nodiscard]] std::string files() const
    {
        return " --servers " + folder.write("servers", joined(network.lines())) + " --tokens " +
               folder.write("tokens", csv(tokens));
    }

    // With the key in a file of its own.
    [[nodiscard]] outcome detect(const std::string& more = "") const
    {
        return ::detect("--wait all --attempts 1 --encrypt " + key_name() + " --keys " +
                            folder.write("keys", csv({&key, 1})) + files() + " " + more,
                        folder);
    }
};

std::string pown_string(std::string_view letters, std::initializer_list<std::pair<std::size_t, char>> others)
{
    std::string text{letters};
    for (const auto& [server, letter] : others)
        text[server] = letter;
    return text;
}

const std::string all_pass(25, 'p');

} // namespace

TEST_CASE("detect --encrypt says the same as without, whichever way servers encrypt", "[detect][crypto]")
{
    for (const std::size_t count : {1U, 8U, 36U, 64U, 130U}) {
        CAPTURE(count);
        encrypted_network n{count};
        if (count > 2)
            for (std::size_t server = 1; server < 25; ++server)
                n.network.servers.forget(server, n.tokens[server % count].id());
        n.network.start();
        const outcome plain = detect(n.files() + " --wait all --json", n.folder);
        const outcome encrypted = n.detect("--json");
        CHECK(json_check::is_document(encrypted.out));
        CHECK(plain.code == 0);
        CHECK(encrypted.code == 0);
        CHECK(encrypted.says("\"encrypted_with\": \"" + n.key_name() + "\""));
        CHECK(plain.says("\"encrypted_with\": null"));
        const auto tokens_part = [](const std::string& report) {
            const std::size_t from = report.find("\"tokens\": [");
            return report.substr(from, report.find("\"summary\"") - from);
        };
        CHECK(tokens_part(encrypted.out) == tokens_part(plain.out));
        CHECK_FALSE(tells_secrets(encrypted, n.tokens));
        CHECK_FALSE(tells_secrets(encrypted, {&n.key, 1}));
    }
}

TEST_CASE("everything that detect --encrypt sends is encrypted with the key", "[detect][crypto]")
{
    encrypted_network n{100};
    std::size_t seen = 0, in_the_clear = 0, leaks = 0;
    n.network.servers.on_request([&](std::size_t server, raida::bytes_view datagram) {
        ++seen;
        const auto header = raida::request_header::parse(datagram);
        in_the_clear += !header || header->encryption != raida::encryption_type::token_key ? 1 : 0;
        const auto leaks_number = [&](const raida::token& token) {
            const auto secret = token.numbers[server].bytes();
            return std::search(datagram.begin(), datagram.end(), secret.begin(), secret.end()) !=
                   datagram.end();
        };
        leaks += static_cast<std::size_t>(std::count_if(n.tokens.begin(), n.tokens.end(), leaks_number));
        leaks += leaks_number(n.key) ? 1 : 0;
    });
    n.network.servers.set(5, {.silent = true}); // and is asked for the reason
    n.network.start();
    CHECK(n.detect("--deadline 2000").code == 0);
    n.network.stop();
    CHECK(seen >= 51);
    CHECK(in_the_clear == 0);
    CHECK(leaks == 0);
}

TEST_CASE("servers that do not accept the key are named, and cost no other its vote", "[detect][crypto]")
{
    encrypted_network n{10};
    n.network.servers.set_number(3, n.key.id(), n.key.numbers[4]); // 37
    n.network.servers.forget(5, n.key.id());                       // 25
    n.network.servers.set(6, {.answer = forced_answer::as_measured(raida::status::invalid_encryption)});
    n.network.start();
    const outcome shown = n.detect();
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.says("key not accepted: invalid CRC (37)"));
    CHECK(shown.says("key not accepted: key token not found (25)"));
    CHECK(shown.says("key not accepted: invalid encryption (34)"));
    CHECK(occurrences(shown.out, pown_string(all_pass, {{3, 'b'}, {5, 'b'}, {6, 'b'}})) == 10);
    CHECK(shown.says("b key refused"));
    CHECK(shown.says("Encrypted with the key token " + n.key_name() + "; not accepted by servers 3, 5, 6."));

    const outcome document = n.detect("--json");
    CHECK(json_check::is_document(document.out));
    CHECK(occurrences(document.out, "\"key_refused\": true") == 3);
    CHECK(occurrences(document.out, "\"key_refused\": false") == 22);
}

TEST_CASE("a key with wrong numbers decides nothing", "[detect][crypto]")
{
    encrypted_network n{2};
    const auto right = n.key;
    n.key.numbers = raida::testing::make_tokens(1, 78)[0].numbers;
    n.network.start();
    const outcome shown = n.detect();
    CHECK(shown.code == 1);
    CHECK(occurrences(shown.out, "key not accepted: invalid CRC (37)") == 25);
    CHECK(occurrences(shown.out, std::string(25, 'b')) == 2);
    CHECK(shown.says("2 tokens: 0 authentic, 0 counterfeit, 2 undecided."));
    CHECK_FALSE(tells_secrets(shown, {&n.key, 1}));
    CHECK_FALSE(tells_secrets(shown, {&right, 1}));
}

TEST_CASE("dead, silent and strange servers show as what they are under encryption too", "[detect][crypto]")
{
    encrypted_network n{70};
    n.network.servers.set(1, {.closed = true});
    n.network.servers.set(2, {.silent = true});
    // a 48-byte header, which can be for anybody
    n.network.servers.set(7, {.answer = forced_answer::as_measured(raida::status::invalid_encryption_code)});
    auto rules =
        n.network.servers.rules(7); // its time stands where others have the echo, and 0 is never ours
    rules.least_execution_time = rules.most_execution_time = std::chrono::microseconds{0};
    n.network.servers.set_rules(7, rules);
    n.network.start();
    const outcome shown = n.detect("--deadline 2000");
    CHECK(shown.code == 0);
    CHECK(shown.says("Connection refused"));
    CHECK(shown.says("no answer before the deadline"));
    CHECK(shown.says("hint: invalid encryption code (27)"));
    CHECK(occurrences(shown.out, pown_string(all_pass, {{1, 'd'}, {2, 'n'}, {7, 'n'}})) == 70);
    CHECK_FALSE(shown.says("not accepted by"));

    const outcome coin = n.detect("--deadline 2000 --coin-id 9");
    CHECK(coin.code == 1);
    CHECK(occurrences(coin.out, "hint: invalid coin id (7)") == 22);
}

TEST_CASE("a server for which the key has no number is not asked", "[detect][crypto]")
{
    encrypted_network n{2};
    n.key.numbers[9] = {};
    n.network.start();
    const outcome shown = n.detect();
    CHECK(shown.code == 0);
    CHECK(occurrences(shown.out, pown_string(all_pass, {{9, 'u'}})) == 2);
}

TEST_CASE("a key among the tokens encrypts and is not asked about", "[detect][crypto]")
{
    encrypted_network n{3};
    n.network.servers.remove(n.key.id());
    n.network.start();
    const std::string name = raida::to_string(n.tokens[1].id());
    const outcome shown = detect("--encrypt " + name + n.files(), n.folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("2 tokens: 2 authentic"));
    CHECK(shown.says("Encrypted with the key token " + name + ".\n"));
    CHECK(occurrences(shown.out, name) == 1);
    CHECK_FALSE(tells_secrets(shown, n.tokens));
}

TEST_CASE("the built-in servers know every key, but for two of them", "[detect][crypto]")
{
    const scratch_folder folder;
    const outcome shown = detect("--wait all --attempts 1 --deadline 2000 --encrypt 0:77", folder);
    CHECK(shown.code == 0);
    CHECK(shown.says("36 tokens: 33 authentic, 3 counterfeit, 0 undecided."));
    CHECK(shown.says("Encrypted with the key token 0:77; not accepted by servers "));
    CHECK(occurrences(shown.out, "key not accepted") == 2);

    const auto tokens = raida::testing::make_tokens(3, 5);
    const auto key = raida::testing::make_tokens(1, 6);
    const std::string files =
        " --tokens " + folder.write("tokens", csv(tokens)) + " --keys " + folder.write("keys", csv(key));
    const outcome own =
        detect("--demo --deadline 2000 --encrypt " + raida::to_string(key[0].id()) + files, folder);
    CHECK(own.code == 0);
    CHECK(own.says("3 tokens: 3 authentic, 0 counterfeit, 0 undecided."));
}

TEST_CASE("bad keys are exit code 2 and one line, and nothing is sent", "[detect][crypto]")
{
    encrypted_network n{1};
    n.network.start();
    const std::string files = n.files(), keys = " --keys " + n.folder.write("keys", csv({&n.key, 1}));
    const std::string own = raida::to_string(n.tokens[0].id()), number = hex(n.key.numbers[0]);
    const std::string malformed = "a key token is named DENOMINATION:SERIAL";
    const std::pair<std::string, std::string> cases[] = {
        {"--encrypt x" + files, malformed},
        {"--encrypt ''" + files, malformed},
        {"--encrypt 0" + files, malformed},
        {"--encrypt 0:" + files, malformed},
        {"--encrypt 0:1:2" + files, malformed},
        {"--encrypt 300:1" + files, malformed},
        {"--encrypt 0:" + number + files, malformed},
        {"--encrypt '0:1\n2'" + files, malformed},
        {"--encrypt 0:1" + files, "there is no token 0:1 to encrypt with"},
        {"--encrypt " + own + files + keys, "there is no token " + own + " to encrypt with"},
        {"--encrypt " + n.key_name() + files, "there is no token " + n.key_name() + " to encrypt with"},
        {"--encrypt " + own + files, "there is no token but the key"},
        {"--encrypt 7:1", "no token can be named 7:1"},
        {"--encrypt 0:1024000", "no token can be named 0:1024000"},
        {"--keys x" + files, "--keys needs --encrypt"},
        {"--encrypt 0:1 --keys /missing" + files, "cannot read '/missing'"},
        {"--encrypt 0:1 --keys " + n.folder.write("odd", "0,1," + number) + files,
         "line 1, authenticity number of server 1"},
    };
    for (const auto& [arguments, complaint] : cases) {
        INFO(arguments);
        const outcome shown = detect(arguments, n.folder);
        CHECK(shown.code == 2);
        CHECK(shown.out.empty());
        CHECK(shown.err.starts_with("detect: "));
        CHECK(shown.err.find(complaint) != std::string::npos);
        CHECK(occurrences(shown.err, "\n") == 1);
        CHECK_FALSE(tells_secrets(shown, {&n.key, 1}));
    }
    n.network.stop();
    CHECK(n.network.servers.counters().requests == 0);
}

#endif
