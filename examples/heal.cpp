// Heals tokens: servers that fail a token which most of them pass take a new number for it.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/change_settings.hpp"
#include "support/heal_report.hpp"
#include "support/key_token.hpp"
#include "support/pown_demonstration.hpp"
#include "support/run_program.hpp"
#include "support/server_file.hpp"
#include "support/terminal.hpp"
#include "support/token_file.hpp"
#include "support/token_reader.hpp"

#include <raida/client/journal_file.hpp>
#include <raida/crypto.hpp>
#include <raida/raida.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

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

constexpr const char* help = R"(usage: heal [options]

Has servers that fail a token take a new number for it, where at least 13 others
vouch for the token. Servers that pass it, or say nothing, are left alone. What
the new numbers are made of is in a journal on disk before anything is changed:
after a crash, --recover finds out what the servers hold and goes on. With no
options it shows this with 25 servers of its own.

  --servers FILE   the servers: one host:port per line, a host file, or CSV
  --tokens FILE    the tokens, in a file of any form; their numbers are never
                   printed
  --recover        go on with what the journal holds; may be repeated
  --other-servers  with --recover: the servers have moved to other addresses
                   than those that the journal knows
  --encrypt D:S    encrypt with the token of this denomination and serial
                   number; it is not healed
  --keys FILE      where that token is (default: in --tokens)
  --plain          do not encrypt: everybody on the way can compute the new
                   numbers
  --journal FILE   (default: heal.journal beside the tokens)
  --out FILE       where the tokens are written as they are then (default: the
                   journal's name, ending in .csv)
  --coin-id N      the coin that the tokens belong to (default 6)
  --deadline MS    how long to wait for each server (default 3000)
  --json           one JSON document instead of tables
  -h, --help       this text
  --version        which version this is

Only one program may heal in a network at a time: three fixes at the same moment
leave servers deaf until they are restarted.

Exit code: 0 no server fails any token any more, 1 some do, 2 bad input.
)";

using settings = support::change_settings;

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.take(given);
    given.done();
    wanted.check("heal", "heal real tokens", "compute");
    return wanted;
}

// What is to be healed and where that is written down.
struct task
{
    std::string journal, out;
    raida::server_list<> servers{};
    std::optional<raida::token> key{}; // nothing: unencrypted
    std::vector<raida::token> tokens{};
};

// The numbers that a heal knows, as a file of tokens is checked against them before it is replaced.
raida::transfer_record<> numbers_of(const raida::heal_record<>& record)
{
    raida::transfer_record<> known{.tokens = record.tokens, .new_numbers = {}};
    for (std::size_t token = 0; token < record.tokens.size(); ++token)
        for (std::size_t server = 0; server < raida::server_count; ++server)
            (server == 0 ? known.new_numbers.emplace_back() : known.new_numbers.back())[server] =
                record.fixed(token, server);
    return known;
}

// One line that is written over, where stdout is a terminal.
auto show_progress(const settings& wanted)
{
    const bool shows = !wanted.json && support::terminal::of_stdout().interactive;
    return [shows](const raida::heal_progress& now) {
        if (!shows)
            return;
        std::cout << "\r\x1b[K" << now.broken << " to heal, " << now.unconfirmed << " fixed, " << now.healed
                  << " healed";
        if (now.what == raida::fix_command)
            std::cout << ", server " << now.server << " at work";
        std::cout << (now.broken + now.unconfirmed == 0 ? "\r\x1b[K" : "") << std::flush;
    };
}

void announce(const settings& wanted, const task& work)
{
    if (!wanted.json)
        std::cout << (wanted.recover ? "Going on with " : "Healing, with ") << "the journal " << work.journal
                  << ", "
                  << (work.key ? "encrypted with token " + raida::to_string(work.key->id()) : "not encrypted")
                  << ".\n\n"
                  << std::flush;
}

