// One server's part in a pown: which tokens it is asked about next, and what is known of each.
#ifndef RAIDA_CLIENT_DETAIL_POWN_SERVER_HPP
#define RAIDA_CLIENT_DETAIL_POWN_SERVER_HPP

#include <raida/client/detail/page_locks.hpp>
#include <raida/client/detail/pown_answer.hpp>
#include <raida/client/detail/server_holdings.hpp>
#include <raida/client/detail/token_order.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// How long to go on asking one server.
struct pown_patience
{
    unsigned find_rounds = 4;   ///< since its last pown
    unsigned pown_again = 2;    ///< for each token
    std::size_t window = 200;   ///< datagrams in flight
    std::size_t most_pown = 36; ///< tokens in one datagram
    std::size_t most_find = 36;
    std::size_t least = 12; ///< fewer in one datagram are never too long
    friend bool operator==(const pown_patience&, const pown_patience&) = default;
};

/// One question: a command, and the positions of the tokens that it is about.
struct pown_question
{
    command_code what{};
    std::vector<std::uint32_t> at{};
    friend bool operator==(const pown_question&, const pown_question&) = default;
};

/// Goes through the tokens in passes: powns all that hold the old number, finds what became of those whose
/// pown proved nothing, powns afresh what find says is old, and so on while the server answers. A pass of
/// powns ends with the first one that is not answered; two passes in a row without any answer end it all.
class pown_server
{
  public:
    pown_server() = default;

    /// What is held at each position to begin with.
    pown_server(std::vector<holding> held, const pown_patience& patience)
        : held_{std::move(held), patience.pown_again}, patience_{patience}
    {}

