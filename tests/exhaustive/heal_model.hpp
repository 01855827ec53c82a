// A heal of a few tokens at three servers, with a journal, a client that may be killed and a network that may
// lose what it likes.
#ifndef RAIDA_TESTS_EXHAUSTIVE_HEAL_MODEL_HPP
#define RAIDA_TESTS_EXHAUSTIVE_HEAL_MODEL_HPP

#include "explore.hpp"

#include <raida/client/detail/heal_machine.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace exhaustive {

using raida::find_answer;
using raida::heal_state;
using raida::holding;
using raida::status;
using raida::ticket;
using raida::vote;

struct heal_setup
{
    std::vector<std::string> held; // per token a letter for each server: p passes, f fails
    unsigned faults = 1, kills = 1, rounds = 2;
    bool cancels = false;
    bool ignores_the_journal = false, believes_silence = false, trusts_an_old_journal = false; // mistakes
};

struct heal_event
{
    enum class kind : std::uint8_t
    {
        answered,      // by all
        one_is_silent, // the others answer
        fix_acts,
        fix_is_lost,
        fix_is_over,
        fix_never_left,
        journal_takes,
        journal_fails,
        cancelled,
        killed,       // before whatever is under way has come about
        killed_after, // when the record was written, or the fix has acted
        begins_again
    };
    kind what{};
    std::size_t server = 0;
};

// Machines that have been, by what they know of their slots: a number for each.
using heal_numbers = std::map<std::string, std::vector<raida::detail::heal_machine<3>>>;

/// One state of it all.
class heal_world
{
  public:
    static constexpr std::size_t N = 3; // two others must vouch
    using machine_type = raida::detail::heal_machine<N>;
    using action_type = raida::detail::heal_action<N>;
    using ask_fix = raida::detail::ask_fix<N>;
    using event = heal_event;
    using kind = event::kind;

    heal_world(const heal_setup& setup, heal_numbers& numbers)
        : setup_{&setup},
          numbers_{&numbers},
          truth_{setup.held},
          faults_{setup.faults},
          kills_{setup.kills},
          may_cancel_{setup.cancels}
    {
        begin();
    }

    [[nodiscard]] std::string key() const
    {
        std::string text;
        for (const std::string& one : truth_)
            text += one;
        text += static_cast<char>('0' + faults_);
        text += static_cast<char>('0' + kills_);
        text += may_cancel_ ? 'c' : '-';
        text += static_cast<char>('0' + fate_);
        for (const auto& of : record_)
            for (const holding one : of)
                text += static_cast<char>('a' + static_cast<int>(one));
        if (!machine_)
            return text + "dead";
        std::string slots;
        for (const auto& of : machine_->slots().states())
            for (const heal_state one : of)
                slots += static_cast<char>('A' + static_cast<int>(one));
        auto& known = (*numbers_)[slots];
        const auto found = std::find(known.begin(), known.end(), *machine_);
        const auto number = static_cast<std::size_t>(found - known.begin());
        if (found == known.end())
            known.push_back(*machine_);
        text += slots + std::to_string(number) + '/' + std::to_string(asked_ ? asked_->index() : 99);
        for (std::size_t i = 0; i < N; ++i)
            text += static_cast<char>('0' + claimed_[i].to_ulong());
        return text;
    }

    [[nodiscard]] std::vector<event> events() const
    {
        if (!machine_)
            return {{kind::begins_again}};
        std::vector<event> next;
        if (!asked_)
            return next; // over
        if (kills_ != 0)
            next.push_back({kind::killed});
        if (may_cancel_)
            next.push_back({kind::cancelled});
        if (is<raida::detail::write_record>()) {
            next.insert(next.end(), {{kind::journal_takes}, {kind::journal_fails}});
            if (kills_ != 0)
                next.push_back({kind::killed_after});
        } else if (!is<ask_fix>()) {
            next.push_back({kind::answered});
            for (std::size_t server = 0; server < N && faults_ != 0; ++server)
                next.push_back({kind::one_is_silent, server});
        } else if (fate_ == under_way) {
            next.push_back({kind::fix_acts});
            if (faults_ != 0)
                next.insert(next.end(), {{kind::fix_is_lost}, {kind::fix_never_left}});
            if (kills_ != 0)
                next.push_back({kind::killed_after});
        } else {
            next.push_back({kind::fix_is_over});
        }
        return next;
    }

