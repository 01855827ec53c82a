// Are these tokens authentic? Asks all 25 servers at once and says what they say together.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/demonstration.hpp"
#include "support/findings.hpp"
#include "support/json_report.hpp"
#include "support/progress.hpp"
#include "support/secret_file.hpp"
#include "support/terminal.hpp"
#include "support/text_report.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;
using support::bad_input;

constexpr std::chrono::milliseconds longest_echo{2000}; // public guidance for an echo's deadline

constexpr const char* help = R"(usage: detect [options]

Asks 25 RAIDA servers at once whether tokens are authentic. With no options it
starts 25 servers of its own, some of them faulty, and has them judge tokens of
its own, some of them counterfeit.

  --servers FILE   the servers: one host:port per line, a host file, or CSV
                   (needs --tokens)
  --tokens FILE    the tokens: CSV of denomination, serial number, and 25
                   authenticity numbers in hex, which are never printed
  --coin-id N      the coin that the tokens belong to (default 6)
  --deadline MS    how long to wait for each server (default 3000)
  --seed N         another run of the built-in servers (default 1)
  --json           one JSON document instead of tables
  --help           this text

Exit code: 0 every token is decided, 1 some are not, 2 bad input.
)";

struct settings
{
    std::optional<std::string> servers, tokens;
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
    wanted.coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, wanted.coin);
    wanted.deadline = std::chrono::milliseconds{
        given.number<std::int64_t>("--deadline", 1, 3'600'000, wanted.deadline.count())};
    wanted.seed = given.number<std::uint64_t>("--seed", 0, UINT64_MAX, wanted.seed);
    given.done();
    if (!wanted.help && wanted.servers && !wanted.tokens)
        throw bad_input{"--servers needs --tokens: other servers do not know the built-in tokens"};
    return wanted;
}

std::vector<raida::token> read_tokens(const std::string& path)
{
    const support::secret_file file{path};
    raida::parse_error error;
    auto tokens = raida::parse_tokens(file.text(), error);
    if (error)
        throw bad_input{path + ": " + error.message()};
    return tokens;
}

// A name that cannot be resolved spoils only its own server's slot.
raida::server_list<> read_servers(asio::io_context& io, const std::string& path)
{
    const support::secret_file file{path};
    raida::parse_error error;
    const auto hosts = raida::parse_servers(file.text(), error);
    if (error)
        throw bad_input{path + ": " + error.message()};
    raida::server_list<> servers;
    raida::async_resolve(
        io, hosts, [&](std::error_code, raida::server_list<> resolved) { servers = std::move(resolved); });
    io.run();
    io.restart();
    return servers;
}

// Asks all servers for every part of the batch, all parts in flight together.
void ask(asio::io_context& io, raida::fanout<>& network, raida::commands<>& commands,
         std::chrono::milliseconds deadline, support::findings& found, support::progress& progress)
{
    std::size_t open = 0, uncertain = found.parts.size();
    const auto began = clock::now();

    for (support::part& part : found.parts) {
        ++open;
        const raida::when_decided decided{part.tokens.size()};
        const auto watch = [&, decided, certain = false](const raida::replies<>& so_far) mutable {
            if (!std::exchange(certain, certain || decided(so_far)) && certain && --uncertain == 0)
                found.certain_after = clock::now() - began;
            return false; // wait for all the same
        };
        network.async_request(commands.detect(part.tokens),
                              {.deadline = deadline,
                               .complete = watch,
                               .on_reply = [&](const raida::reply& reply) { progress.settled(reply); }},
                              [&](std::error_code refused, raida::replies<> replies) {
                                  --open;
                                  if (refused)
                                      throw std::system_error{refused, "detect"};
                                  part.replies = std::move(replies);
                              });
    }
    while (open != 0 && io.run_one() != 0) {
    }
    found.elapsed = clock::now() - began;
}

// Servers refuse a wrong coin or number with an answer that could be for anybody, so that it can only be
// taken as a hint, and only while nothing else is in flight to that server. After many parts at once, ask the
// silent ones again.
void explain_silence(asio::io_context& io, raida::fanout<>& network, raida::commands<>& commands,
                     std::chrono::milliseconds deadline, support::findings& found,
                     support::progress& progress)
{
    auto echo = commands.echo();
    bool worthwhile = false;
    for (std::size_t server = 0; server < raida::server_count; ++server) {
        bool silent = found.parts.size() > 1;
        for (const support::part& part : found.parts) {
            const raida::reply& reply = part.replies[server];
            silent = silent && reply.error == raida::errc::timed_out;
            if (reply.hint)
                found.hints[server] = reply.hint;
        }
        if (silent && !found.hints[server])
            worthwhile = true;
        else
            echo.skip(server);
    }
    if (!worthwhile)
        return;
    progress.say("asking the silent ones for the reason");
    bool open = true;
    network.async_request(echo, {.deadline = deadline},
                          [&](std::error_code, const raida::replies<>& replies) {
                              open = false;
                              for (const raida::reply& reply : replies)
                                  if (reply.hint)
                                      found.hints[reply.server] = reply.hint;
                          });
    while (open && io.run_one() != 0) {
    }
}

int detect(const settings& wanted)
{
    asio::io_context io{1};
    std::optional<support::demonstration> embedded;
    std::vector<raida::token> tokens;
    if (wanted.tokens)
        tokens = read_tokens(*wanted.tokens);
    if (!wanted.servers) {
        embedded.emplace(io, wanted.seed);
        if (wanted.tokens)
            embedded->know(tokens);
        else
            tokens = embedded->make_tokens();
    }
    const auto servers = wanted.servers ? read_servers(io, *wanted.servers) : embedded->servers();

    const auto screen = support::terminal::of_stdout();
    if (!wanted.json)
        std::cout << tokens.size() << (tokens.size() == 1 ? " token" : " tokens") << ", 25 servers "
                  << (wanted.servers ? "from " + *wanted.servers : "inside this program") << ", "
                  << wanted.deadline.count() << " ms for each to answer.\n\n"
                  << std::flush;

    // A large batch may have to wait for its turn at a silent server.
    raida::fanout<> network{io, servers, {.queue_wait = std::chrono::minutes{10}}};
    raida::commands<> commands{{.coin = wanted.coin}};
    support::findings found{servers, tokens};
    {
        support::progress progress{io, wanted.json ? support::terminal{} : screen, found.parts.size(),
                                   servers};
        ask(io, network, commands, wanted.deadline, found, progress);
        explain_silence(io, network, commands, std::min(wanted.deadline, longest_echo), found, progress);
    }
    for (support::part& part : found.parts)
        part.tally = raida::aggregate(part.replies, part.tokens.size());
    found.traffic = network.statistics().total();

    if (wanted.json)
        std::cout << support::json_report{found}.text() << '\n';
    else
        support::text_report{found, screen, std::cout}.print();
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    return found.count(raida::verdict::undecided) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const settings wanted = read_settings(argc, argv);
        if (!wanted.help)
            return detect(wanted);
        std::cout << help;
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "detect: " << problem.what() << '\n';
        return 2;
    }
}
