// Takes ownership of tokens: gives them new authenticity numbers, and loses none whatever happens on the way.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/change_settings.hpp"
#include "support/journal_file.hpp"
#include "support/key_token.hpp"
#include "support/pown_demonstration.hpp"
#include "support/run_program.hpp"
#include "support/server_file.hpp"
#include "support/terminal.hpp"
#include "support/token_file.hpp"
#include "support/token_reader.hpp"
#include "support/transfer_report.hpp"

#include <raida/crypto.hpp>
#include <raida/raida.hpp>

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

constexpr const char* help = R"(usage: pown [options]

Gives tokens new authenticity numbers, so that nobody else can use them any
more. Both numbers are in a journal on disk before the first datagram leaves:
after a crash, --recover finds out what each server holds and finishes. With no
options it shows all this with 25 servers of its own, some of them faulty.

  --servers FILE   the servers: one host:port per line, a host file, or CSV
  --tokens FILE    the tokens, in a file of any form: .bin, .key, .stack, CSV
                   (denomination, serial number, 25 authenticity numbers in
                   hex), pictures; the numbers are never printed
  --recover        finish what the journal holds; may be repeated
  --other-servers  with --recover: the servers have moved to other addresses
                   than those that the journal knows
  --encrypt D:S    encrypt with the token of this denomination and serial
                   number; it is not transferred
  --keys FILE      where that token is (default: in --tokens)
  --plain          do not encrypt: everybody on the way can read the new numbers
  --journal FILE   (default: pown.journal beside the tokens)
  --out FILE       where the tokens with their new numbers are written (default:
                   the journal's name, ending in .csv); a file that holds a
                   number which the journal has not is never replaced
  --coin-id N      the coin that the tokens belong to (default 6)
  --deadline MS    how long to wait for each server (default 3000)
  --budget SECONDS how long all of it may take (default 60)
  --seed N         another run of the built-in servers (default 1)
  --json           one JSON document instead of tables
  -h, --help       this text
  --version        which version this is

Exit code: 0 every token is transferred, 1 some are not, 2 bad input.
)";

