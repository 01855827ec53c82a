// Any order of votes, tickets, fixes, finds, errors, cancellations and busy pages may happen to a heal: no
// fix leaves for what has not failed, or may be fixed already, and in the end it is over.
#ifndef RAIDA_TESTS_FUZZ_HEAL_MACHINE_HPP
#define RAIDA_TESTS_FUZZ_HEAL_MACHINE_HPP

#include "busy_pages.hpp"
#include "check.hpp"
#include "input.hpp"

#include <raida/client/detail/heal_machine.hpp>

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

/// Reads a program from the input, and acts it out on a heal of a few tokens at four servers, which may lie.
class heal_run
{
  public:
    explicit heal_run(raida::bytes_view bytes) : input_{bytes}, tokens_{some_tokens(input_)}
    {
        for (std::size_t i = 0; i < tokens_.size(); ++i)
            numbered_.push_back(input_.next(8) == 0 ? input_.bits<n>() : ~std::bitset<n>{});
        failed_.resize(tokens_.size());
        reached_.resize(tokens_.size());
        vouched_.resize(tokens_.size());
        const raida::detail::heal_rules rules{.quorum = quorum,
                                              .rounds = 1 + static_cast<unsigned>(input_.next(4)),
                                              .until = noon + std::chrono::seconds{1},
                                              .tells_progress = input_.next(2) != 0};
        machine_.emplace(tokens_, numbered_, rules, 1);
        machine_->limit(1 + input_.next(4));
    }

    /// True if a fix has left.
    bool run()
    {
        begin();
        drain();
        while (!input_.is_over()) {
            step();
            drain();
        }
        finish_everything();
        return fixes_ != 0;
    }

  private:
    static constexpr std::size_t n = 4, quorum = 3;
    static constexpr raida::detail::heal_time noon{std::chrono::hours{12}};

    void begin()
    {
        if (input_.next(3) != 0)
            return machine_->start(noon);
        for (auto& one : reached_)
            one = input_.bits<n>();
        machine_->recover(noon, reached_);
    }

    // ---- events

    void step()
    {
        switch (input_.next(16)) {
        case 0:
        case 1:
            return vote();
        case 2:
        case 3:
            return find();
        case 4:
        case 5:
        case 6:
        case 7:
            for (std::size_t server = 0; server < n; ++server)
                if (input_.next(8) != 0)
                    vouch(server);
            return;
        case 8:
            return machine_->tickets_over();
        case 9:
            return journal(input_.next(8) == 0 ? make_error_code(std::errc::io_error) : std::error_code{});
        case 10:
        case 11:
            return fixed(input_.next(3) != 0);
        case 12:
            return busy_.take(locks_, input_.next(n), page_of(tokens_[input_.next(tokens_.size())]));
        case 13:
            return busy_.take(locks_, n, {}); // the turn itself
        case 14:
            return busy_.give_back(locks_);
        default:
            return end_early();
        }
    }

    void end_early()
    {
        switch (input_.next(16)) {
        case 0:
            return machine_->cancel();
        case 1:
            return machine_->failed(raida::errc::engine_stopped);
        case 2:
            return machine_->passed(noon + std::chrono::seconds{1});
        default:
            return machine_->limit(input_.next(8));
        }
    }

    // Mostly passes, since a quorum of them is needed.
    void vote()
    {
        std::vector<std::array<raida::vote, n>> votes(tokens_.size());
        for (std::size_t token = 0; token < votes.size(); ++token)
            for (std::size_t server = 0; server < n; ++server) {
                static constexpr raida::vote what[] = {
                    raida::vote::pass, raida::vote::pass, raida::vote::pass, raida::vote::pass,
                    raida::vote::fail, raida::vote::fail, raida::vote::none};
                votes[token][server] = what[input_.next(std::size(what))];
                if (awaits_votes_)
                    failed_[token][server] = votes[token][server] == raida::vote::fail;
            }
        awaits_votes_ = false;
        machine_->voted([&](std::size_t token, std::size_t server) { return votes[token][server]; });
    }

    void find()
    {
        std::vector<std::array<std::optional<raida::find_answer>, n>> answers(finds_.tokens.size());
        for (std::size_t i = 0; i < answers.size(); ++i)
            for (std::size_t server = 0; server < n; ++server)
                if (const std::size_t said = input_.next(4); said < 3) {
                    answers[i][server] = static_cast<raida::find_answer>(said);
                    if (finds_.servers[i][server])
                        note_found(finds_.tokens[i], server, *answers[i][server]);
                }
        finds_ = {};
        machine_->found([&](std::size_t i, std::size_t server) { return answers.at(i)[server]; });
    }
    void note_found(std::uint32_t token, std::size_t server, raida::find_answer said)
    {
        reached_[token].reset(server);
        failed_[token][server] = said == raida::find_answer::neither;
    }

