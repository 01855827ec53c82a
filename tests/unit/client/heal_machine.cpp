// A heal's decisions with servers that are a table: no socket, no clock, no secrets.
#include <raida/client/detail/heal_machine.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

using raida::errc;
using raida::find_answer;
using raida::heal_state;
using raida::holding;
using raida::status;
using raida::ticket;
using raida::vote;
using namespace std::chrono_literals;

constexpr std::size_t N = 5; // three others must vouch
using machine_type = raida::detail::heal_machine<N>;
using ask_votes = raida::detail::ask_votes;
using ask_holdings = raida::detail::ask_holdings<N>;
using ask_tickets = raida::detail::ask_tickets<N>;
using ask_fix = raida::detail::ask_fix<N>;
using raida::detail::done;
using raida::detail::tell_progress;
using raida::detail::wait_until;
using raida::detail::write_record;

constexpr raida::detail::heal_time noon{12h};

raida::heal_answer ticket_of(std::size_t server, std::vector<bool> passes)
{
    std::vector<std::uint8_t> body(raida::bitfield::bytes_for(passes.size()));
    std::size_t passed = 0;
    for (std::size_t i = 0; i < passes.size(); ++i)
        if (passes[i]) {
            ++passed;
            body[i / 8] = static_cast<std::uint8_t>(body[i / 8] | 1U << i % 8);
        }
    if (passed == 0)
        return raida::parse_ticket(status::all_fail, {}, passes.size()).value();
    const bool all = passed == passes.size();
    if (all)
        body.clear();
    body.insert(body.end(), {0, 0, 1, static_cast<std::uint8_t>(server)});
    return raida::parse_ticket(all ? status::all_pass : status::mixed, body, passes.size()).value();
}

struct heal_world
{
    // Per token a letter for each server: p passes, f fails, n is silent, - has no number, F fixed.
    std::vector<std::string> truth;
    std::vector<std::string> asked; // "votes", "find 0@1", "tickets", "fix 0 1@3"
    std::vector<bool> records;      // last or not
    std::optional<std::error_code> done_with;
    std::optional<ask_fix> open;
    std::size_t tickets = 0, waits = 0, progress = 0;
    std::bitset<N> no_ticket{}; // servers that do not give any
    bool fix_helps = true, finds = true;
    raida::detail::page_locks own_locks;
    raida::detail::page_locks* locks;
    machine_type machine;

    explicit heal_world(std::vector<std::string> held, raida::detail::heal_rules rules = {},
                        raida::detail::page_locks* shared = nullptr, std::uint32_t who = 1)
        : truth{std::move(held)},
          locks{shared != nullptr ? shared : &own_locks},
          machine{ids(truth.size()), numbered(truth), with_quorum(rules), who}
    {
        machine.limit(64);
    }
    heal_world(const heal_world&) = delete;
    heal_world& operator=(const heal_world&) = delete;

    static std::vector<raida::token_id> ids(std::size_t count)
    {
        std::vector<raida::token_id> made;
        for (std::uint32_t i = 0; i < count; ++i)
            made.push_back({{0}, {i}});
        return made;
    }
    static std::vector<std::bitset<N>> numbered(const std::vector<std::string>& held)
    {
        std::vector<std::bitset<N>> made(held.size());
        for (std::size_t t = 0; t < held.size(); ++t)
            for (std::size_t s = 0; s < N; ++s)
                made[t][s] = held[t][s] != '-';
        return made;
    }
    static raida::detail::heal_rules with_quorum(raida::detail::heal_rules rules)
    {
        rules.quorum = 3;
        return rules;
    }

    auto votes() const
    {
        return [this](std::size_t token, std::size_t server) {
            const char held = truth[token][server];
            return held == 'p' ? vote::pass : held == 'f' || held == 'F' ? vote::fail : vote::none;
        };
    }

    // All that is to be done up to the next fix, which stays open.
    void run()
    {
        while (!open) {
            auto next = machine.next(*locks);
            if (!next)
                break;
            std::visit([this](auto& action) { this->take(action); }, *next);
            check_claims();
        }
    }
    // The open fix, and all that follows to the end.
    void run_to_end()
    {
        for (run(); open; run())
            end_fix(fix_helps);
    }
    void end_fix(bool helps, bool was_sent = true)
    {
        const ask_fix asked_for = *std::exchange(open, std::nullopt);
        if (helps)
            for (const auto token : asked_for.tokens)
                truth[token][asked_for.server] = 'F';
        machine.fixed(was_sent);
        check_claims();
    }