struct settings : support::change_settings
{
    std::chrono::seconds budget{60};
    std::uint64_t seed = 1;
};

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.take(given);
    wanted.budget = std::chrono::seconds{
        given.number<std::int64_t>("--budget", 1, 86'400, wanted.budget.count(), " of seconds")};
    wanted.seed = given.number<std::uint64_t>("--seed", 0, UINT64_MAX, wanted.seed);
    given.done();
    wanted.check("transfer", "give real tokens new numbers", "read");
    return wanted;
}

// What is to be transferred and where that is written down.
struct task
{
    support::journal_file journal;
    std::string out;
    raida::server_list<> servers{};
    std::optional<raida::token> key{}; // nothing: unencrypted
    std::vector<raida::token> tokens{};
    std::optional<raida::transfer_record<>> record{}; // given: recover

    task(const std::string& path, std::string new_tokens) : journal{path}, out{std::move(new_tokens)} {}
};

struct outcome
{
    raida::transfer<> result;
    support::last_words words;
};

raida::client_settings<> client_settings(const settings& wanted, support::last_words& words)
{
    raida::client_settings<> how;
    how.requests.coin = wanted.coin;
    how.deadline = wanted.deadline;
    how.budget = wanted.budget;
    how.allow_plain_pown = wanted.plain;
    how.on_record = [&words](const raida::request_record& record) { words(record); };
    return how;
}

template <class Codec>
outcome run(asio::io_context& io, const settings& wanted, task& work, Codec codec)
{
    outcome got;
    std::error_code failed;
    bool open = true;
    raida::basic_client<raida::server_count, raida::transport::udp, Codec> client{
        io, work.servers, client_settings(wanted, got.words), std::move(codec)};
    const auto done = [&](std::error_code error, raida::transfer<> result) {
        open = false;
        failed = error;
        got.result = std::move(result);
    };
    raida::pown_options<> how;
    how.journal = [&work](const raida::transfer_record<>& record) { return work.journal.write(record); };
    how.other_servers = wanted.other_servers;
    if (work.record)
        client.async_recover(*std::move(work.record), std::move(how), done);
    else
        client.async_pown(work.tokens, std::move(how), done);
    while (open && io.run_one() != 0) {
    }
    if (failed == raida::errc::other_servers)
        throw bad_input{failed.message() + ": if they have moved, say so with --other-servers"};
    if (got.result.token_count() == 0) // nothing was sent
        throw bad_input{failed == raida::errc::journal_failed ? work.journal.failure() : failed.message()};
    return got;
}

// Everything that can be refused before anything is sent. Throws bad_input.
void prepare(task& work)
{
    const auto& tokens = work.record ? work.record->tokens : work.tokens;
    for (const raida::token& one : tokens)
        if (work.key && one.id() == work.key->id())
            throw bad_input{"token " + raida::to_string(one.id()) +
                            " cannot encrypt its own transfer: who paid with it could read the new numbers"};
    const raida::transfer_record<> nothing;
    const auto& known = work.record ? *work.record : nothing;
    for (const auto& leftover : {work.journal.path() + ".part", work.out + ".part"})
        support::check_may_replace(leftover, known, true);
    if (!work.record) {
        if (support::exists(work.out))
            throw bad_input{support::quoted(work.out) + " exists already: name another file with --out"};
        return work.journal.begin();
    }
    support::check_may_replace(work.out, known);
    work.record->finished = false;
    if (work.journal.write(*work.record))
        throw bad_input{work.journal.failure()};
}

// Transfers or recovers, and writes the tokens as they are now.
outcome transfer(asio::io_context& io, const settings& wanted, task& work)
{
    outcome got =
        work.key ? run(io, wanted, work, raida::sealed{*work.key}) : run(io, wanted, work, raida::plain{});
    std::vector<raida::token> now;
    for (std::size_t i = 0; i < got.result.token_count(); ++i)
        now.push_back(got.result.token_now(i));
    try {
        support::write_tokens(work.out, now, got.result.record());
    } catch (const bad_input& problem) {
        throw bad_input{problem.what() +
                        std::string{". The journal has every number: pown --recover writes the tokens"}};
    }
    if (!work.journal.failure().empty())
        throw bad_input{work.journal.failure()};
    return got;
}

void read(asio::io_context& io, const settings& wanted, task& work)
{
    work.servers = support::read_servers(io, *wanted.servers);
    if (!wanted.recover) {
        auto held = support::read_token_file(*wanted.tokens, wanted.coin);
        if (!held.new_numbers.empty())
            throw bad_input{
                support::quoted(*wanted.tokens) +
                " holds a pown in limbo, old numbers and new ones: make a journal of it (convert " +
                *wanted.tokens + " NAME.journal) and recover that"};
        work.tokens = std::move(held.tokens);
    }
    if (wanted.encrypt)
        work.key = support::key_token(
            support::read_tokens(wanted.keys ? *wanted.keys : *wanted.tokens, wanted.coin), *wanted.encrypt);
    if (wanted.recover)
        work.record = work.journal.read();
    else if (wanted.encrypt && !wanted.keys)
        std::erase_if(work.tokens, [&](const raida::token& one) { return one.id() == work.key->id(); });
}

void describe(const settings& wanted, const task& work)
{
    if (wanted.json)
        return;
    const std::size_t tokens = work.record ? work.record->tokens.size() : work.tokens.size();
    std::cout << (work.record ? "Recovering " : "Transferring ") << tokens
              << (tokens == 1 ? " token" : " tokens") << " at 25 servers "
              << (wanted.servers ? "from " + *wanted.servers : "inside this program") << ", "
              << (work.key ? "encrypted with token " + raida::to_string(work.key->id()) : "not encrypted")
              << ".\nJournal: " << work.journal.path() << "\n\n"
              << std::flush;
}

bool is_all(const raida::transfer<>& result)
{
    return result.count(raida::transfer_outcome::transferred) == result.token_count();
}

int demonstrate(asio::io_context& io, settings wanted)
{
    const support::temporary_folder folder;
    const auto screen = support::terminal::of_stdout();
    support::pown_demonstration embedded{io, wanted.seed};
    task work{folder / "pown.journal", folder / "pown.csv"};
    work.servers = embedded.servers();
    work.key = embedded.key();
    work.tokens = embedded.tokens();
    wanted.deadline = std::chrono::milliseconds{300};

    prepare(work);
    describe(wanted, work);
    const outcome first = transfer(io, wanted, work);
    const support::transfer_report before{first.result, first.words};
    if (!wanted.json) {
        before.print(std::cout, screen);
        std::cout
            << "\nSome time later the server that was down is back, and the journal is still there.\n\n";
    }
    embedded.mend();
    work.record = work.journal.read();
    prepare(work);
    describe(wanted, work);
    const outcome second = transfer(io, wanted, work);
    const support::transfer_report after{second.result, second.words};
    if (wanted.json)
        std::cout
            << support::json::object({{"pown", before.document()}, {"recovery", after.document()}}).text()
            << '\n';
    else
        after.print(std::cout, screen);
    return is_all(second.result) ? 0 : 1;
}

int pown(const settings& wanted)
{
    asio::io_context io{1};
    if (wanted.is_demonstration())
        return demonstrate(io, wanted);
    const std::string journal = wanted.journal_path("pown.journal"), out = wanted.out_path(journal);
    wanted.check_files(journal, out);
    task work{journal, out};
    read(io, wanted, work);
    prepare(work);
    describe(wanted, work);
    const outcome got = transfer(io, wanted, work);
    const support::transfer_report report{got.result, got.words};
    if (wanted.json) {
        std::cout << report.document().text() << '\n';
    } else {
        report.print(std::cout, support::terminal::of_stdout());
        if (!work.journal.moved_to().empty())
            std::cout << "The journal of an earlier transfer is now " << work.journal.moved_to() << ".\n";
        std::cout << "They are in " << work.journal.path() << "; the new tokens are in " << work.out
                  << ". Then pown --recover once more: it finds out whether every server has remembered.\n";
    }
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    return is_all(got.result) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("pown", help, [&] { return read_settings(argc, argv); }, pown);
}