    void happen(const event& what)
    {
        switch (what.what) {
        case kind::answered:
            answer(N);
            break;
        case kind::one_is_silent:
            --faults_;
            answer(what.server);
            break;
        case kind::fix_acts:
            act();
            fate_ = acted;
            break;
        case kind::fix_is_lost:
            --faults_;
            fate_ = acted;
            break;
        case kind::fix_never_left:
            --faults_;
            end_fix(false);
            break;
        case kind::fix_is_over:
            end_fix(true);
            break;
        case kind::journal_takes:
            write();
            asked_.reset();
            machine_->journal_taken({});
            break;
        case kind::journal_fails:
            asked_.reset();
            machine_->journal_taken(make_error_code(std::errc::io_error));
            break;
        case kind::cancelled:
            may_cancel_ = false;
            machine_->cancel();
            if (is<raida::detail::write_record>())
                asked_.reset();
            break;
        case kind::killed_after:
            is<ask_fix>() ? act() : write();
            [[fallthrough]];
        case kind::killed:
            --kills_;
            fate_ = under_way;
            asked_.reset();
            machine_.reset();
            break;
        case kind::begins_again:
            begin();
            break;
        }
        run();
        check();
    }

    static std::string name(const event& what)
    {
        const char* const names[] = {"all answer",
                                     "one is silent: ",
                                     "the fix acts",
                                     "the fix is lost",
                                     "the fix is over",
                                     "the fix never left",
                                     "the journal takes the record",
                                     "the journal fails",
                                     "cancelled",
                                     "killed",
                                     "killed right after",
                                     "it begins again"};
        return names[static_cast<std::size_t>(what.what)] +
               (what.what == kind::one_is_silent ? std::to_string(what.server) : "");
    }

  private:
    static constexpr int under_way = 0, acted = 1;

    template <class Action>
    [[nodiscard]] bool is() const
    {
        return asked_ && std::holds_alternative<Action>(*asked_);
    }

    // A new client, or one that has the journal.
    void begin()
    {
        std::vector<raida::token_id> tokens;
        for (std::uint32_t i = 0; i < truth_.size(); ++i)
            tokens.push_back({{0}, {i}});
        const std::vector<std::bitset<N>> numbered(truth_.size(), ~std::bitset<N>{});
        machine_.emplace(tokens, numbered, raida::detail::heal_rules{.quorum = 2, .rounds = setup_->rounds},
                         1U);
        machine_->limit(1);
        locks_ = {};
        claimed_ = {};
        if (record_.empty())
            return machine_->start(noon), run();
        std::vector<std::bitset<N>> may(truth_.size());
        for (std::size_t t = 0; t < may.size(); ++t)
            for (std::size_t s = 0; s < N; ++s)
                may[t][s] = !setup_->trusts_an_old_journal &&
                            (record_[t][s] == holding::unknown || record_[t][s] == holding::new_number);
        machine_->recover(noon, may);
        run();
    }

    // Up to the next thing that somebody else has to do.
    void run()
    {
        while (machine_ && !asked_) {
            auto next = machine_->next(locks_);
            if (!next)
                break;
            if (std::holds_alternative<raida::detail::wait_until>(*next) ||
                std::holds_alternative<raida::detail::done>(*next))
                continue;
            asked_ = std::move(*next);
            if (is<raida::detail::write_record>() && setup_->ignores_the_journal) {
                asked_.reset();
                machine_->journal_taken({});
            }
        }
        must(!machine_ || asked_ || machine_->is_over(), "a heal always goes on, or ends");
        if (is<ask_fix>())
            check_fix(std::get<ask_fix>(*asked_));
    }

