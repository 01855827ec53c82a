// Servers in this process, the real pown program as a child, and what must be true whenever that is killed.
#ifndef RAIDA_TESTS_POWN_PROGRAM_HPP
#define RAIDA_TESTS_POWN_PROGRAM_HPP

#include "child.hpp"
#include "example_support.hpp"
#include "program.hpp"

#include <raida/client/journal.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/wire/token_csv.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pown_support {

using namespace program_support;

inline void expect_refusal(const outcome& shown, std::string_view complaint)
{
    CAPTURE(complaint, shown.err);
    CHECK(shown.code == 2);
    CHECK(shown.out.empty());
    CHECK(shown.err.starts_with("pown: "));
    CHECK(shown.err.find(complaint) != std::string::npos);
    CHECK(std::count(shown.err.begin(), shown.err.end(), '\n') == 1);
}

inline bool tells(const secret_search& printed, const raida::authenticity_numbers<>& numbers)
{
    return std::any_of(numbers.begin(), numbers.end(), [&](const auto& one) { return printed.finds(one); });
}

// All in one thread: the servers run while the program is waited for.
struct network
{
    asio::io_context io;
    raida::testing::fleet servers;
    std::vector<raida::token> tokens = raida::testing::make_tokens(3);
    raida::token key = raida::testing::make_tokens(4)[3];
    std::optional<scratch_folder> files; // what the program reads and writes
    scratch_folder outputs;              // what it prints
    std::size_t received = 0;            // datagrams
    std::string deadline = "3000";       // milliseconds

    explicit network(raida::testing::fleet_options options = {}) : servers{io, std::move(options)}
    {
        raida::testing::enable_encryption(servers);
        for (std::size_t i = 0; i < 25; i += 2) {
            auto rules = servers.rules(i);
            rules.counter_goes_on = true;
            servers.set_rules(i, rules);
        }
        begin();
    }

    // Everything as it was before, in a folder of its own.
    void begin()
    {
        servers.add(tokens);
        servers.add(key);
        files.emplace();
        std::string list;
        for (std::size_t i = 0; i < 25; ++i)
            list += "127.0.0.1:" + std::to_string(servers.endpoint(i).port()) + "\n";
        files->write("servers", list);
        auto all = tokens;
        all.push_back(key);
        files->write("tokens.csv", csv(all));
    }

    [[nodiscard]] std::vector<std::string> command(std::vector<std::string> more = {}) const
    {
        std::vector<std::string> all{RAIDA_POWN_PROGRAM,
                                     "--servers",
                                     *files / "servers",
                                     "--tokens",
                                     *files / "tokens.csv",
                                     "--encrypt",
                                     raida::to_string(key.id()),
                                     "--deadline",
                                     deadline,
                                     "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    outcome run(std::vector<std::string> arguments)
    {
        return child{io, std::move(arguments), outputs}.wait();
    }

    // Kills the program when the servers have received so many datagrams. The last one is acted on all the
    // same.
    outcome run_until_datagram(std::size_t last, const std::vector<std::string>& more = {})
    {
        received = 0;
        child program{io, command(more), outputs};
        servers.on_request([&](std::size_t, raida::bytes_view) {
            if (++received == last)
                program.kill();
        });
        const outcome shown = program.wait();
        servers.on_request({});
        take_in();
        return shown;
    }

    // Datagrams that are on their way still.
    void take_in()
    {
        io.restart();
        while (io.poll() != 0) {
        }
    }

    [[nodiscard]] bool has(std::string_view file) const { return std::filesystem::exists(*files / file); }

    [[nodiscard]] std::optional<raida::transfer_record<>> journal() const
    {
        if (!has("pown.journal"))
            return std::nullopt;
        return raida::parse_journal(files->read("pown.journal")); // throws if it is half written
    }

    [[nodiscard]] bool holds(std::size_t server, raida::token_id token,
                             const raida::authenticity_number& number) const
    {
        return servers.number(server, token) == number;
    }

    // What each server holds is in the journal, or was never changed; files are for their owner alone.
    void check_nothing_is_lost() const
    {
        const auto record = journal();
        for (std::size_t i = 0; i < tokens.size(); ++i)
            for (std::size_t server = 0; server < 25; ++server) {
                const bool is_old = holds(server, tokens[i].id(), tokens[i].numbers[server]);
                const bool is_new =
                    record && holds(server, tokens[i].id(), record->new_numbers.at(i)[server]);
                if (!is_old && !is_new)
                    FAIL("token " << tokens[i] << " is lost at server " << server);
            }
        if (record)
            for (std::size_t i = 0; i < tokens.size(); ++i)
                CHECK((record->tokens.at(i).id() == tokens[i].id() &&
                       record->tokens[i].numbers == tokens[i].numbers));
        check_key_and_modes();
    }

    void check_key_and_modes() const
    {
        for (std::size_t server = 0; server < 25; ++server)
            CHECK(holds(server, key.id(), key.numbers[server]));
        for (const auto& file : std::filesystem::directory_iterator{*files / "."})
            if (file.is_regular_file() && file.path().filename().string().starts_with("pown.")) {
                using std::filesystem::perms;
                const auto others = perms::group_all | perms::others_all | perms::owner_exec;
                CHECK((file.status().permissions() & others) == perms::none);
            }
    }

    void check_silent_about_numbers(const outcome& shown) const
    {
        const secret_search printed{shown.out + "\n" + shown.err};
        const auto record = journal();
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            CHECK_FALSE(tells(printed, tokens[i].numbers));
            if (record)
                CHECK_FALSE(tells(printed, record->new_numbers.at(i)));
        }
        CHECK_FALSE(tells(printed, key.numbers));
    }

    // After a kill at any moment: recovers, as often as it takes until no server leaves anything open.
    void check_recovery()
    {
        if (!has("pown.journal")) {
            const outcome refused = run(command({"--recover"}));
            CHECK(refused.code == 2);
            for (const raida::token& token : tokens)
                for (std::size_t server = 0; server < 25; ++server)
                    CHECK(holds(server, token.id(), token.numbers[server]));
            return;
        }
        outcome shown;
        for (int tries = 0; tries < 20 && !(shown.code == 0 && shown.says("\"open\": 0,")); ++tries) {
            shown = run(command({"--recover"}));
            CHECK(shown.err.empty());
            check_silent_about_numbers(shown);
            check_nothing_is_lost();
        }
        REQUIRE(shown.code == 0);
        check_transferred();
    }

    // The new tokens are what the servers hold, and 13 or more at least are new.
    void check_transferred() const
    {
        const auto now = raida::parse_tokens(files->read("pown.csv"));
        const auto record = journal();
        REQUIRE(record);
        CHECK(record->finished);
        REQUIRE(now.size() == tokens.size());
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            std::size_t fresh = 0;
            CHECK(now[i].id() == tokens[i].id());
            for (std::size_t server = 0; server < 25; ++server) {
                CHECK(holds(server, now[i].id(), now[i].numbers[server]));
                fresh += now[i].numbers[server] == record->new_numbers.at(i)[server] ? 1 : 0;
            }
            CHECK(fresh >= 13);
        }
    }
};

} // namespace pown_support

#endif // RAIDA_TESTS_POWN_PROGRAM_HPP