    std::string states(std::size_t token) const
    {
        std::string letters;
        for (std::size_t s = 0; s < N; ++s)
            letters += "u-hH?at.x"[static_cast<std::size_t>(machine.slots().at(token, s))];
        return letters;
    }

  private:
    void take(const ask_votes&)
    {
        asked.emplace_back("votes");
        machine.voted(votes());
    }
    void take(const ask_holdings& wanted)
    {
        std::string text = "find";
        for (std::size_t i = 0; i < wanted.tokens.size(); ++i) {
            text += ' ' + std::to_string(wanted.tokens[i]) + '@';
            for (std::size_t s = 0; s < N; ++s)
                text += wanted.servers[i][s] ? std::to_string(s) : "";
        }
        asked.push_back(text);
        machine.found([&](std::size_t i, std::size_t server) -> std::optional<find_answer> {
            const char held = truth[wanted.tokens[i]][server];
            if (!finds || !wanted.servers[i][server] || held == 'n')
                return std::nullopt;
            return held == 'p'   ? find_answer::authenticity
                   : held == 'F' ? find_answer::new_authenticity
                                 : find_answer::neither;
        });
    }
    void take(const ask_tickets& wanted)
    {
        asked.emplace_back("tickets");
        ++tickets;
        for (std::size_t s = 0; s < N; ++s) {
            std::vector<bool> passes;
            for (const auto token : wanted.tokens[s])
                passes.push_back(truth[token][s] == 'p' || truth[token][s] == 'F');
            if (!passes.empty() && !no_ticket[s])
                machine.vouched(s, ticket_of(s, passes));
        }
        machine.tickets_over();
    }
    void take(const ask_fix& wanted)
    {
        REQUIRE_FALSE(records.empty()); // the journal comes first
        std::string text = "fix";
        for (const auto token : wanted.tokens) {
            text += ' ' + std::to_string(token);
            CHECK(truth[token][wanted.server] == 'f'); // else it does harm
            std::size_t vouchers = 0;
            for (std::size_t s = 0; s < N; ++s)
                vouchers += s != wanted.server && wanted.from[s] != ticket::none &&
                                    (truth[token][s] == 'p' || truth[token][s] == 'F')
                                ? 1
                                : 0;
            CHECK(vouchers >= 3);
        }
        CHECK(wanted.from[wanted.server] == ticket::none);
        asked.push_back(text + '@' + std::to_string(wanted.server));
        open = wanted;
    }
    void take(const write_record& wanted)
    {
        records.push_back(wanted.last);
        if (journal)
            machine.journal_taken(*journal);
    }
    void take(const wait_until&) { ++waits; }
    void take(const tell_progress&) { ++progress; }
    void take(const done& what)
    {
        CHECK_FALSE(done_with);
        done_with = what.error;
        CHECK(machine.is_over());
    }

    // What is believed, and what a record would say, is so.
    void check_claims() const
    {
        for (std::size_t t = 0; t < truth.size(); ++t)
            for (std::size_t s = 0; s < N; ++s) {
                const char held = truth[t][s];
                const auto state = machine.slots().at(t, s);
                CHECK((state == heal_state::healthy) <= (held == 'p' || truth_may_change));
                CHECK((state == heal_state::healed) <= (held == 'F'));
                CHECK((raida::is_broken(state)) <= (held == 'f' || held == 'F'));
                for (const bool last : {false, true})
                    if (machine.slots().held(t, s, last) == holding::neither)
                        CHECK(held == 'f');
            }
    }

  public:
    std::optional<std::error_code> journal = std::error_code{}; // what it says; nothing: nothing yet
    bool truth_may_change = false;
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a healthy batch is asked once, and nothing is written", "[heal_machine]")
{
    heal_world w{{"ppppp", "ppnp-"}};
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.asked == names{"votes"});
    CHECK(w.records.empty());
    CHECK(w.done_with == std::error_code{});
    CHECK(w.states(1) == "hhuh-");
}