    void answer(std::size_t silent)
    {
        const auto asked = *std::exchange(asked_, std::nullopt);
        if (std::holds_alternative<raida::detail::ask_votes>(asked)) {
            machine_->voted([&](std::size_t t, std::size_t s) {
                return s == silent           ? (setup_->believes_silence ? vote::fail : vote::none)
                       : truth_[t][s] == 'p' ? vote::pass
                                             : vote::fail;
            });
        } else if (const auto* find = std::get_if<raida::detail::ask_holdings<N>>(&asked)) {
            machine_->found([&](std::size_t i, std::size_t s) -> std::optional<find_answer> {
                const char held = truth_[find->tokens[i]][s];
                if (s == silent)
                    return std::nullopt;
                return held == 'p'   ? find_answer::authenticity
                       : held == 'F' ? find_answer::new_authenticity
                                     : find_answer::neither;
            });
        } else {
            claimed_ = {}; // fresh tickets
            const auto& wanted = std::get<raida::detail::ask_tickets<N>>(asked);
            for (std::size_t s = 0; s < N; ++s)
                if (s != silent && !wanted.tokens[s].empty()) // one token: a group is no larger
                    machine_->vouched(s,
                                      truth_[wanted.tokens[s][0]][s] == 'f'
                                          ? raida::parse_ticket(status::all_fail, {}, 1)
                                          : raida::parse_ticket(status::all_pass,
                                                                std::array<std::uint8_t, 4>{0, 0, 0, 7}, 1));
            machine_->tickets_over();
        }
    }

    void check_fix(const ask_fix& asked) const
    {
        must(!record_.empty(), "no fix leaves before the journal has the record");
        for (const auto token : asked.tokens) {
            must(truth_[token][asked.server] != 'p', "no healthy number is changed");
            must(record_[token][asked.server] == holding::unknown, "the journal says what may be fixed");
        }
    }

    // As a server does: each ticket once, and never a fix on fewer than a quorum of others.
    void act()
    {
        const auto& asked = std::get<ask_fix>(*asked_);
        for (const auto token : asked.tokens) {
            std::size_t vouchers = 0;
            for (std::size_t s = 0; s < N; ++s)
                if (s != asked.server && asked.from[s] != ticket::none && !claimed_[asked.server][s]) {
                    claimed_[asked.server].set(s);
                    vouchers += truth_[token][s] != 'f' ? 1 : 0;
                }
            must(vouchers >= 2, "a fix leaves only where enough others vouch for it");
            truth_[token][asked.server] = 'F';
        }
    }

    void end_fix(bool was_sent)
    {
        asked_.reset();
        fate_ = under_way;
        machine_->fixed(was_sent);
    }

    void write()
    {
        const bool last = std::get<raida::detail::write_record>(*asked_).last;
        record_.resize(truth_.size());
        for (std::size_t t = 0; t < truth_.size(); ++t)
            for (std::size_t s = 0; s < N; ++s)
                record_[t][s] = machine_->slots().held(t, s, last);
    }

    // What the journal says, and what the result would say now, is so.
    void check() const
    {
        for (std::size_t t = 0; t < truth_.size(); ++t)
            for (std::size_t s = 0; s < N; ++s) {
                if (!record_.empty())
                    check_claim(record_[t][s], truth_[t][s]);
                if (machine_)
                    check_claim(machine_->slots().held(t, s, true), truth_[t][s]);
            }
    }
    void check_claim(holding claim, char held) const
    {
        must(claim != holding::old_number || held == 'p', "no claim of the number given is false");
        must(claim != holding::new_number || held == 'F', "no claim of the fixed number is false");
        must(claim != holding::neither || held == 'f', "no claim that neither is held is false");
        must(claim != holding::not_asked || held != 'F' || !machine_ || !machine_->is_over(),
             "what may be fixed is never forgotten");
    }

    static constexpr raida::detail::heal_time noon{std::chrono::hours{12}};

    const heal_setup* setup_;
    heal_numbers* numbers_;
    std::vector<std::string> truth_;             // F: the fixed number
    std::vector<std::array<holding, N>> record_; // on disk; empty: there is none
    std::optional<machine_type> machine_;        // nothing: killed
    std::optional<action_type> asked_;
    raida::detail::page_locks locks_;
    std::array<std::bitset<N>, N> claimed_{}; // per claiming server
    unsigned faults_, kills_;
    int fate_ = under_way; // of the fix
    bool may_cancel_;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_HEAL_MODEL_HPP
