// Are these tokens authentic? Asks all 25 servers at once and says what they say together.
#include "support/arguments.hpp"
#include "support/asking.hpp"
#include "support/bad_input.hpp"
#include "support/demonstration.hpp"
#include "support/findings.hpp"
#include "support/json_report.hpp"
#include "support/key_token.hpp"
#include "support/progress.hpp"
#include "support/record_csv.hpp"
#include "support/run_program.hpp"
#include "support/sealing.hpp"
#include "support/server_file.hpp"
#include "support/terminal.hpp"
#include "support/text_report.hpp"
#include "support/token_reader.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

using support::bad_input;

constexpr const char* help = R"(usage: detect [options]

Asks 25 RAIDA servers at once whether tokens are authentic. With no options it
starts 25 servers of its own, some of them faulty, and has them judge tokens of
its own, some of them counterfeit.

  --servers FILE   the servers: one host:port per line, a host file, or CSV
                   (needs --tokens)
  --tokens FILE    the tokens: CSV of denomination, serial number, and 25
                   authenticity numbers in hex, which are never printed
  --encrypt D:S    ask encrypted with the token of this denomination and serial
                   number, one of --keys or else of --tokens, which then is not
                   asked about; the built-in servers know any
  --keys FILE      tokens to encrypt with, as --tokens
  --coin-id N      the coin that the tokens belong to (default 6)
  --deadline MS    how long to wait for each server (default 3000)
  --seed N         another run of the built-in servers (default 1)
  --records FILE   also write how each request went, as CSV
  --json           one JSON document instead of tables
  --help           this text

Exit code: 0 every token is decided, 1 some are not, 2 bad input.
)";

struct settings
{
    std::optional<std::string> servers, tokens, encrypt, keys, records;
    std::uint16_t coin = raida::default_coin;
    std::chrono::milliseconds deadline = raida::default_deadline;
    std::uint64_t seed = 1;
    bool json = false, help = false;
};

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.help = given.flag("--help");
    wanted.json = given.flag("--json");
    wanted.servers = given.value("--servers");
    wanted.tokens = given.value("--tokens");
    wanted.encrypt = given.value("--encrypt");
    wanted.keys = given.value("--keys");
    wanted.records = given.value("--records");
    wanted.coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, wanted.coin);
    wanted.deadline = std::chrono::milliseconds{
        given.number<std::int64_t>("--deadline", 1, 3'600'000, wanted.deadline.count())};
    wanted.seed = given.number<std::uint64_t>("--seed", 0, UINT64_MAX, wanted.seed);
    given.done();
    if (wanted.help)
        return wanted;
    if (wanted.servers && !wanted.tokens)
        throw bad_input{"--servers needs --tokens: other servers do not know the built-in tokens"};
    if (wanted.keys && !wanted.encrypt)
        throw bad_input{"--keys needs --encrypt, which says which of them is the key"};
    if (wanted.encrypt && !support::can_encrypt)
        throw bad_input{"--encrypt is not to be had: this program was built without OpenSSL"};
    return wanted;
}

// What is asked, and of whom.
struct question
{
    std::vector<raida::token> tokens;
    std::optional<raida::token> key; // to encrypt with
    std::optional<support::demonstration> embedded;
    raida::server_list<> servers;
};

// The key is one of those in the file for keys, or else of the tokens, which then are without it. Embedded
// servers that are given neither file are told a key of that name.
raida::token take_key(const settings& wanted, question& asked)
{
    const raida::token_id name = support::key_name(*wanted.encrypt);
    if (wanted.keys) {
        const auto keys = support::read_tokens(*wanted.keys);
        return support::key_token(keys, *wanted.encrypt);
    }
    const bool is_there = std::any_of(asked.tokens.begin(), asked.tokens.end(),
                                      [&](const raida::token& one) { return one.id() == name; });
    if (!is_there && !wanted.tokens) {
        if (!name.denomination.is_valid() || !name.serial.is_valid())
            throw bad_input{"no token can be named " + raida::to_string(name)};
        return asked.embedded->make_key(name);
    }
    raida::token key = support::key_token(asked.tokens, *wanted.encrypt);
    std::erase_if(asked.tokens, [&](const raida::token& one) { return one.id() == name; });
    if (asked.tokens.empty())
        throw bad_input{"there is no token but the key: nothing is left to detect"};
    return key;
}

void prepare(const settings& wanted, asio::io_context& io, question& asked)
{
    if (wanted.tokens)
        asked.tokens = support::read_tokens(*wanted.tokens);
    if (!wanted.servers) {
        asked.embedded.emplace(io, wanted.seed);
        if (wanted.tokens)
            asked.embedded->know(asked.tokens);
        else
            asked.tokens = asked.embedded->make_tokens();
    }
    if (wanted.encrypt)
        asked.key = take_key(wanted, asked);
    if (asked.embedded && asked.key)
        asked.embedded->understand(support::make_body_cipher());
    if (asked.embedded && wanted.keys)
        asked.embedded->know({&*asked.key, 1});
    asked.servers = wanted.servers ? support::read_servers(io, *wanted.servers) : asked.embedded->servers();
}

void announce(const settings& wanted, const question& asked)
{
    const std::size_t count = asked.tokens.size();
    std::cout << count << (count == 1 ? " token" : " tokens") << ", 25 servers "
              << (wanted.servers ? "from " + *wanted.servers : "inside this program") << ", "
              << wanted.deadline.count() << " ms for each to answer.\n\n"
              << std::flush;
}

int detect(const settings& wanted)
{
    asio::io_context io{1};
    question asked;
    prepare(wanted, io, asked);
    std::optional<support::record_csv> records;
    if (wanted.records)
        records.emplace(*wanted.records);
    const auto screen = support::terminal::of_stdout();
    if (!wanted.json)
        announce(wanted, asked);

    support::findings found{asked.servers, asked.tokens};
    {
        support::progress progress{io, wanted.json ? support::terminal{} : screen, found.parts.size(),
                                   asked.servers};
        const support::asking_settings how{wanted.coin, wanted.deadline, records ? &*records : nullptr};
        if (asked.key)
            support::asking{io, asked.servers, how, support::sealing{*asked.key}}.run(found, progress);
        else
            support::asking{io, asked.servers, how, raida::plain{}}.run(found, progress);
    }
    if (wanted.json)
        std::cout << support::json_report{found}.text() << '\n';
    else
        support::text_report{found, screen, std::cout}.print();
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    if (records)
        records->close();
    return found.count(raida::verdict::undecided) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("detect", help, [&] { return read_settings(argc, argv); }, detect);
}