TEST_CASE("servers that failed are fixed one after another, tokens together, and asked what they hold",
          "[heal_machine]")
{
    heal_world w{{"pppff", "pppfp", "ppppp"}};
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.asked == names{"votes", "tickets", "fix 0 1@3", "fix 0@4", "find 0@34 1@3"});
    CHECK(w.records == std::vector<bool>{false, true});
    CHECK(w.done_with == std::error_code{});
    CHECK(w.states(0) == "hhhHH");
    CHECK(w.states(1) == "hhhHh");
}

TEST_CASE("one fix is open at a time, and none before the journal has taken the record", "[heal_machine]")
{
    heal_world w{{"pppff"}};
    w.journal.reset();
    w.machine.start(noon);
    w.run();
    CHECK(w.records == std::vector<bool>{false});
    CHECK_FALSE(w.open);
    CHECK(w.machine.slots().held(0, 3, false) == holding::unknown); // as the record has it
    w.machine.journal_taken({});
    w.run();
    REQUIRE(w.open);
    CHECK(w.states(0) == "hhh?x");
    CHECK_FALSE(w.machine.next(*w.locks));
}

TEST_CASE("a journal that does not take the record ends a heal before anything is changed",
          "[heal_machine][journal]")
{
    heal_world w{{"pppff"}};
    w.journal = make_error_code(std::errc::io_error);
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.done_with == make_error_code(errc::journal_failed));
    CHECK(w.asked == names{"votes", "tickets"});
    CHECK(w.states(0) == "hhhxx");
}

TEST_CASE("a last record that is not taken is told, with the result", "[heal_machine][journal]")
{
    heal_world w{{"ppppf"}};
    w.machine.start(noon);
    w.run();
    w.journal = make_error_code(std::errc::io_error);
    w.run_to_end();
    CHECK(w.done_with == make_error_code(errc::journal_failed));
    CHECK(w.states(0) == "hhhhH");
}

TEST_CASE("what no quorum passes is left as it is", "[heal_machine]")
{
    heal_world w{{"ppfff", "ppffn", "nnnff", "fffff"}};
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.asked == names{"votes"});
    CHECK(w.states(0) == "hhaaa");
    CHECK(w.states(2) == "uuuaa");
}

TEST_CASE("fewer vouchers than a fix needs stop it before harm", "[heal_machine]")
{
    heal_world w{{"pppff", "ppppf"}};
    w.no_ticket.set(0);
    w.machine.start(noon);
    w.run_to_end(); // the second token has three others
    CHECK(w.asked == names{"votes", "tickets", "fix 1@4", "find 1@4", "tickets"});
    CHECK(w.states(0) == "hhhtt");
    CHECK(w.states(1) == "hhhhH");
    CHECK(w.done_with == std::error_code{});
}

TEST_CASE("tickets that were lost are asked for once more", "[heal_machine]")
{
    heal_world w{{"pppfp"}};
    w.no_ticket.set();
    w.machine.start(noon);
    while (w.tickets == 0)
        w.run();
    CHECK(w.tickets == 2);
    CHECK(w.states(0) == "hhhth");
    CHECK(w.records.empty());
}

TEST_CASE("a ticket's request that a server fails is no voucher, and that slot is known no more",
          "[heal_machine]")
{
    heal_world w{{"pppfp"}};
    w.truth_may_change = true;
    w.machine.start(noon);
    REQUIRE(w.machine.next(*w.locks) == raida::detail::heal_action<N>{ask_votes{}});
    w.machine.voted(w.votes());
    w.truth[0][1] = 'f';
    w.run_to_end();
    CHECK(w.states(0) == "huhHh");
}

TEST_CASE("only find proves what a fix did: a refused one is tried again with fresh tickets",
          "[heal_machine]")
{
    heal_world w{{"ppppf"}};
    w.machine.start(noon);
    w.run();
    w.end_fix(false);
    CHECK(w.states(0) == "hhhh?");
    w.run();
    CHECK(w.asked == names{"votes", "tickets", "fix 0@4", "find 0@4", "tickets", "fix 0@4"});
    w.end_fix(false);
    w.run();
    CHECK(w.tickets == 2);
    CHECK(w.states(0) == "hhhh.");
    CHECK(w.machine.slots().held(0, 4, true) == holding::neither);
}

