// How is the network? Asks all 25 servers for an echo and for their version, once or again and again.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/demonstration.hpp"
#include "support/echo_pictures.hpp"
#include "support/finish_calls_after.hpp"
#include "support/health.hpp"
#include "support/health_report.hpp"
#include "support/live_screen.hpp"
#include "support/output_file.hpp"
#include "support/page.hpp"
#include "support/progress.hpp"
#include "support/record_csv.hpp"
#include "support/run_program.hpp"
#include "support/server_file.hpp"
#include "support/svg.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"
#include "support/timeline.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace {

using support::bad_input;

constexpr const char* help = R"(usage: echo [options]

Asks 25 RAIDA servers for an echo, and those that are well for their version.
With no options it starts 25 servers of its own, some of them faulty.

  --servers FILE     the servers: one host:port per line, a host file, or CSV;
                     mirrors are not asked
  --watch [SECONDS]  ask again and again, SECONDS (default 2) from one round's
                     begin to the next's, until Ctrl-C; an answer that is not
                     there when the next round begins is lost; 0: as soon as
                     the last round is over; shows the least and the median
                     round trip and the share of lost datagrams, too, of the
                     last 100 rounds
  --count N          end --watch after N rounds
  --deadline MS      how long to wait for each server (default 2000)
  --attempts N       how often to ask one that is silent (default 2)
  --coin-id N        the coin whose servers they are (default 6)
  --seed N           another run of the built-in servers (default 1)
  --records FILE     also write how each request went, as CSV
  --svg FILE         also draw a picture of the round trips, of the last 300
                     rounds
  --html FILE        the same as a page for browsers, with a table that sorts;
                     it needs no network
  --json             JSON instead of tables; with --watch one line per round
  -h, --help         this text
  --version          which version this is

Exit code: 0 at least 13 servers were well in the last round, 1 fewer,
2 bad input.
)";

struct settings
{
    std::optional<std::string> servers, records, svg, html;
    std::optional<std::int64_t> watch; // seconds
    std::optional<std::uint64_t> count;
    std::chrono::milliseconds deadline{2000}; // public guidance for an echo
    unsigned attempts = 2;
    std::uint16_t coin = raida::default_coin;
    std::uint64_t seed = 1;
    bool json = false;
};

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.json = given.flag("--json");
    wanted.watch = given.optional_number<std::int64_t>("--watch", 0, 86'400, 2);
    wanted.servers = given.value("--servers");
    wanted.records = given.value("--records");
    wanted.svg = given.value("--svg");
    wanted.html = given.value("--html");
    if (const auto count = given.number<std::uint64_t>("--count", 1, 1'000'000'000, UINT64_MAX);
        count != UINT64_MAX)
        wanted.count = count;
    wanted.deadline = std::chrono::milliseconds{
        given.number<std::int64_t>("--deadline", 1, 3'600'000, wanted.deadline.count(), " of milliseconds")};
    wanted.attempts = given.number<unsigned>("--attempts", 1, 10, wanted.attempts);
    wanted.coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, wanted.coin);
    wanted.seed = given.number<std::uint64_t>("--seed", 0, UINT64_MAX, wanted.seed);
    given.done();
    if (wanted.count && !wanted.watch)
        throw bad_input{"--count needs --watch"};
    return wanted;
}

// A table has one line per server, so that a mirror that answered in its place would not show.
raida::server_list<> primaries(const raida::server_list<>& all)
{
    raida::server_list<> result;
    for (std::size_t server = 0; server < raida::server_count; ++server)
        if (const auto* endpoint = all.endpoint(server))
            result.set(server, *endpoint);
        else
            result.clear(server, all.error(server));
    return result;
}

// Round after round. Everything happens inside run().
class checkup
{
  public:
    checkup(asio::io_context& io, const settings& wanted, const raida::server_list<>& servers,
            support::record_csv* records)
        : io_{io},
          wanted_{wanted},
          how_{client_settings(wanted, records, when_)},
          picture_{servers},
          network_{io, servers, how_}
    {
        seen_.servers = servers;
    }

    // Until the last round, or Ctrl-C. What was seen last is left in seen().
    void run()
    {
        asio::signal_set signals{io_};
        if (wanted_.watch) {
            for (const int signal : {SIGINT, SIGTERM}) {
                signals.add(signal);
                support::finish_calls_after(signal);
            }
            signals.async_wait([this](std::error_code, int) { io_.stop(); });
        }
        const support::terminal plain;
        const support::live_screen live{is_live() ? screen_ : plain};
        show_ = [&live](const std::string& text) { live.show(text); };
        if (!wanted_.json && !is_live())
            show_(heading());
        draw_progress();
        ask();
        io_.run();
    }

    // Is what was shown gone?
    [[nodiscard]] bool is_live() const { return wanted_.watch && screen_.interactive && !wanted_.json; }

    [[nodiscard]] const support::health& seen() const { return seen_; }
    [[nodiscard]] const support::timeline& when() const { return when_; }

  private:
    using clock = std::chrono::steady_clock;

    static raida::client_settings<> client_settings(const settings& wanted, support::record_csv* records,
                                                    support::timeline& when)
    {
        raida::client_settings<> how;
        how.requests.coin = wanted.coin;
        how.deadline = wanted.deadline;
        how.retry = raida::retry_policy::up_to(wanted.attempts);
        how.budget = raida::longest_deadline; // what limits a round are the deadlines
        how.on_record = [records, &when](const raida::request_record& one) {
            if (one.command == raida::echo_command)
                when.take(one);
            if (records != nullptr)
                records->write(one);
        };
        return how;
    }