template <class Codec>
raida::healing<> run(asio::io_context& io, const settings& wanted, const task& work, Codec codec)
{
    raida::heal_journal_file journal;
    if (const auto error = journal.open(work.journal))
        throw bad_input{"cannot use " + support::quoted(work.journal) + ": " + error.message()};
    raida::parse_error unfit;
    raida::heal_record<> record;
    if (wanted.recover)
        record = journal.read(unfit);
    else
        unfit = journal.begin();
    if (unfit)
        throw bad_input{"cannot use " + support::quoted(work.journal) + ": " + unfit.message()};
    const auto known = numbers_of(wanted.recover ? record : raida::heal_record<>{});
    support::check_may_replace(work.out, known);
    for (const auto& leftover : {work.journal + ".part", work.out + ".part"})
        support::check_may_replace(leftover, known, true);
    announce(wanted, work);

    raida::client_settings<> how;
    how.requests.coin = wanted.coin;
    how.deadline = wanted.deadline;
    how.allow_plain_pown = wanted.plain;
    raida::basic_client<raida::server_count, raida::transport::udp, Codec> client{io, work.servers, how,
                                                                                  std::move(codec)};
    std::error_code written, failed;
    raida::healing<> result;
    raida::heal_options<> options;
    options.journal = [&](const raida::heal_record<>& one) { return written = journal.write(one); };
    options.other_servers = wanted.other_servers;
    options.on_progress = show_progress(wanted);
    bool open = true;
    const auto done = [&](std::error_code error, raida::healing<> got) {
        open = false;
        failed = error;
        result = std::move(got);
    };
    if (wanted.recover)
        client.async_recover_heal(std::move(record), std::move(options), done);
    else
        client.async_heal(work.tokens, std::move(options), done);
    while (open && io.run_one() != 0) {
    }
    if (failed)
        throw bad_input{written ? "cannot write " + support::quoted(work.journal) + ": " + written.message()
                                : failed.message()};
    return result;
}

// Heals, and writes the tokens as they are now.
raida::healing<> heal(asio::io_context& io, const settings& wanted, const task& work)
{
    auto result =
        work.key ? run(io, wanted, work, raida::sealed{*work.key}) : run(io, wanted, work, raida::plain{});
    std::vector<raida::token> now;
    for (std::size_t i = 0; i < result.token_count(); ++i)
        now.push_back(result.token_now(i));
    support::write_tokens(work.out, now, numbers_of(result.record()));
    return result;
}

int report(const settings& wanted, const raida::healing<>& result)
{
    const support::heal_report report{result};
    if (wanted.json)
        std::cout << report.document().text() << '\n';
    else
        report.print(std::cout, support::terminal::of_stdout());
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    for (std::size_t token = 0; token < result.token_count(); ++token)
        if (!result.is_whole(token))
            return 1;
    return 0;
}

// Twelve tokens, each broken on one server more than the one before; the last on too many. One server is
// silent.
int demonstrate(asio::io_context& io, settings wanted)
{
    using namespace std::chrono_literals;
    const support::temporary_folder folder;
    raida::testing::fleet fleet{io, {.manners = {.delay = 20ms}}};
    raida::testing::enable_encryption(fleet);
    task work{folder / "heal.journal", folder / "heal.csv"};
    work.servers = fleet.servers();
    work.tokens = raida::testing::make_tokens(13);
    fleet.add(work.tokens);
    work.key = work.tokens.back();
    work.tokens.pop_back();
    raida::testing::seeded_random random{1};
    for (std::size_t token = 0; token < work.tokens.size(); ++token)
        for (std::size_t i = 0; i < (token == 11 ? 14 : token); ++i)
            fleet.set_number((3 * token + i) % 24, work.tokens[token].id(),
                             raida::testing::make_number(random));
    fleet.set(24, {.silent = true});
    wanted.deadline = 500ms;
    const auto result = heal(io, wanted, work);
    static_cast<void>(report(wanted, result));
    return result.count(11, raida::heal_state::not_authentic) == 14 &&
                   result.count(raida::heal_state::healed) == 55
               ? 0
               : 1;
}

int heal_tokens(const settings& wanted)
{
    asio::io_context io{1};
    if (wanted.is_demonstration())
        return demonstrate(io, wanted);
    task work;
    work.journal = wanted.journal_path("heal.journal");
    work.out = wanted.out_path(work.journal);
    wanted.check_files(work.journal, work.out);
    work.servers = support::read_servers(io, *wanted.servers);
    if (wanted.tokens)
        work.tokens = support::read_tokens(*wanted.tokens, wanted.coin);
    if (wanted.encrypt)
        work.key = support::key_token(
            wanted.keys ? support::read_tokens(*wanted.keys, wanted.coin) : work.tokens, *wanted.encrypt);
    if (work.key && !wanted.keys)
        std::erase_if(work.tokens, [&](const raida::token& one) { return one.id() == work.key->id(); });
    return report(wanted, heal(io, wanted, work));
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("heal", help, [&] { return read_settings(argc, argv); }, heal_tokens);
}