    void vouch(std::size_t server)
    {
        const auto& asked = tickets_.tokens[server];
        using enum raida::status;
        static constexpr raida::status what[] = {all_pass, all_pass, all_pass, all_pass, mixed, all_fail};
        const raida::status status = what[input_.next(std::size(what))];
        std::vector<std::uint8_t> body;
        if (status == mixed)
            body.push_back(static_cast<std::uint8_t>(1 + input_.next(3)));
        if (status != all_fail)
            body.insert(body.end(), {0, 0, 1, static_cast<std::uint8_t>(server)});
        const auto said = raida::parse_ticket(status, body, asked.size());
        for (std::size_t i = 0; said && i < asked.size(); ++i)
            if ((*said)[i])
                vouched_[asked[i]].set(server);
        machine_->vouched(server, said);
    }

    void journal(std::error_code error)
    {
        is_recorded_ = is_recorded_ || (is_writing_ && !error);
        is_writing_ = false;
        machine_->journal_taken(error);
    }

    void fixed(bool was_sent)
    {
        for (const std::uint32_t token : fix_ ? fix_->tokens : raida::detail::token_list{})
            reached_[token][fix_->server] = was_sent;
        fix_.reset();
        machine_->fixed(was_sent);
    }

    // What is not awaited does nothing.
    void finish_everything()
    {
        for (int steps = 0; !is_done_; ++steps) {
            check(steps < 1000, "it ends once everything is answered");
            busy_.give_back(locks_);
            for (int event = 0; event < 5; ++event) {
                event == 0   ? vote()
                : event == 1 ? find()
                : event == 2 ? machine_->tickets_over()
                : event == 3 ? journal({})
                             : fixed(true);
                drain();
            }
        }
        check(machine_->is_over() && !fix_, "what is done is over");
    }

    // ---- what must hold

    void drain()
    {
        while (auto action = machine_->next(locks_)) {
            check(!is_done_, "nothing comes after the end");
            std::visit([this](const auto& one) { this->take(one); }, *action);
        }
    }

    void take(const raida::detail::write_record&) { is_writing_ = true; }
    void take(const raida::detail::ask_votes&) { awaits_votes_ = true; }
    void take(const raida::detail::ask_holdings<n>& asked)
    {
        check(!asked.tokens.empty() && asked.tokens.size() == asked.servers.size(), "a find asks something");
        finds_ = asked;
    }
    void take(const raida::detail::ask_tickets<n>& asked)
    {
        tickets_ = asked;
        for (const auto& of : asked.tokens)
            for (const std::uint32_t token : of)
                vouched_[token].reset();
    }
    void take(const raida::detail::ask_fix<n>& asked)
    {
        check(is_recorded_, "no fix leaves before the journal has the record");
        check(!fix_, "one fix is open at a time");
        check(!asked.tokens.empty() && asked.from[asked.server] == raida::ticket::none,
              "a server's own ticket does not count");
        check(!busy_.has(n, {}), "one heal has its turn at a time");
        for (const std::uint32_t token : asked.tokens) {
            check(numbered_[token][asked.server], "no fix leaves where there is no number");
            check(failed_[token][asked.server], "no fix leaves for what has not failed");
            check(!reached_[token][asked.server], "no fix leaves for what may be fixed");
            auto others = vouched_[token];
            check(others.reset(asked.server).count() >= quorum, "a quorum of others vouches");
            check(!busy_.has(asked.server, page_of(tokens_[token])), "no fix leaves for a page in use");
        }
        fix_ = asked;
        ++fixes_;
    }
    void take(const raida::detail::wait_until&) { check(!fix_, "it waits with nothing in flight"); }
    void take(const raida::detail::tell_progress&) {}
    void take(const raida::detail::done&) { is_done_ = true; }

    input input_;
    std::vector<raida::token_id> tokens_;
    std::vector<std::bitset<n>> numbered_;
    std::vector<std::bitset<n>> failed_;  // the last word of a vote or a find
    std::vector<std::bitset<n>> reached_; // a fix may be there, and no find has said since
    std::vector<std::bitset<n>> vouched_; // in this round
    raida::detail::ask_holdings<n> finds_;
    raida::detail::ask_tickets<n> tickets_;
    std::optional<raida::detail::ask_fix<n>> fix_;
    raida::detail::page_locks locks_;
    busy_pages busy_;
    std::optional<raida::detail::heal_machine<n>> machine_;
    std::size_t fixes_ = 0;
    bool awaits_votes_ = false, is_writing_ = false, is_recorded_ = false, is_done_ = false;
};

inline bool heal_machine(raida::bytes_view bytes)
{
    return heal_run{bytes}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_HEAL_MACHINE_HPP
