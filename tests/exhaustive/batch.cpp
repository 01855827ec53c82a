// A small batch, cut into datagrams, at three servers that answer, are silent or find datagrams too long, in
// every order.
#include "explore.hpp"

#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/books.hpp>
#include <raida/testing/tokens.hpp>

#include "unit/consensus/support.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using exhaustive::must;
using raida::errc;
using raida::verdict;
using raida::wait_for;

constexpr std::size_t N = 3; // a quorum is 2
using book = raida::detail::vote_book<N>;
using machine = raida::detail::batch_machine<N, book>;
using piece = raida::detail::piece<N>;

struct batch_setup
{
    std::vector<raida::basic_token<N>> tokens;
    std::array<std::string, N> truth; // per server a letter per token: p or f
    std::array<std::size_t, N> most;  // tokens that are asked of it at once
    std::array<std::size_t, N> takes; // and that it takes in truth
    wait_for wait = wait_for::all;
    std::size_t window = 2;
    bool mistake = false; // server 0 votes the other way in datagrams of one token
};

/// The machine cannot be copied, so each state is played again from the beginning.
class batch_world
{
  public:
    struct event
    {
        enum class kind : std::uint8_t
        {
            answers,
            silent,
            stopped
        } what{};
        std::uint32_t id = 0;
        std::uint8_t server = 0;
    };

    explicit batch_world(const batch_setup& setup) : setup_{&setup} { replay(); }

    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] const std::vector<event>& events() const { return events_; }
    void happen(const event& next)
    {
        history_.push_back(next);
        replay();
    }
    [[nodiscard]] static std::string name(const event& one)
    {
        static constexpr const char* what[] = {"answers", "is silent", "is not asked any more"};
        return "question " + std::to_string(one.id) + ": server " + std::to_string(one.server) + ' ' +
               what[static_cast<std::size_t>(one.what)];
    }

  private:
    using kind = event::kind;

    struct run
    {
        machine decisions;
        std::map<std::uint32_t, std::pair<piece, raida::replies<N>>> open{};
        std::array<std::string, N> heard{}; // per token: what was answered last, or ?
        std::set<std::string> silences{};   // which questions were not answered
        bool stopped = false;
    };

    void replay()
    {
        run now{machine{setup_->tokens,
                        {.wait = setup_->wait, .window = setup_->window},
                        book{{}, setup_->tokens.size()}}};
        for (auto& one : now.heard)
            one.assign(setup_->tokens.size(), '?');
        ask(now);
        for (const event& one : history_)
            act(now, one);
        look(now);
        must(!now.open.empty() || now.decisions.is_over(), "it goes on until it ends");
        if (now.decisions.is_over())
            check(std::move(now));
    }

    void ask(run& now) const
    {
        while (auto next = now.decisions.next([this](std::size_t server) { return setup_->most[server]; })) {
            must(next->second.count != 0 && next->second.servers.any(), "nobody is asked about nothing");
            now.open.emplace(next->first, std::pair{next->second, raida::replies<N>{}});
            must(now.open.size() <= setup_->window, "no more are in flight than the window");
        }
    }

    void act(run& now, const event& one) const
    {
        if (one.what == kind::stopped) {
            now.stopped = true;
            return now.decisions.stop();
        }
        auto& [part, answers] = now.open.at(one.id);
        answer(now, part, answers, one);
        now.decisions.settled(one.id, answers[one.server], true);
        std::bitset<N> waits;
        for (std::size_t server = 0; server < N; ++server)
            waits[server] = part.servers[server] && answers[server].error == errc::pending;
        const bool enough = now.decisions.has_enough(one.id, answers, waits);
        if (enough || waits.none())
            finish(now, one.id);
        for (const auto id : now.decisions.no_longer_wanted())
            finish(now, id);
        ask(now);
    }

    void answer(run& now, const piece& part, raida::replies<N>& answers, const event& one) const
    {
        const std::size_t server = one.server;
        if (one.what == kind::silent) {
            now.silences.insert(range(part) + ':' + std::to_string(server));
            return answers.fail(server, errc::timed_out);
        }
        if (part.count > setup_->takes[server])
            return answers.answer(server, tests::datagram(raida::status::invalid_packet_length), false);
        std::string votes = setup_->truth[server].substr(part.first, part.count);
        now.heard[server].replace(part.first, part.count, votes);
        if (setup_->mistake && server == 0 && part.count == 1)
            votes = votes == "p" ? "f" : "p";
        answers.answer(server, tests::judgement(votes));
    }

    static void finish(run& now, std::uint32_t id)
    {
        auto& [part, answers] = now.open.at(id);
        for (std::size_t server = 0; server < N; ++server)
            if (answers[server].error == errc::pending)
                answers.fail(server, part.servers[server] ? errc::not_awaited : errc::skipped);
        now.decisions.finished(id, {}, answers);
        now.open.erase(id);
    }

    // What may happen next, and a name for the state: everything that was answered, and what is open, in
    // order.
    void look(const run& now)
    {
        events_.clear();
        key_.assign(1, now.stopped ? 's' : 'g');
        for (const auto& one : now.heard)
            key_ += one;
        key_ += std::to_string(now.decisions.decided());
        for (const auto& [id, asked] : now.open) {
            key_ += '/' + range(asked.first) + ':';
            for (std::uint8_t server = 0; server < N; ++server) {
                const bool waits = asked.first.servers[server] && asked.second[server].error == errc::pending;
                key_ += waits                          ? '?'
                        : !asked.first.servers[server] ? '-'
                        : asked.second[server].error   ? 's'
                                                       : 'a';
                if (waits)
                    events_.insert(events_.end(), {{kind::answers, id, server}, {kind::silent, id, server}});
            }
        }
        for (const std::string& one : now.silences)
            key_ += '!' + one;
        if (!now.stopped && !now.decisions.is_over())
            events_.push_back({kind::stopped});
    }
    static std::string range(const piece& part)
    {
        return std::to_string(part.first) + '+' + std::to_string(part.count);
    }

    // Nothing is counted that was not said, and all that was is.
    void check(run now) const
    {
        const auto count = setup_->tokens.size();
        const bool stopped = now.stopped, silent = !now.silences.empty();
        const auto votes = std::move(now.decisions).take();
        must(votes.token_count() == count, "every token is in the result");
        for (std::size_t token = 0; token < count; ++token) {
            std::size_t passes = 0;
            for (std::size_t server = 0; server < N; ++server) {
                const char truth = setup_->truth[server][token];
                passes += truth == 'p' ? 1 : 0;
                const auto says = votes.vote(token, server);
                must(says == raida::vote::none ||
                         says == (truth == 'p' ? raida::vote::pass : raida::vote::fail),
                     "no vote is another than it was");
                must(says == raida::vote::none || now.heard[server][token] != '?',
                     "no vote comes from nowhere");
                must(says != raida::vote::none || stopped || silent || setup_->wait == wait_for::decided,
                     "every vote that was given counts");
            }
            const auto right = passes >= 2 ? verdict::authentic : verdict::counterfeit;
            must(votes.verdict(token) == right || votes.verdict(token) == verdict::undecided,
                 "no verdict is wrong");
            must(votes.verdict(token) == right || stopped || silent, "enough is known at the end");
        }
    }

    const batch_setup* setup_;
    std::vector<event> history_;
    std::string key_;
    std::vector<event> events_;
};