TEST_CASE("a fix that never left leaves nothing open", "[heal_machine]")
{
    heal_world w{{"ppppf"}, {.rounds = 1}};
    w.machine.start(noon);
    w.run();
    w.end_fix(false, false);
    w.run();
    CHECK(w.asked == names{"votes", "tickets", "fix 0@4"});
    CHECK(w.states(0) == "hhhhx");
}

TEST_CASE("a slot that a fix may have reached is not fixed again until find has said so", "[heal_machine]")
{
    heal_world w{{"ppppf", "ppppf"}, {.rounds = 9}};
    w.finds = false;
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.asked == names{"votes", "tickets", "fix 0 1@4", "find 0@4 1@4"});
    CHECK(w.states(0) == "hhhh?");
    CHECK(w.machine.slots().held(0, 4, true) == holding::unknown);
}

TEST_CASE("tokens are healed in groups, as many as one ticket takes", "[heal_machine]")
{
    heal_world w{{"ppppf", "ppppp", "ppppf", "pfppp"}};
    w.machine.limit(2);
    w.machine.start(noon);
    w.run_to_end();
    CHECK(w.asked ==
          names{"votes", "tickets", "fix 0 2@4", "find 0@4 2@4", "tickets", "fix 3@1", "find 3@1"});
    CHECK(w.records == std::vector<bool>{false, true});
}

TEST_CASE("votes that are known are not asked for", "[heal_machine]")
{
    heal_world w{{"ppppf"}};
    w.machine.start(noon, w.votes());
    w.run_to_end();
    CHECK(w.asked == names{"tickets", "fix 0@4", "find 0@4"});
    CHECK(w.states(0) == "hhhhH");
}

TEST_CASE("a recovery asks first what an earlier fix did, writes again, and goes on", "[heal_machine]")
{
    heal_world w{{"pppfF", "pppnf", "pFFFf"}};
    w.machine.recover(noon, {{0b11000}, {0b01000}, {0b11110}});
    w.run_to_end(); // the second token's fourth server is silent, its fifth was never fixed
    CHECK(w.asked ==
          names{"votes", "find 0@34 1@3 2@1234", "tickets", "fix 0@3", "fix 1 2@4", "find 0@3 1@34 2@4"});
    CHECK(w.records == std::vector<bool>{false, true});
    CHECK(w.states(0) == "hhhHH");
    CHECK(w.states(1) == "hhh?H");
    CHECK(w.states(2) == "hHHHH");
}

TEST_CASE("a recovery that finds nothing to do writes that down", "[heal_machine]")
{
    heal_world w{{"ppppF"}};
    w.machine.recover(noon, {{0b10000}});
    w.run_to_end();
    CHECK(w.records == std::vector<bool>{true});
    CHECK(w.states(0) == "hhhhH");
}

TEST_CASE("two heals of one client never fix at the same time", "[heal_machine]")
{
    raida::detail::page_locks locks;
    heal_world first{{"pppff"}, {}, &locks, 1}, second{{"pfppp"}, {}, &locks, 2};
    first.machine.start(noon);
    first.run();
    second.machine.start(noon);
    second.run();
    REQUIRE(first.open);
    CHECK_FALSE(second.open);
    CHECK(second.waits == 1);
    first.end_fix(true);
    first.run(); // the other one was first in the line
    CHECK_FALSE(first.open);
    CHECK(locks.take_woken().size() == 2);
    second.run();
    REQUIRE(second.open);
    second.end_fix(true);
    second.run();
    CHECK(second.done_with == std::error_code{});
    first.run_to_end();
    CHECK(first.states(0) == "hhhHH");
}

TEST_CASE("a fix waits for a pown of the same page at that server, and no other", "[heal_machine]")
{
    raida::detail::page_locks locks;
    const raida::detail::page page = raida::detail::page_of({{0}, {0}});
    const raida::detail::page pages[] = {page};
    locks.take(4, 9, pages);
    heal_world w{{"pppff"}, {}, &locks, 1};
    w.machine.start(noon);
    w.run();
    REQUIRE(w.open); // at server 3
    CHECK_FALSE(locks.is_free(3, 9, page));
    w.end_fix(true);
    w.run();
    CHECK_FALSE(w.open);
    CHECK(locks.is_free(3, 9, page));
    locks.give_back(4, pages);
    w.run();
    REQUIRE(w.open);
    w.end_fix(true);
    w.run();
    CHECK(w.states(0) == "hhhHH");
    CHECK(locks.is_free(4, 9, page));
}

