// A pown that cannot lose a token, as decisions alone: what has happened goes in, what is to be done comes
// out.
#ifndef RAIDA_CLIENT_DETAIL_POWN_MACHINE_HPP
#define RAIDA_CLIENT_DETAIL_POWN_MACHINE_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/actions.hpp>
#include <raida/client/detail/page_locks.hpp>
#include <raida/client/detail/pown_answer.hpp>
#include <raida/client/detail/pown_server.hpp>
#include <raida/client/detail/token_order.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Knows neither sockets nor clocks nor secrets: a plain value, which can be copied and compared. After each
/// event next() is to be called until there is nothing more to do.
///
/// What holds whatever happens: nothing is asked before the journal has taken the record; no pown is asked
/// twice without a find in between that says "old"; a slot that may have been reached is `unknown` until an
/// answer proves otherwise.
template <std::size_t N>
class pown_machine
{
  public:
    using time_point = pown_time;

    /// `numbered`: per token the servers for which it has a number. `who`: names the call to the locks.
    pown_machine(std::span<const token_id> tokens, std::span<const std::bitset<N>> numbered,
                 const pown_rules& rules, page_locks::owner who)
        : order_{tokens}, rules_{rules}, who_{who}, new_count_(tokens.size()), undecided_{tokens.size()}
    {
        rules_.patience.window = std::max<std::size_t>(1, rules_.patience.window);
        rules_.patience.pown_again = (std::min)(rules_.patience.pown_again, 100U);
        for (std::size_t server = 0; server < N; ++server) {
            std::vector<holding> held(tokens.size());
            for (std::uint32_t at = 0; at < order_.size(); ++at)
                held[at] = numbered[order_.index(at)][server] ? holding::unknown : holding::not_asked;
            servers_[server] = pown_server{std::move(held), rules_.patience};
        }
    }

    // ---- events

    /// Everything from the beginning.
    void start(time_point now)
    {
        stage_ = stage::writing_first;
        todo_.push_back(write_record{.last = false});
        passed(now);
    }

    /// From a record that the journal took before: first find out what has happened.
    void recover(time_point now)
    {
        stage_ = stage::asking;
        for (pown_server& one : servers_)
            one.assume_powned();
        passed(now);
    }

    /// What became of the last write_record.
    void journal_taken(std::error_code error)
    {
        if (stage_ == stage::writing_first) {
            if (error)
                return finish(errc::journal_failed);
            for (pown_server& one : servers_)
                one.assume_old();
            stage_ = stage::asking;
        } else if (stage_ == stage::writing_last) {
            finish(error && !error_ ? make_error_code(errc::journal_failed) : error_);
        }
    }

    /// The final word about one server's part of a question; further ones are ignored.
    void answered(pown_ask_id id, const reply& got)
    {
        const auto asked = find(id);
        if (asked == open_.end() || got.server >= N || !asked->left[got.server])
            return;
        const auto count = asked->question.at.size();
        settle(*asked, got.server,
               asked->question.what == pown_command ? read_pown(got, count, rules_.bit_order)
                                                    : read_find(got, count));
    }

    /// After the last answered(), or with the reason why nothing was sent.
    void finished(pown_ask_id id, std::error_code error = {}, bool ends_all = false)
    {
        const auto asked = find(id);
        if (asked == open_.end())
            return;
        for (std::size_t server = 0; server < N; ++server)
            if (asked->left[server])
                settle(*asked, server, {});
        open_.erase(asked);
        if (error && ends_all && !error_) {
            error_ = error;
            stop();
        }
    }

    /// Somebody has given back a page of this server.
    void pages_free(std::size_t server) { changed_.set(server); }

    /// This server takes no more tokens in one datagram.
    void limit(std::size_t server, std::size_t most_pown, std::size_t most_find)
    {
        servers_[server].limit(most_pown, most_find);
    }

    /// Nothing more is asked; what has left is still awaited. While a record is being written this ends all.
    void cancel()
    {
        if (stage_ == stage::writing_first) {
            for (pown_server& one : servers_)
                one.assume_old();
            finish({});
        } else if (stage_ == stage::writing_last) {
            finish(error_ ? error_ : make_error_code(errc::journal_failed));
        } else {
            stop();
        }
    }

    /// Time has passed.
    void passed(time_point now)
    {
        if (now >= rules_.until)
            stop();
    }

    // ---- actions

    std::optional<pown_action<N>> next(page_locks& locks)
    {
        for (const auto& [server, pages] : std::exchange(done_with_, {}))
            locks.give_back(server, pages);
        if (stage_ == stage::asking)
            ask(locks);
        if (todo_.empty())
            return std::nullopt;
        auto action = std::move(todo_.front());
        todo_.erase(todo_.begin());
        return action;
    }

