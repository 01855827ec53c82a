// Are these tokens authentic? Asks all 25 servers at once and says what they say together.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/demonstration.hpp"
#include "support/detect_pictures.hpp"
#include "support/findings.hpp"
#include "support/json_report.hpp"
#include "support/key_token.hpp"
#include "support/output_file.hpp"
#include "support/page.hpp"
#include "support/progress.hpp"
#include "support/record_csv.hpp"
#include "support/run_program.hpp"
#include "support/sealing.hpp"
#include "support/server_file.hpp"
#include "support/svg.hpp"
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
#include <system_error>
#include <utility>
#include <vector>

namespace {

using support::bad_input;

constexpr const char* help = R"(usage: detect [options]

Asks 25 RAIDA servers at once whether tokens are authentic. With no options it
starts 25 servers of its own, some of them faulty, and has them judge tokens of
its own, some of them counterfeit.

  --servers FILE   the servers: one host:port per line, a host file, or CSV
                   (needs --tokens); a server's second address is its mirror
  --tokens FILE    the tokens, in a file of any form: .bin, .key, .stack, CSV
                   (denomination, serial number, 25 authenticity numbers in
                   hex), pictures; the numbers are never printed
  --demo           teaches the tokens to 25 servers inside this program, to
                   which then every one of them is authentic
  --wait WHAT      decided (default): ends as soon as no answer can change a
                   verdict; all: hears every server out, as who wants to heal
                   must
  --grade          also how wallets sort the tokens; waits for all
  --encrypt D:S    ask encrypted with the token of this denomination and serial
                   number, one of --keys or else of --tokens, which then is not
                   asked about; the built-in servers know any
  --keys FILE      tokens to encrypt with, as --tokens
  --coin-id N      the coin that the tokens belong to (default 6)
  --deadline MS    how long to wait for each server (default 3000)
  --attempts N     how often to ask one that is silent (default 2)
  --seed N         another run of the built-in servers (default 1)
  --records FILE   also write how each request went, as CSV
  --svg FILE       also draw a picture: when each server answered, and what it
                   said of each token
  --html FILE      the same as a page for browsers, with tables that sort; it
                   needs no network
  --json           one JSON document instead of tables
  -h, --help       this text
  --version        which version this is

Exit code: 0 every token is decided, 1 some are not, 2 bad input.
)";

struct settings
{
    std::optional<std::string> servers, tokens, encrypt, keys, records, svg, html;
    std::uint16_t coin = raida::default_coin;
    std::chrono::milliseconds deadline = raida::default_deadline;
    unsigned attempts = 2;
    std::uint64_t seed = 1;
    raida::wait_for wait = raida::wait_for::decided;
    bool demo = false, grade = false, json = false;
};

raida::wait_for read_wait(support::arguments& given, bool grades)
{
    const auto what = given.value("--wait");
    if (what && *what != "decided" && *what != "all")
        throw bad_input{"--wait takes decided or all, not " + support::quoted(*what)};
    return what.value_or(grades ? "all" : "decided") == "all" ? raida::wait_for::all
                                                              : raida::wait_for::decided;
}

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.json = given.flag("--json");
    wanted.demo = given.flag("--demo");
    wanted.grade = given.flag("--grade");
    wanted.wait = read_wait(given, wanted.grade);
    wanted.servers = given.value("--servers");
    wanted.tokens = given.value("--tokens");
    wanted.encrypt = given.value("--encrypt");
    wanted.keys = given.value("--keys");
    wanted.records = given.value("--records");
    wanted.svg = given.value("--svg");
    wanted.html = given.value("--html");
    wanted.coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, wanted.coin);
    wanted.deadline = std::chrono::milliseconds{
        given.number<std::int64_t>("--deadline", 1, 3'600'000, wanted.deadline.count(), " of milliseconds")};
    wanted.attempts = given.number<unsigned>("--attempts", 1, 10, wanted.attempts);
    wanted.seed = given.number<std::uint64_t>("--seed", 0, UINT64_MAX, wanted.seed);
    given.done();
    if (wanted.servers && !wanted.tokens)
        throw bad_input{"--servers needs --tokens: other servers do not know the built-in tokens"};
    if (wanted.servers && wanted.demo)
        throw bad_input{"--demo has servers of its own: leave it out, or --servers"};
    if (wanted.tokens && !wanted.servers && !wanted.demo)
        throw bad_input{"--tokens needs --servers, who know which tokens are authentic (or --demo, to which "
                        "all of them are)"};
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
        const auto keys = support::read_tokens(*wanted.keys, wanted.coin);
        return support::key_token(keys, *wanted.encrypt);
    }
    const bool is_there = std::any_of(asked.tokens.begin(), asked.tokens.end(),
                                      [&](const raida::token& one) { return one.id() == name; });
    if (!is_there && !wanted.tokens) {
        if (!name.denomination.is_valid() || !name.serial.is_valid())
            throw bad_input{"no token can be named " + raida::to_string(name) +
                            ": denominations are -8 to 6, serial numbers below " +
                            std::to_string(raida::serial_limit)};
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
        asked.tokens = support::read_tokens(*wanted.tokens, wanted.coin);
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
              << (wanted.servers ? "from " + *wanted.servers : "inside this program")
              << (wanted.tokens && !wanted.servers ? ", which were told to believe in them" : "") << ", "
              << wanted.deadline.count() << " ms for each to answer.\n\n"
              << std::flush;
}

