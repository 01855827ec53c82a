// Any order of answers, silences, errors and ends may happen to a batch that is cut into datagrams.
#ifndef RAIDA_TESTS_FUZZ_BATCH_MACHINE_HPP
#define RAIDA_TESTS_FUZZ_BATCH_MACHINE_HPP

#include "check.hpp"
#include "datagram.hpp"
#include "input.hpp"

#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/books.hpp>
#include <raida/testing/tokens.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace fuzz {

/// Reads a program from the input, and acts it out on a batch at three servers. Their verdicts are true, but
/// any of them may be silent, or may complain of whatever it gets.
class batch_run
{
  public:
    explicit batch_run(raida::bytes_view bytes)
        : input_{bytes}, tokens_{raida::testing::make_tokens<n>(1 + input_.next(24))}
    {
        std::bitset<n> missing;
        for (auto& token : tokens_) {
            missing = input_.next(4) == 0 ? input_.bits<n>() : missing; // in stretches
            for (std::size_t server = 0; server < n; ++server)
                if (missing[server])
                    token.numbers[server] = {};
            passes_.push_back(input_.bits<n>());
        }
        const machine::rules how{.wait =
                                     input_.next(2) == 0 ? raida::wait_for::all : raida::wait_for::decided,
                                 .window = input_.next(5),
                                 .is_sealed = input_.next(2) == 0};
        window_ = std::max<std::size_t>(1, how.window);
        machine_.emplace(tokens_, how, raida::detail::vote_book<n>{{}, tokens_.size()});
    }

    /// True if a token has a verdict.
    bool run()
    {
        ask();
        while (!input_.is_over()) {
            step();
            ask();
        }
        for (int steps = 0; !machine_->is_over(); ++steps) {
            check(steps < 1000 && !open_.empty(), "it ends once everything is answered");
            finish(open_.begin()->first, {});
            ask();
        }
        check(open_.empty(), "nothing is open at the end");
        return check_result(std::move(*machine_).take());
    }

  private:
    static constexpr std::size_t n = 3;
    using machine = raida::detail::batch_machine<n, raida::detail::vote_book<n>>;
    using piece = raida::detail::piece<n>;

    void ask()
    {
        const auto most = [this](std::size_t) { return input_.next(9); };
        while (auto next = machine_->next(most)) {
            const piece& part = next->second;
            check(!has_stopped_, "nothing is asked after the end");
            check(part.count != 0 && part.servers.any() && part.first + part.count <= tokens_.size(),
                  "a question is about tokens of the batch");
            for (std::size_t token = part.first; token < part.first + part.count; ++token)
                check((part.servers & ~raida::detail::numbered(tokens_[token])).none(),
                      "nobody is asked about a number that is missing");
            check(open_.try_emplace(next->first, part, raida::replies<n>{}).second,
                  "questions have names of their own");
            check(open_.size() <= window_ && machine_->in_flight() == open_.size(),
                  "no more are in flight than the window");
        }
    }

    void step()
    {
        if (input_.next(64) == 0) {
            machine_->stop();
            has_stopped_ = true;
        }
        if (open_.empty())
            return;
        const auto& [id, of] =
            *std::next(open_.begin(), static_cast<std::ptrdiff_t>(input_.next(open_.size())));
        if (input_.next(16) == 0)
            return finish(id, input_.next(2) == 0 ? std::error_code{} : raida::errc::engine_stopped);
        answer(id, input_.next(n));
    }

    void answer(std::uint32_t id, std::size_t server)
    {
        auto& [part, got] = open_.at(id);
        if (!waits(id)[server])
            return;
        bool readable = true;
        switch (input_.next(8)) {
        case 0:
            got.fail(server, raida::errc::timed_out, {}, static_cast<unsigned>(input_.next(2)));
            break;
        case 1:
            got.answer(server, datagram(raida::status::invalid_packet_length), input_.next(2) == 0);
            break;
        case 2:
            got.answer(server, input_.take(input_.next(64)), false);
            break;
        case 3:
            readable = false;
            got.answer(server, datagram(raida::status::mixed, input_.take(3)), false);
            break;
        default:
            got.answer(server, judgement(part, server));
        }
        const bool in_halves = machine_->settled(id, got[server], readable);
        check(!in_halves || part.count > 1, "one token has no halves");
        const bool enough = machine_->has_enough(id, got, waits(id));
        const auto others = machine_->no_longer_wanted();
        if (enough || waits(id).none())
            finish(id, {});
        for (const auto other : others)
            if (open_.contains(other))
                finish(other, {});
    }

    std::bitset<n> waits(std::uint32_t id)
    {
        const auto& [part, got] = open_.at(id);
        std::bitset<n> open;
        for (std::size_t server = 0; server < n; ++server)
            open[server] = part.servers[server] && got[server].error == raida::errc::pending;
        return open;
    }

    std::vector<std::uint8_t> judgement(const piece& part, std::size_t server) const
    {
        std::vector<std::uint8_t> body(raida::bitfield::bytes_for(part.count));
        std::size_t passed = 0;
        for (std::size_t i = 0; i < part.count; ++i)
            if (passes_[part.first + i][server]) {
                ++passed;
                body[i / 8] = static_cast<std::uint8_t>(body[i / 8] | 1U << i % 8);
            }
        return passed == 0            ? datagram(raida::status::all_fail)
               : passed == part.count ? datagram(raida::status::all_pass)
                                      : datagram(raida::status::mixed, body);
    }

    void finish(std::uint32_t id, std::error_code error)
    {
        auto& [part, got] = open_.at(id);
        for (std::size_t server = 0; server < n; ++server)
            if (got[server].error == raida::errc::pending)
                got.fail(server, part.servers[server] ? raida::errc::not_awaited : raida::errc::skipped);
        machine_->finished(id, error, got);
        open_.erase(id);
        check(machine_->decided() <= tokens_.size(), "no token is decided twice");
    }

    bool check_result(const raida::batch_tally<n>& got) const
    {
        check(got.token_count() == tokens_.size(), "every token is in the result");
        bool any = false;
        for (std::size_t token = 0; token < tokens_.size(); ++token) {
            const auto asked = raida::detail::numbered(tokens_[token]);
            for (std::size_t server = 0; server < n; ++server) {
                const auto said = got.vote(token, server);
                const auto right = passes_[token][server] ? raida::vote::pass : raida::vote::fail;
                check(said == raida::vote::none || (asked[server] && said == right),
                      "no vote is another than it was");
            }
            any = any || got.verdict(token) != raida::verdict::undecided;
        }
        return any;
    }

    input input_;
    std::vector<raida::basic_token<n>> tokens_;
    std::vector<std::bitset<n>> passes_; // per token: who says so
    std::map<std::uint32_t, std::pair<piece, raida::replies<n>>> open_;
    std::optional<machine> machine_;
    std::size_t window_ = 1;
    bool has_stopped_ = false;
};

inline bool batch_machine(raida::bytes_view bytes)
{
    return batch_run{bytes}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_BATCH_MACHINE_HPP
