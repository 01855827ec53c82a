// A heal that harms nothing, as decisions alone: what has happened goes in, what is to be done comes out.
#ifndef RAIDA_CLIENT_DETAIL_HEAL_MACHINE_HPP
#define RAIDA_CLIENT_DETAIL_HEAL_MACHINE_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/actions.hpp>
#include <raida/client/detail/fix_turn.hpp>
#include <raida/client/detail/heal_slots.hpp>
#include <raida/client/detail/page_locks.hpp>
#include <raida/client/healing.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/answers.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace raida::inline v1::detail {

/// Knows neither sockets nor clocks nor secrets: a plain value, which can be copied and compared. After each
/// event next() is to be called until there is nothing more to do.
///
/// Tokens are healed in groups, as many together as one ticket carries; for each group, in rounds: tickets
/// from the servers that pass a token, one fix after another at those that fail it, and a find.
///
/// What holds whatever happens: no fix is asked before the journal has taken the record, none for a slot that
/// has not failed (a fix changes a good number, too), or that a fix may have reached and no find has said it
/// did not, or for a token that fewer than a quorum of others vouch for. One fix is open at a time.
template <std::size_t N>
class heal_machine
{
  public:
    using time_point = heal_time;

    /// `numbered`: per token the servers for which it has a number. `who`: names the call to the locks.
    heal_machine(std::span<const token_id> tokens, std::span<const std::bitset<N>> numbered,
                 const heal_rules& rules, page_locks::owner who)
        : tokens_{tokens.begin(), tokens.end()},
          slots_{numbered},
          may_be_fixed_(tokens.size()),
          vouchers_(tokens.size()),
          rules_{rules},
          turn_{who}
    {}

    // ---- events

    /// From the beginning.
    void start(time_point now)
    {
        stage_ = stage::voting;
        todo_.push_back(ask_votes{});
        passed(now);
    }

    /// From votes that are known: see voted().
    template <class Votes>
    void start(time_point now, Votes votes)
    {
        stage_ = stage::voting;
        passed(now);
        voted(votes);
    }

    /// From a record that the journal took before. `may_be_fixed`: per token the servers that a fix may have
    /// reached, which are asked before anything else is done there.
    void recover(time_point now, std::vector<std::bitset<N>> may_be_fixed)
    {
        may_be_fixed_ = std::move(may_be_fixed);
        may_be_fixed_.resize(token_count());
        recovers_ = true;
        start(now);
    }

    /// What a detect says: `votes(token, server)` is a vote.
    template <class Votes>
    void voted(Votes votes)
    {
        if (stage_ != stage::voting)
            return;
        for (std::uint32_t token = 0; token < token_count(); ++token)
            for (std::size_t server = 0; server < N; ++server)
                slots_.vote(token, server, votes(token, server), may_be_fixed_[token][server]);
        tell();
        if (find())
            return;
        slots_.judge(rules_.quorum);
        next_group();
    }

    /// What find says of the slots asked about: `answers(index in ask_holdings::tokens, server)` is an
    /// optional find_answer.
    template <class Answers>
    void found(Answers answers)
    {
        if (stage_ != stage::finding)
            return;
        for (std::size_t i = 0; i < asked_.size(); ++i)
            for (std::size_t server = 0; server < N; ++server)
                if (const std::optional<find_answer> said = answers(i, server))
                    slots_.find(asked_[i], server, *said);
        tell();
        if (group_.empty()) // what a recovery begins with
            slots_.judge(rules_.quorum);
        next_round();
    }

    /// What became of the last write_record.
    void journal_taken(std::error_code error)
    {
        if (stage_ == stage::writing_first) {
            if (error)
                return finish(errc::journal_failed);
            was_recorded_ = true;
            stage_ = stage::fixing;
        } else if (stage_ == stage::writing_last) {
            finish(error && !error_ ? make_error_code(errc::journal_failed) : error_);
        }
    }

    /// A server's answer to ask_tickets, about its tokens in their order; nothing: none of use.
    void vouched(std::size_t server, const std::optional<heal_answer>& said)
    {
        if (stage_ != stage::gathering || !said)
            return;
        const token_list& asked = ticketed_[server];
        tickets_[server] = said->ticket();
        for (std::size_t i = 0; i < asked.size(); ++i)
            if ((*said)[i])
                vouchers_[asked[i]].set(server);
            else
                slots_.set(asked[i], server, heal_state::unknown); // another number since a moment ago
    }

    /// No more of these will come.
    void tickets_over()
    {
        if (stage_ != stage::gathering)
            return;
        if (!stopped_)
            plan();
        if (plan_.empty())
            return next_round();
        stage_ = was_recorded_ ? stage::fixing : stage::writing_first;
        if (!was_recorded_)
            todo_.push_back(write_record{.last = false});
    }

    /// The open fix is over. What came back is no proof, since a network may repeat a datagram, and the
    /// answer to a repeated one is a fail.
    void fixed(bool was_sent)
    {
        if (!open_)
            return;
        for (const std::uint32_t token : open_->tokens)
            if (!was_sent)
                slots_.set(token, open_->server, heal_state::not_tried);
        open_.reset();
        turn_.done();
        tell();
    }

    /// The last question could not be asked, and no other could be.
    void failed(std::error_code error)
    {
        error_ = error_ ? error_ : error;
        cancel();
    }

    /// So many tokens go into one group, from the next one on.
    void limit(std::size_t tokens) noexcept { most_ = std::max<std::size_t>(1, tokens); }

    /// Nothing more is asked; what has left is still awaited. While a record is being written this ends all.
    void cancel()
    {
        if (stage_ == stage::writing_first)
            finish(error_);
        else if (stage_ == stage::writing_last)
            finish(error_ ? error_ : make_error_code(errc::journal_failed));
        else
            stopped_ = true;
    }