// Asks, and fills in what was found. `Codec` is raida::plain or support::sealing.
template <class Codec>
class asking
{
  public:
    using client = raida::basic_client<raida::server_count, raida::transport::udp, Codec>;

    asking(asio::io_context& io, const settings& wanted, support::findings& found, support::progress& shown,
           support::record_csv* records, Codec codec)
        : io_{io},
          wanted_{wanted},
          found_{found},
          shown_{shown},
          client_{io, found.servers, client_settings(wanted, found, records), std::move(codec)}
    {}

    void run()
    {
        const auto began = std::chrono::steady_clock::now();
        found_.votes = awaited<raida::batch_tally<>>([&](auto done) {
            client_.async_detect(found_.tokens,
                                 {.on_progress =
                                      [&](const auto& now) {
                                          shown_.take(now);
                                          found_.when.take(now);
                                      }},
                                 std::move(done));
        });
        found_.elapsed = std::chrono::steady_clock::now() - began;
        if (found_.waited_for_all || found_.votes.count(raida::verdict::undecided) != 0)
            explain_silence();
        found_.key = client_.codec().key_token();
        found_.traffic = client_.network().statistics().total();
    }

  private:
    static raida::client_settings<> client_settings(const settings& wanted, support::findings& found,
                                                    support::record_csv* records)
    {
        raida::client_settings<> how;
        how.requests.coin = wanted.coin;
        how.wait = wanted.wait;
        how.deadline = wanted.deadline;
        how.retry = raida::retry_policy::up_to(wanted.attempts);
        how.budget = raida::longest_deadline; // what limits a call are the deadlines
        how.on_record = [&found, records](const raida::request_record& one) {
            found.take(one);
            if (records != nullptr)
                records->write(one);
        };
        return how;
    }

    // Servers refuse a wrong coin or number with an answer that could be for anybody, so that it can only be
    // taken as a hint, and only while nothing else is in flight to that server. After many requests at once,
    // ask the silent ones again.
    void explain_silence()
    {
        constexpr std::chrono::milliseconds longest{2000}; // public guidance for an echo
        raida::server_list<> silent;
        bool any = false;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (found_.is_silent(server) && !found_.hints[server] && found_.requests[server].size() > 1 &&
                found_.servers.endpoint(server) != nullptr) {
                silent.set(server, *found_.servers.endpoint(server));
                any = true;
            }
        if (!any)
            return;
        shown_.say("asking the silent ones for the reason", silent);
        client_.set_servers(silent);
        awaited<raida::replies<>>([&](auto done) {
            client_.async_echo({.deadline = std::min(wanted_.deadline, longest),
                                .retry = raida::retry_policy::none(),
                                .on_progress = [&](const auto& now) { shown_.take(now); }},
                               std::move(done));
        });
    }

    template <class Result, class Start>
    Result awaited(Start start)
    {
        std::optional<Result> result;
        start([&](std::error_code refused, Result got) {
            if (refused)
                throw std::system_error{refused, "detect"};
            result = std::move(got);
        });
        while (!result && io_.run_one() != 0) {
        }
        return std::move(*result);
    }

    asio::io_context& io_;
    const settings& wanted_;
    support::findings& found_;
    support::progress& shown_;
    client client_;
};

void ask(asio::io_context& io, const settings& wanted, const question& asked, support::findings& found,
         const support::terminal& screen)
{
    std::optional<support::record_csv> records;
    if (wanted.records)
        records.emplace(*wanted.records);
    auto* const taken = records ? &*records : nullptr;
    if (!wanted.json)
        announce(wanted, asked);
    {
        support::progress shown{io, wanted.json ? support::terminal{} : screen, asked.servers};
        if (asked.key)
            asking{io, wanted, found, shown, taken, support::sealing{*asked.key}}.run();
        else
            asking{io, wanted, found, shown, taken, raida::plain{}}.run();
    }
    if (records)
        records->close();
}

int detect(const settings& wanted)
{
    asio::io_context io{1};
    question asked;
    prepare(wanted, io, asked);
    const auto screen = support::terminal::of_stdout();
    std::optional<support::output_file> picture,
        page; // what cannot be written is told before anybody is asked
    if (wanted.svg)
        picture.emplace(*wanted.svg, support::svg::mark, "picture of ours", "--svg");
    if (wanted.html)
        page.emplace(*wanted.html, support::page::mark, "page of ours", "--html");
    support::findings found{.servers = asked.servers,
                            .tokens = asked.tokens,
                            .by = wanted.servers  ? support::judges::real
                                  : wanted.tokens ? support::judges::taught
                                                  : support::judges::own_tokens,
                            .waited_for_all = wanted.wait == raida::wait_for::all};
    ask(io, wanted, asked, found, screen);
    const support::detect_pictures pictures{found};
    if (picture)
        picture->finish(pictures.svg_document());
    if (page)
        page->finish(pictures.html_document());
    if (wanted.json)
        std::cout << support::json_report{found, wanted.grade}.text() << '\n';
    else
        support::text_report{found, wanted.grade, screen, std::cout}.print();
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    return found.votes.count(raida::verdict::undecided) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("detect", help, [&] { return read_settings(argc, argv); }, detect);
}
