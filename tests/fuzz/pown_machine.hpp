// Any order of answers, silences, errors, cancellations and busy pages may happen to a pown: no pown leaves
// twice without a find between that says "old", and in the end it is over.
#ifndef RAIDA_TESTS_FUZZ_POWN_MACHINE_HPP
#define RAIDA_TESTS_FUZZ_POWN_MACHINE_HPP

#include "busy_pages.hpp"
#include "check.hpp"
#include "datagram.hpp"
#include "input.hpp"

#include <raida/client/detail/pown_machine.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace fuzz {

/// Reads a program from the input, and acts it out on a pown of a few tokens at three servers, which may lie.
class pown_run
{
  public:
    explicit pown_run(raida::bytes_view bytes)
        : input_{bytes}, tokens_{some_tokens(input_)}, numbered_(tokens_.size()), may_pown_(tokens_.size())
    {
        for (auto& one : numbered_)
            one = ~input_.bits<n>();
        machine_.emplace(tokens_, numbered_, rules(), 1);
    }

    /// True if a pown has left.
    bool run()
    {
        const bool recovers = input_.next(4) == 0;
        may_pown_.assign(tokens_.size(), recovers ? std::bitset<n>{} : ~std::bitset<n>{});
        is_recorded_ = recovers;
        recovers ? machine_->recover(noon) : machine_->start(noon);
        drain();
        while (!input_.is_over()) {
            step();
            drain();
        }
        finish_everything();
        return powns_ != 0;
    }

  private:
    static constexpr std::size_t n = 3;
    static constexpr raida::detail::pown_time noon{std::chrono::hours{12}};
    using machine = raida::detail::pown_machine<n>;
    using question = raida::detail::ask_servers<n>;
    struct open_question
    {
        question asked;
        std::bitset<n> left;
    };

    raida::detail::pown_rules rules()
    {
        raida::detail::pown_rules made{.quorum = n / 2 + 1, .until = noon + std::chrono::seconds{1}};
        made.patience = {.find_rounds = static_cast<unsigned>(input_.next(5)),
                         .pown_again = static_cast<unsigned>(input_.next(4)),
                         .window = input_.next(4),
                         .most_pown = 1 + input_.next(8),
                         .most_find = 1 + input_.next(8),
                         .least = 1 + input_.next(4)};
        made.tells_progress = made.tells_all_decided = input_.next(2) != 0;
        return made;
    }

    // ---- events

    void step()
    {
        switch (input_.next(16)) {
        case 0:
            return journal(input_.next(8) == 0 ? make_error_code(std::errc::io_error) : std::error_code{});
        case 1:
            return finish(some_id(), input_.next(2) == 0 ? std::error_code{} : raida::errc::engine_stopped,
                          input_.next(8) == 0);
        case 2:
            if (input_.next(4) != 0)
                return;
            return busy_.take(locks_, input_.next(n), page_of(tokens_[input_.next(tokens_.size())]));
        case 3:
            return give_back();
        case 4:
            return machine_->pages_free(input_.next(n));
        case 5:
            return machine_->limit(input_.next(n), input_.next(8), input_.next(8));
        case 6:
            if (input_.next(8) == 0)
                machine_->cancel();
            return;
        case 7:
            return machine_->passed(noon + std::chrono::milliseconds{4 * input_.next(256)});
        default:
            return answer(some_id(), input_.next(n));
        }
    }

    // Mostly one that is open.
    raida::detail::pown_ask_id some_id()
    {
        if (open_.empty() || input_.next(8) == 0)
            return static_cast<raida::detail::pown_ask_id>(input_.next(4));
        return open_[input_.next(open_.size())].asked.id;
    }

    open_question* find(raida::detail::pown_ask_id id)
    {
        const auto found = std::find_if(open_.begin(), open_.end(),
                                        [id](const open_question& one) { return one.asked.id == id; });
        return found == open_.end() ? nullptr : &*found;
    }

    void journal(std::error_code error)
    {
        is_recorded_ = is_recorded_ || (is_writing_ && !error);
        is_writing_ = false;
        machine_->journal_taken(error);
    }