    [[nodiscard]] holding at(std::uint32_t position) const noexcept { return held_.at(position); }
    [[nodiscard]] std::size_t count(holding which) const noexcept { return held_.count(which); }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] bool is_over() const noexcept { return stage_ == stage::over; }

    /// Nothing was sent yet: what could be asked holds the old number.
    void assume_old()
    {
        for (std::uint32_t at = 0; at < held_.size(); ++at)
            if (held_.at(at) == holding::unknown)
                held_.set(at, holding::old_number);
    }

    /// A call that nobody knows the end of has powned all of them.
    void assume_powned() { held_.assume_powned(); }

    /// No more tokens than so many in one datagram.
    void limit(std::size_t most_pown, std::size_t most_find) noexcept
    {
        patience_.most_pown = std::clamp<std::size_t>(most_pown, 1, patience_.most_pown);
        patience_.most_find = std::clamp<std::size_t>(most_find, 1, patience_.most_find);
    }

    /// No question any more.
    void stop() noexcept
    {
        stopped_ = true;
        queue_.clear();
    }

    /// What to ask now, if anything; from then on it counts as asked. To be called until there is nothing.
    [[nodiscard]] std::optional<pown_question> next(const token_order& order, page_locks& locks,
                                                    std::size_t server, page_locks::owner who)
    {
        for (;;) {
            auto question = stage_ == stage::powning ? next_pown(order, locks, server, who) : next_find();
            if (question || in_flight_ != 0 || !queue_.empty() || stage_ == stage::over)
                return question;
            begin_pass(order);
            if (stage_ != stage::powning)
                locks.wait(server, who, {});
        }
    }

    /// The answer to a question that next() gave.
    void answered(const pown_question& asked, const pown_answer& answer)
    {
        --in_flight_;
        asked.what == pown_command ? powned(asked, answer) : found(asked, answer);
    }

    friend bool operator==(const pown_server&, const pown_server&) = default;

  private:
    enum class stage : std::uint8_t
    {
        powning,
        finding,
        over
    };
    static constexpr unsigned most_quiet = 2, most_refused = 8;

    // ---- passes

    // What a pown left open is found first; then whatever is known to be old goes before what is not known.
    void begin_pass(const token_order& order)
    {
        if (std::exchange(in_pass_, true))
            quiet_ = heard_ ? 0 : quiet_ + 1;
        const bool gave_up = stopped_ || quiet_ >= most_quiet || refused_ >= most_refused;
        const bool may_find = count(holding::unknown) != 0 && finds_ < patience_.find_rounds;
        const bool may_pown = !silent_ && held_.may_pown_any();
        heard_ = false;
        if (gave_up)
            stage_ = stage::over;
        else if (may_find && (stage_ == stage::powning || !may_pown))
            begin_finding(order);
        else if (may_pown)
            begin_powning(order);
        else
            stage_ = stage::over;
    }

    void begin_powning(const token_order& order)
    {
        stage_ = stage::powning;
        finds_ = 0;
        fill(order);
    }

    void begin_finding(const token_order& order)
    {
        stage_ = stage::finding;
        ++finds_;
        careful_ = silent_;
        fill(order);
    }

    // The first pass is cut alike for all servers, so that one question serves them all.
    void fill(const token_order& order)
    {
        const bool first = std::exchange(first_, false);
        queue_ = order.cut(most(), [&](std::uint32_t at) { return first || is_wanted(at); });
    }

    [[nodiscard]] std::size_t most() const noexcept
    {
        return stage_ == stage::powning ? patience_.most_pown : patience_.most_find;
    }

    [[nodiscard]] bool is_wanted(std::uint32_t at) const noexcept
    {
        return stage_ == stage::powning ? held_.may_pown(at) : held_.at(at) == holding::unknown;
    }

    // ---- questions

    // As many as go into one datagram, from the front; the rest stays in `from`.
    std::vector<std::uint32_t> take(stretch& from)
    {
        std::vector<std::uint32_t> taken;
        for (; from.first < from.last && taken.size() < most(); ++from.first)
            if (is_wanted(from.first))
                taken.push_back(from.first);
        return taken;
    }

    std::optional<pown_question> next_find()
    {
        while (!queue_.empty() && in_flight_ < (careful_ ? 1 : patience_.window)) {
            auto taken = take(queue_.front());
            if (queue_.front().first == queue_.front().last)
                queue_.erase(queue_.begin());
            if (taken.empty())
                continue;
            ++in_flight_;
            return pown_question{find_command, std::move(taken)};
        }
        return std::nullopt;
    }

    std::optional<pown_question> next_pown(const token_order& order, page_locks& locks, std::size_t server,
                                           page_locks::owner who)
    {
        std::vector<page> busy; // waits for these
        const auto is_busy = [&](const page& one) {
            const bool known = std::find(busy.begin(), busy.end(), one) != busy.end();
            if (!known && !locks.is_free(server, who, one))
                busy.push_back(one);
            return known || (!busy.empty() && busy.back() == one);
        };
        for (std::size_t i = 0; i < queue_.size() && in_flight_ < patience_.window;) {
            stretch rest = queue_[i];
            while (rest.first < rest.last && !is_wanted(rest.first))
                ++rest.first;
            if (rest.first == rest.last) {
                queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
            } else if (is_busy(order.page_at(rest.first))) {
                ++i; // as most are: so it is looked at first
            } else {
                auto taken = take(rest);
                const auto pages = order.pages_of(taken);
                if (std::any_of(pages.begin(), pages.end(), is_busy)) {
                    ++i;
                    continue;
                }
                locks.take(server, who, pages);
                queue_[i] = rest;
                return leave(std::move(taken));
            }
        }
        locks.wait(server, who, busy);
        return std::nullopt;
    }

    pown_question leave(std::vector<std::uint32_t> taken)
    {
        for (const std::uint32_t at : taken)
            held_.pown(at);
        ++in_flight_;
        return {pown_command, std::move(taken)};
    }

    // ---- answers

    void powned(const pown_question& asked, const pown_answer& answer)
    {
        using kind = pown_answer::kind;
        if (answer.what == kind::unsent) {
            for (const std::uint32_t at : asked.at)
                held_.take_back(at);
            queue_.clear();
        } else if (answer.what == kind::usable) {
            heard_ = !silent_;
            take_in(asked, answer);
        } else if (!shortened(asked, answer)) {
            silent_ = true;
            heard_ = false;
            queue_.clear();
        }
    }

    void found(const pown_question& asked, const pown_answer& answer)
    {
        using kind = pown_answer::kind;
        if (answer.what == kind::usable) {
            heard_ = true;
            silent_ = careful_ = false;
            refused_ = 0;
            take_in(asked, answer);
        } else if (answer.what == kind::unknown_token) {
            asked.at.size() > 1 ? halve(asked) : refuse_one();
        } else if (shortened(asked, answer)) {
            again(asked.at.front(), asked.at.back());
        } else if (std::exchange(careful_, true)) {
            queue_.clear();
        }
    }

    void take_in(const pown_question& asked, const pown_answer& answer)
    {
        for (std::size_t i = 0; i < asked.at.size(); ++i)
            held_.set(asked.at[i], answer.now[i]);
    }

    // One at a time from here, so that a server that refuses everything does so to few questions.
    void halve(const pown_question& asked)
    {
        const auto middle = asked.at.size() / 2;
        again(asked.at[middle], asked.at.back());
        again(asked.at.front(), asked.at[middle - 1]);
    }

    void again(std::uint32_t first, std::uint32_t last)
    {
        careful_ = true;
        if (!stopped_)
            queue_.insert(queue_.begin(), stretch{first, last + 1});
    }

    void refuse_one()
    {
        if (++refused_ == most_refused)
            queue_.clear();
    }

    // False if that was not what was wrong.
    bool shortened(const pown_question& asked, const pown_answer& answer)
    {
        if (answer.what != pown_answer::kind::too_long || asked.at.size() <= patience_.least)
            return false;
        auto& most = asked.what == pown_command ? patience_.most_pown : patience_.most_find;
        most = (std::min)(most, (std::max)(patience_.least, asked.at.size() / 2));
        return true;
    }

    server_holdings held_;
    pown_patience patience_;
    std::vector<stretch> queue_; // of this pass, in the order in which they are asked
    std::uint32_t in_flight_ = 0;
    unsigned finds_ = 0;   // passes since the last pown
    unsigned quiet_ = 0;   // passes in a row in which nothing was heard
    unsigned refused_ = 0; // tokens that were asked about alone and refused, in a row
    stage stage_ = stage::powning;
    bool first_ = true, in_pass_ = false, stopped_ = false;
    bool heard_ = false;   // in this pass
    bool silent_ = false;  // it did not answer a pown, and no find since
    bool careful_ = false; // one find at a time until one is answered
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_SERVER_HPP
