// The program that heals tokens, as a user runs it.
#if defined(RAIDA_HEAL_PROGRAM)
#include "child.hpp"
#include "example_support.hpp"
#include "program.hpp"

#include <raida/client/journal.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/wire/token_csv.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace program_support;

namespace {

// All in one thread: the servers run while the program is waited for.
struct network
{
    asio::io_context io;
    raida::testing::fleet servers{io};
    std::vector<raida::token> tokens = raida::testing::make_tokens(3);
    raida::token key = raida::testing::make_tokens(4)[3];
    scratch_folder files, outputs;

    network()
    {
        raida::testing::enable_encryption(servers);
        servers.add(tokens);
        servers.add(key);
        raida::testing::seeded_random random{1};
        for (std::size_t server = 3; server < 9; ++server)
            servers.set_number(server, tokens[0].id(), raida::testing::make_number(random));
        for (std::size_t server = 0; server < 13; ++server)
            servers.set_number(server, tokens[1].id(), raida::testing::make_number(random));
        std::string list;
        for (std::size_t i = 0; i < 25; ++i)
            list += "127.0.0.1:" + std::to_string(servers.endpoint(i).port()) + "\n";
        files.write("servers", list);
        auto all = tokens;
        all.push_back(key);
        files.write("tokens.csv", csv(all));
    }

    std::vector<std::string> command(const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> all{
            RAIDA_HEAL_PROGRAM,   "--servers", files / "servers",          "--tokens",
            files / "tokens.csv", "--encrypt", raida::to_string(key.id()), "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    outcome run(std::vector<std::string> arguments)
    {
        return child{io, std::move(arguments), outputs}.wait();
    }

    // What the program has written is what the servers hold.
    bool is_held(std::size_t token)
    {
        raida::parse_error error;
        const auto now = raida::parse_tokens(files.read("heal.csv"), error);
        REQUIRE_FALSE(error);
        REQUIRE(now.size() == 3);
        for (std::size_t server = 0; server < 25; ++server)
            if (!servers.holds(now[token], server))
                return false;
        return true;
    }
};

} // namespace

TEST_CASE("healing: with no arguments it shows what it does", "[heal][program]")
{
    network n;
    const auto shown = n.run({RAIDA_HEAL_PROGRAM});
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.says("11 of 12 tokens are whole, 55 numbers were healed"));
}

TEST_CASE("healing: tokens of a file are healed, written as they are, and their numbers printed nowhere",
          "[heal][program]")
{
    network n;
    const auto shown = n.run(n.command());
    CHECK(shown.code == 1); // one is broken on 13
    CHECK(shown.err.empty());
    CHECK(shown.says("pppHHHHHHpppppppppppppppp"));
    CHECK(n.is_held(0));
    CHECK_FALSE(n.is_held(1));
    CHECK(n.is_held(2));
    raida::parse_error error;
    const auto journal = raida::parse_heal_journal(n.files.read("heal.journal"), error);
    REQUIRE_FALSE(error);
    CHECK(journal.finished);
    const secret_search printed{shown.out + shown.err};
    for (const auto& seed : journal.seeds)
        CHECK_FALSE(printed.finds(seed));
    for (const auto& token : n.tokens)
        for (const auto& number : token.numbers)
            CHECK_FALSE(printed.finds(number));

    const auto again = n.run(n.command({"--recover"}));
    CHECK(again.code == 1);
    CHECK(n.is_held(0));
}

TEST_CASE("healing: a program that is killed goes on from its journal", "[heal][program]")
{
    for (const int last : {1, 3, 6}) { // fixes
        network n;
        std::optional<child> program{std::in_place, n.io, n.command(), n.outputs};
        int fixes = 0;
        n.servers.on_request([&](std::size_t, raida::bytes_view request) {
            const auto header = raida::request_header::parse(request);
            if (header && header->what == raida::fix_command && ++fixes == last)
                program->kill();
        });
        static_cast<void>(program->wait());
        n.servers.on_request({});
        const auto after = n.run(n.command({"--recover"}));
        CAPTURE(last, after.err);
        CHECK(after.code == 1);
        CHECK(n.is_held(0));
        CHECK(n.is_held(2));
    }
}

TEST_CASE("healing: somebody's tokens in the name of a helper file are not replaced", "[heal][program]")
{
    network n;
    const auto foreign = csv(raida::testing::make_tokens(2, 9));
    for (const std::string name : {"heal.csv.part", "heal.journal.part"}) {
        CAPTURE(name);
        n.files.write(name, foreign);
        CHECK(n.run(n.command()).code == 2);
        CHECK(n.files.read(name) == foreign);
        std::filesystem::remove(n.files / name);
    }
    const auto shown = n.run(n.command({"--out", n.files / "heal.journal.part"}));
    CHECK(shown.code == 2);
    CHECK(shown.err.find("is written for two purposes") != std::string::npos);
}

TEST_CASE("healing: what does not fit together is refused in one line", "[heal][program]")
{
    network n;
    const auto refused = [&](std::vector<std::string> arguments, std::string_view complaint) {
        arguments.insert(arguments.begin(), RAIDA_HEAL_PROGRAM);
        const auto shown = n.run(std::move(arguments));
        CAPTURE(complaint, shown.err);
        CHECK(shown.code == 2);
        CHECK(shown.err.starts_with("heal: "));
        CHECK(shown.err.find(complaint) != std::string::npos);
    };
    const std::string servers = n.files / "servers", tokens = n.files / "tokens.csv";
    refused({"--servers", servers}, "--tokens or --recover");
    refused({"--tokens", tokens, "--plain"}, "--servers is missing");
    refused({"--tokens", tokens, "--servers", servers}, "--encrypt");
    refused({"--tokens", tokens, "--servers", servers, "--plain", "--recover"}, "heal.journal");
    refused({"--tokens", tokens, "--servers", servers, "--plain", "--out", tokens}, "would be overwritten");
}
#endif