    void answer(raida::detail::pown_ask_id id, std::size_t server)
    {
        using raida::status;
        static constexpr status what[] = {status::all_pass,
                                          status::all_pass,
                                          status::all_fail,
                                          status::mixed,
                                          status::find_mixed,
                                          status::find_all_authenticity,
                                          status::find_all_new_authenticity,
                                          status::find_neither,
                                          status::invalid_packet_length,
                                          status::invalid_serial_or_denomination};
        raida::replies<n> got;
        open_question* const of = find(id);
        const std::size_t kind = input_.next(20);
        if (kind < std::size(what))
            got.answer(server, datagram(what[kind], input_.take(input_.next(8))), input_.next(8) != 0);
        else if (kind == std::size(what))
            got.answer(server, input_.take(input_.next(64)), true);
        else if (kind < 14)
            got.fail(server, raida::errc::timed_out, {}, static_cast<unsigned>(input_.next(3)));
        else // so that something is done at all
            got.answer(server, datagram(of != nullptr && of->asked.what == raida::pown_command
                                            ? status::all_pass
                                            : status::find_all_authenticity));
        if (of != nullptr && of->left[server]) {
            of->left.reset(server);
            note(of->asked, server, got[server]);
        }
        machine_->answered(id, got[server]);
    }

    void finish(raida::detail::pown_ask_id id, std::error_code error, bool ends_all)
    {
        if (const open_question* of = find(id)) {
            for (std::size_t server = 0; server < n; ++server)
                if (of->left[server])
                    note(of->asked, server, {}); // it was never sent
            open_.erase(open_.begin() + (of - open_.data()));
        }
        machine_->finished(id, error, ends_all);
    }

    void give_back()
    {
        busy_.give_back(locks_);
        for (const auto& woken : locks_.take_woken())
            machine_->pages_free(woken.server);
    }

    void finish_everything()
    {
        for (int steps = 0; !is_done_; ++steps) {
            check(steps < 5000, "it ends once everything is answered");
            give_back();
            if (is_writing_)
                journal({});
            else if (!open_.empty())
                finish(open_.front().asked.id, raida::errc::timed_out, false);
            else
                machine_->passed(noon + std::chrono::seconds{1});
            drain();
        }
        check(machine_->is_over() && open_.empty(), "what is done is over");
    }

    // ---- what must hold

    // What an answer allows to be powned again.
    void note(const question& asked, std::size_t server, const raida::reply& got)
    {
        const auto found = got && got.verified && asked.what == raida::find_command
                               ? raida::parse_find(got.status(), got.body(), asked.tokens.size())
                               : std::optional<raida::find_answers>{};
        for (std::size_t i = 0; i < asked.tokens.size(); ++i)
            if (asked.what == raida::pown_command ? got.attempts == 0
                                                  : found && (*found)[i] == raida::find_answer::authenticity)
                may_pown_[asked.tokens[i]].set(server);
    }

    void drain()
    {
        while (auto action = machine_->next(locks_)) {
            check(!is_done_, "nothing comes after the end");
            std::visit([this](const auto& one) { this->take(one); }, *action);
        }
    }

    void take(const raida::detail::write_record&) { is_writing_ = true; }
    void take(const question& asked)
    {
        check(is_recorded_, "nothing is asked before the journal has the record");
        check(!asked.tokens.empty() && asked.servers.any(), "a question asks something of somebody");
        check(find(asked.id) == nullptr, "open questions have names of their own");
        for (const std::uint32_t token : asked.tokens)
            for (std::size_t server = 0; server < n; ++server)
                if (asked.servers[server])
                    check_question(asked, token, server);
        open_.push_back({asked, asked.servers});
    }
    void check_question(const question& asked, std::uint32_t token, std::size_t server)
    {
        check(numbered_[token][server], "nobody is asked about a number that is missing");
        check(machine_->at(token, server) == raida::holding::unknown, "what is asked about is unknown");
        if (asked.what != raida::pown_command)
            return;
        check(may_pown_[token][server], "a pown leaves once, and again after a find that says old");
        may_pown_[token].reset(server);
        ++powns_;
        check(!busy_.has(server, page_of(tokens_[token])), "no pown leaves for a page that is being changed");
    }
    void take(const raida::detail::wait_until&) { check(open_.empty(), "it waits with nothing in flight"); }
    void take(const raida::detail::tell_progress&) {}
    void take(const raida::detail::decided&)
    {
        check(++decided_ <= tokens_.size(), "each token is decided once");
    }
    void take(const raida::detail::all_decided&) { check(decided_ == tokens_.size(), "all are decided"); }
    void take(const raida::detail::done&) { is_done_ = true; }

    input input_;
    std::vector<raida::token_id> tokens_;
    std::vector<std::bitset<n>> numbered_;
    std::vector<std::bitset<n>> may_pown_; // none has left since the beginning, or since find said "old"
    std::vector<open_question> open_;
    raida::detail::page_locks locks_;
    busy_pages busy_;
    std::optional<machine> machine_;
    std::size_t powns_ = 0, decided_ = 0;
    bool is_writing_ = false, is_recorded_ = false, is_done_ = false;
};

inline bool pown_machine(raida::bytes_view bytes)
{
    return pown_run{bytes}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_POWN_MACHINE_HPP