    // Before the first round is over there is nothing else to be seen.
    void draw_progress()
    {
        if (is_live())
            first_look_.emplace(io_, [this] {
                show_(heading() +
                      picture_.drawn("asking all servers at once", support::terminal::of_stdout()));
            });
        else if (!wanted_.watch && !wanted_.json)
            progress_.emplace(io_, screen_, seen_.servers);
    }

    // Whatever a slow server does, the next round begins in time.
    [[nodiscard]] std::chrono::seconds interval() const
    {
        return std::chrono::seconds{wanted_.watch.value_or(0)};
    }
    [[nodiscard]] bool is_last() const { return !wanted_.watch || seen_.rounds == wanted_.count.value_or(0); }

    void ask()
    {
        began_ = clock::now();
        raida::call_options<> how{.on_progress = [this](const raida::progress<>& now) {
            picture_.take(now);
            if (progress_)
                progress_->take(now);
        }};
        if (interval() != interval().zero())
            how.budget = interval();
        network_.async_echo(std::move(how), [this](std::error_code refused, raida::replies<> answers) {
            if (refused)
                throw std::system_error{refused, "echo"};
            seen_.take_echoes(std::move(answers));
            first_look_.reset();
            ask_for_versions();
            waits_for_versions_ = asks_for_versions_ && (is_last() || interval() == interval().zero());
            if (!waits_for_versions_)
                finish_round();
        });
    }

    // Not together with the echoes: why a server refuses us shows only while nothing else is in flight to it.
    void ask_for_versions()
    {
        const auto whom = seen_.to_be_asked_for_version();
        if (asks_for_versions_ || whom.count() == 0)
            return;
        asks_for_versions_ = true;
        versions_.emplace(io_, whom, how_);
        versions_->async_version([this](std::error_code refused, raida::server_versions<> told) {
            if (refused)
                throw std::system_error{refused, "version"};
            asks_for_versions_ = false;
            seen_.take_versions(told);
            if (waits_for_versions_)
                finish_round();
            else if (is_live())
                show_(text());
        });
    }

    void finish_round()
    {
        progress_.reset();
        show_(wanted_.json ? json() : text());
        if (is_last())
            return io_.stop();
        timer_.expires_at(began_ + interval());
        timer_.async_wait([this](std::error_code) { ask(); });
    }

    // A document of several lines when there is one, of one line when there are many.
    [[nodiscard]] std::string json() const
    {
        std::string document = support::health_report{seen_}.json();
        if (wanted_.watch)
            std::replace(document.begin(), document.end(), '\n', ' ');
        return document + "\n";
    }

    // On a screen that may be too small the summary comes first.
    [[nodiscard]] std::string text() const
    {
        const auto screen = support::terminal::of_stdout(); // it may have been resized
        const support::health_report report{seen_};
        std::ostringstream text;
        if (is_live())
            text << heading() << support::wrapped(report.summary(), screen.room()) << '\n';
        report.print_table(text, screen);
        if (!is_live())
            text << '\n' << support::wrapped(report.summary(), screen.room()) << (wanted_.watch ? "\n" : "");
        return text.str();
    }

    [[nodiscard]] std::string heading() const
    {
        std::string text =
            "25 servers " + (wanted_.servers ? "from " + *wanted_.servers : "inside this program");
        text += ", " + std::to_string(wanted_.deadline.count()) + " ms for each to answer";
        if (wanted_.watch)
            text += ", every " + std::to_string(*wanted_.watch) + " s until Ctrl-C";
        if (seen_.rounds != 0)
            text += ", round " + std::to_string(seen_.rounds);
        return support::wrapped(text + ".\n\n", support::terminal::of_stdout().room());
    }

    asio::io_context& io_;
    const settings& wanted_;
    support::timeline when_{support::echo_pictures::rounds}; // before how_, which tells it
    const raida::client_settings<> how_;
    const support::terminal screen_ = support::terminal::of_stdout();
    support::health seen_;
    support::call_picture picture_;
    std::optional<support::redrawn> first_look_;
    std::optional<support::progress> progress_;
    std::function<void(const std::string&)> show_;
    asio::steady_timer timer_{io_};
    clock::time_point began_{};
    raida::client network_;
    std::optional<raida::client> versions_; // asks only those that are well
    bool asks_for_versions_ = false, waits_for_versions_ = false;
};

int echo(const settings& wanted)
{
    asio::io_context io{1};
    std::optional<support::demonstration> embedded;
    raida::server_list<> servers;
    if (wanted.servers)
        servers = primaries(support::read_servers(io, *wanted.servers));
    else
        servers = embedded.emplace(io, wanted.seed).servers();
    std::optional<support::record_csv> records;
    if (wanted.records)
        records.emplace(*wanted.records);

    std::optional<support::output_file> picture,
        page; // what cannot be written is told before anybody is asked
    if (wanted.svg)
        picture.emplace(*wanted.svg, support::svg::mark, "picture of ours", "--svg");
    if (wanted.html)
        page.emplace(*wanted.html, support::page::mark, "page of ours", "--html");

    checkup patient{io, wanted, servers, records ? &*records : nullptr};
    patient.run();
    if (patient.is_live() && patient.seen().rounds != 0) {
        const support::health_report left{patient.seen()};
        const auto screen = support::terminal::of_stdout();
        left.print_table(std::cout, screen);
        std::cout << '\n' << support::wrapped(left.summary(), screen.room());
    }
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    if (records)
        records->close();
    const support::echo_pictures pictures{patient.seen(), patient.when()};
    if (picture)
        picture->finish(pictures.svg_document());
    if (page)
        page->finish(pictures.html_document());
    return patient.seen().well() >= support::health::quorum ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("echo", help, [&] { return read_settings(argc, argv); }, echo);
}