    // ---- what is known

    [[nodiscard]] holding at(std::size_t token, std::size_t server) const noexcept
    {
        return servers_[server].at(order_.position(token));
    }
    [[nodiscard]] const pown_server& server(std::size_t which) const noexcept { return servers_[which]; }
    [[nodiscard]] std::size_t decided_count() const noexcept { return new_count_.size() - undecided_; }
    [[nodiscard]] bool is_over() const noexcept { return stage_ == stage::over; }

    friend bool operator==(const pown_machine&, const pown_machine&) = default;

  private:
    enum class stage : std::uint8_t
    {
        idle,
        writing_first,
        asking,
        writing_last,
        over
    };

    struct open_question
    {
        pown_ask_id id;
        pown_question question;
        std::bitset<N> left; // not answered yet
        friend bool operator==(const open_question&, const open_question&) = default;
    };
    using open_list = std::vector<open_question>;

    typename open_list::iterator find(pown_ask_id id)
    {
        return std::find_if(open_.begin(), open_.end(),
                            [&](const open_question& one) { return one.id == id; });
    }

    // The least that is free, so that equal states are equal.
    [[nodiscard]] pown_ask_id free_id()
    {
        pown_ask_id id = 0;
        while (find(id) != open_.end())
            ++id;
        return id;
    }

    void stop()
    {
        for (pown_server& one : servers_)
            one.stop();
        changed_.set();
    }

    void finish(std::error_code error)
    {
        stage_ = stage::over;
        todo_.push_back(done{error});
    }

    // Servers that are to be asked the same are asked together.
    void ask(page_locks& locks)
    {
        std::map<std::pair<bool, std::vector<std::uint32_t>>, std::bitset<N>> made;
        for (std::size_t server = 0; server < N; ++server)
            if (changed_[server])
                while (auto one = servers_[server].next(order_, locks, server, who_))
                    made[{one->what == pown_command, std::move(one->at)}].set(server);
        changed_.reset();
        for (auto& [question, servers] : made)
            open(question.first ? pown_command : find_command, question.second, servers);
        const bool all_over = std::all_of(servers_.begin(), servers_.end(),
                                          [](const pown_server& one) { return one.is_over(); });
        if (all_over && open_.empty()) {
            stage_ = stage::writing_last;
            todo_.push_back(write_record{.last = true});
        } else if (open_.empty() && !std::exchange(waits_, true)) {
            todo_.push_back(wait_until{rules_.until}); // for a page of another call
        }
    }

    void open(command_code what, const std::vector<std::uint32_t>& at, std::bitset<N> servers)
    {
        waits_ = false;
        ask_servers<N> action{.id = free_id(), .what = what, .servers = servers};
        for (const std::uint32_t position : at)
            action.tokens.push_back(order_.index(position));
        open_.push_back({action.id, {what, at}, servers});
        todo_.push_back(std::move(action));
    }

    void settle(open_question& asked, std::size_t server, const pown_answer& answer)
    {
        asked.left.reset(server);
        changed_.set(server);
        if (asked.question.what == pown_command)
            done_with_.emplace_back(server, order_.pages_of(asked.question.at));
        servers_[server].answered(asked.question, answer);
        for (std::size_t i = 0; i < answer.now.size(); ++i)
            if (answer.now[i] == holding::new_number)
                count_new(order_.index(asked.question.at[i]));
        if (rules_.tells_progress && (todo_.empty() || !std::holds_alternative<tell_progress>(todo_.back())))
            todo_.push_back(tell_progress{});
    }

    // A slot that was found to be new is never asked about again, so each is counted once.
    void count_new(std::uint32_t token)
    {
        if (++new_count_[token] != rules_.quorum)
            return;
        todo_.push_back(decided{token});
        if (--undecided_ == 0 && rules_.tells_all_decided)
            todo_.push_back(all_decided{});
    }

    token_order order_;
    pown_rules rules_;
    page_locks::owner who_;
    std::array<pown_server, N> servers_{};
    std::bitset<N> changed_ = ~std::bitset<N>{}; // something may be asked there now
    open_list open_;
    std::vector<std::pair<std::size_t, std::vector<page>>> done_with_; // to be given back
    std::vector<pown_action<N>> todo_;
    std::vector<std::uint32_t> new_count_; // per token
    std::size_t undecided_;
    std::error_code error_;
    stage stage_ = stage::idle;
    bool waits_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_MACHINE_HPP