exhaustive::exploration explore(const std::string& what, const batch_setup& setup)
{
    auto found = exhaustive::explore(batch_world{setup});
    std::cout << what << ": " << found << '\n';
    return found;
}

const batch_setup three_tokens{.tokens = raida::testing::make_tokens<N>(3),
                               .truth = {"ppf", "pff", "ppp"},
                               .most = {2, 2, 2},
                               .takes = {2, 2, 2}};

} // namespace

TEST_CASE("a batch in every order of answers and silences: no vote is lost, none is made up", "[exhaustive]")
{
    for (const auto wait : {wait_for::all, wait_for::decided})
        for (const std::array<std::size_t, N> takes :
             {std::array<std::size_t, N>{2, 2, 2}, {1, 2, 2}, {2, 1, 1}})
            for (const std::array<std::size_t, N> most : {std::array<std::size_t, N>{2, 2, 2}, {2, 2, 1}}) {
                auto setup = three_tokens;
                setup.wait = wait;
                setup.takes = takes;
                setup.most = most;
                const auto found = explore("three tokens in datagrams of two", setup);
                CHECK(found.violated == "");
                CHECK(found.complete);
                CHECK(found.states > 100);
            }
}

TEST_CASE("a vote that is turned round is found, by the shortest way", "[exhaustive]")
{
    auto setup = three_tokens;
    setup.takes = {1, 2, 2};
    setup.mistake = true;
    const auto found = explore("with a mistake", setup);
    CHECK(found.violated == "no vote is another than it was");
    CHECK(found.path.size() < 12);
}