    /// Time has passed.
    void passed(time_point now) noexcept { stopped_ = stopped_ || now >= rules_.until; }

    // ---- actions

    std::optional<heal_action<N>> next(page_locks& locks)
    {
        turn_.give_back(locks);
        if (stage_ == stage::fixing && !open_)
            fix(locks);
        if (todo_.empty())
            return std::nullopt;
        auto action = std::move(todo_.front());
        todo_.erase(todo_.begin());
        return action;
    }

    // ---- what is known

    [[nodiscard]] std::size_t token_count() const noexcept { return tokens_.size(); }
    [[nodiscard]] const heal_slots<N>& slots() const noexcept { return slots_; }
    [[nodiscard]] bool is_over() const noexcept { return stage_ == stage::over; }

    friend bool operator==(const heal_machine&, const heal_machine&) = default;

  private:
    enum class stage : std::uint8_t
    {
        idle,
        voting,
        gathering,
        writing_first,
        fixing,
        finding,
        writing_last,
        over
    };

    void next_group()
    {
        round_ = 0;
        group_.clear();
        for (; next_ < token_count() && group_.size() < most_; ++next_)
            if (slots_.is_wanted(next_))
                group_.push_back(next_);
        stopped_ || group_.empty() ? end() : gather();
    }

    void next_round()
    {
        const bool again = std::any_of(group_.begin(), group_.end(),
                                       [this](std::uint32_t token) { return slots_.is_wanted(token); });
        again && !stopped_ && ++round_ < rules_.rounds ? gather() : next_group();
    }

    void gather()
    {
        stage_ = stage::gathering;
        tickets_ = {};
        ticketed_ = {};
        for (const std::uint32_t token : group_) {
            vouchers_[token].reset();
            for (std::size_t server = 0; server < N && slots_.is_wanted(token); ++server)
                if (slots_.is_good(token, server))
                    ticketed_[server].push_back(token);
        }
        todo_.push_back(ask_tickets<N>{ticketed_});
    }

    // One fix per server.
    void plan()
    {
        plan_.clear();
        for (std::size_t server = 0; server < N; ++server) {
            ask_fix<N> made{.server = server, .from = tickets_};
            made.from[server] = ticket::none; // a server's own does not count
            for (const std::uint32_t token : group_) {
                if (!slots_.is_wanted(token, server))
                    continue;
                auto others = vouchers_[token];
                others.reset(server);
                if (others.count() >= rules_.quorum)
                    made.tokens.push_back(token);
                else
                    slots_.set(token, server, heal_state::few_tickets);
            }
            if (!made.tokens.empty())
                plan_.push_back(std::move(made));
        }
    }

    void fix(page_locks& locks)
    {
        if (stopped_ || plan_.empty()) {
            turn_.leave(locks);
            plan_.clear(); // if it was stopped
            return find() ? void() : next_round();
        }
        ask_fix<N>& next = plan_.front();
        std::vector<page> pages;
        for (const std::uint32_t token : next.tokens)
            pages.push_back(page_of(tokens_[token]));
        if (!turn_.take(locks, N, next.server, pages)) {
            if (!std::exchange(waits_, true))
                todo_.push_back(wait_until{rules_.until});
            return;
        }
        waits_ = false;
        for (const std::uint32_t token : next.tokens)
            slots_.set(token, next.server, heal_state::unconfirmed);
        open_ = std::move(next);
        plan_.erase(plan_.begin());
        todo_.push_back(*open_);
        tell();
    }

    // Of a group, or, before there is one, of the whole batch. False if there is nothing to ask.
    bool find()
    {
        ask_holdings<N> action;
        const std::size_t count = group_.empty() ? token_count() : group_.size();
        for (std::size_t i = 0; i < count && !stopped_; ++i) {
            const std::uint32_t token = group_.empty() ? static_cast<std::uint32_t>(i) : group_[i];
            if (const auto servers = slots_.unconfirmed(token); servers.any()) {
                action.tokens.push_back(token);
                action.servers.push_back(servers);
            }
        }
        if (action.tokens.empty())
            return false;
        stage_ = stage::finding;
        asked_ = action.tokens;
        todo_.push_back(std::move(action));
        return true;
    }

    void end()
    {
        if (!was_recorded_ && !recovers_)
            return finish(error_);
        stage_ = stage::writing_last;
        todo_.push_back(write_record{.last = true});
    }

    void finish(std::error_code error)
    {
        stage_ = stage::over;
        todo_.push_back(done{error});
    }

    void tell()
    {
        if (rules_.tells_progress && (todo_.empty() || !std::holds_alternative<tell_progress>(todo_.back())))
            todo_.push_back(tell_progress{});
    }

    std::vector<token_id> tokens_;
    heal_slots<N> slots_;
    std::vector<std::bitset<N>> may_be_fixed_, vouchers_; // per token
    heal_rules rules_;
    fix_turn turn_;
    std::array<ticket, N> tickets_{};      // of this round
    std::array<token_list, N> ticketed_{}; // what each server is asked to vouch for
    token_list group_, asked_;             // asked_: in the last find
    std::vector<ask_fix<N>> plan_;         // fixes of this round that have not left
    std::optional<ask_fix<N>> open_;
    std::vector<heal_action<N>> todo_;
    std::uint32_t next_ = 0; // the first token that is in no group yet
    std::size_t most_ = 1;
    unsigned round_ = 0;
    std::error_code error_;
    stage stage_ = stage::idle;
    bool recovers_ = false, was_recorded_ = false, stopped_ = false, waits_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HEAL_MACHINE_HPP