TEST_CASE("a heal that is cancelled, or out of time, asks nothing more and claims nothing that is not so",
          "[heal_machine]")
{
    const int at = GENERATE(range(0, 12));
    const bool by_time = GENERATE(false, true);
    heal_world w{{"pppff", "ppppf"}, {.until = noon + 1h}};
    const auto stop = [&] { by_time ? w.machine.passed(noon + 1h) : w.machine.cancel(); };
    w.machine.start(noon);
    for (int step = 0; step < at; ++step)
        if (w.open)
            w.end_fix(true);
        else
            w.run();
    const bool is_over = w.machine.is_over();
    const auto asked = w.asked.size();
    stop();
    if (w.open)
        w.end_fix(true); // what has left is awaited
    w.run_to_end();
    REQUIRE(w.done_with);
    CHECK_FALSE(*w.done_with);
    CHECK(w.asked.size() <= asked + (at == 0 ? 1 : 0)); // the first question was asked already
    CHECK((w.states(0) == "hhhHH") <= is_over);
}

TEST_CASE("a heal cancelled while its journal is at work ends at once", "[heal_machine][journal]")
{
    for (const bool last : {false, true}) {
        heal_world w{{"ppppf"}};
        w.machine.start(noon);
        if (last)
            w.run();
        w.journal.reset();
        w.run_to_end();
        CHECK_FALSE(w.done_with);
        w.machine.cancel();
        w.run();
        CHECK(w.done_with == (last ? make_error_code(errc::journal_failed) : std::error_code{}));
        w.machine.journal_taken({}); // too late
        w.run();
        CHECK(w.states(0) == (last ? "hhhhH" : "hhhhx"));
    }
}

TEST_CASE("a question that nobody could ask ends it all with its error", "[heal_machine]")
{
    heal_world w{{"ppppf"}};
    w.machine.start(noon);
    REQUIRE(w.machine.next(*w.locks));
    w.machine.failed(errc::no_randomness);
    w.machine.voted([](std::size_t, std::size_t) { return vote::none; });
    w.run_to_end();
    CHECK(w.done_with == make_error_code(errc::no_randomness));
    CHECK(w.asked.empty());
}

TEST_CASE("answers that nobody waits for change nothing", "[heal_machine]")
{
    heal_world w{{"ppppf"}};
    w.machine.start(noon);
    const auto before = w.machine;
    w.machine.fixed(true);
    w.machine.tickets_over();
    w.machine.vouched(0, ticket_of(0, {true}));
    w.machine.found([](std::size_t, std::size_t) { return std::optional{find_answer::neither}; });
    w.machine.journal_taken({});
    CHECK(w.machine == before);
    w.run_to_end();
    w.machine.voted(w.votes());
    CHECK(w.states(0) == "hhhhH");
}

TEST_CASE("whatever servers hold and say, a heal harms nothing and comes to its end", "[heal_machine]")
{
    std::mt19937 random{GENERATE(range(0U, 300U))};
    std::vector<std::string> held(1 + random() % 6);
    for (auto& letters : held)
        for (std::size_t s = 0; s < N; ++s)
            letters += "pppppffn-"[random() % 9];
    heal_world w{held, {.rounds = static_cast<unsigned>(random() % 4), .tells_progress = random() % 2 == 0}};
    w.machine.limit(random() % 4);
    w.machine.start(noon);
    for (w.run(); w.open; w.run()) {
        w.finds = random() % 4 != 0;
        w.no_ticket = std::bitset<N>{random() % 8 == 0 ? random() : 0};
        const bool was_sent = random() % 5 != 0;
        w.end_fix(was_sent && random() % 3 != 0, was_sent);
    }
    REQUIRE(w.done_with);
    for (std::size_t t = 0; t < held.size(); ++t)
        for (std::size_t s = 0; s < N; ++s)
            CHECK((w.truth[t][s] == held[t][s] || held[t][s] == 'f'));
}
