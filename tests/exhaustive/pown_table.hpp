// A server of the model: what it holds, in memory and on disk, and what is on the way to it.
#ifndef RAIDA_TESTS_EXHAUSTIVE_POWN_TABLE_HPP
#define RAIDA_TESTS_EXHAUSTIVE_POWN_TABLE_HPP

#include "pown_events.hpp"

#include <raida/client/detail/actions.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/status.hpp>

#include "unit/consensus/support.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace exhaustive {

/// One request to one server. Two tokens at most, so that their sets are small numbers.
struct table_request
{
    raida::detail::pown_ask_id id = 0;
    bool is_pown = false;
    std::vector<std::uint32_t> tokens{};
    bool arrived = false;
    std::string answer{}; ///< per token what a pown's answer (p, f) or a find's (o, n) says

    [[nodiscard]] std::uint8_t set() const
    {
        std::uint8_t all = 0;
        for (const std::uint32_t token : tokens)
            all = static_cast<std::uint8_t>(all | 1U << token);
        return all;
    }

    /// What the server has not said.
    [[nodiscard]] tests::bytes_t forgery(char held) const
    {
        if (is_pown)
            return tests::datagram(raida::status::all_pass);
        return tests::datagram(held == 'o' ? raida::status::find_all_new_authenticity
                                           : raida::status::find_all_authenticity);
    }

    [[nodiscard]] tests::bytes_t datagram() const
    {
        using raida::status;
        if (is_pown)
            return tests::judgement(answer);
        if (answer.find('o') == answer.npos)
            return tests::datagram(status::find_all_new_authenticity);
        if (answer.find('n') == answer.npos)
            return tests::datagram(status::find_all_authenticity);
        tests::bytes_t body;
        for (const char one : answer)
            body.push_back(one == 'o' ? 1 : 2);
        return tests::datagram(status::find_mixed, body);
    }
};

struct table_server
{
    std::string held{}, saved{}; ///< per token: o or n
    std::vector<table_request> open{};
    std::uint8_t may_pown = 3;   ///< tokens of which no pown was sent yet, or find has said "old" since
    std::uint8_t on_the_way = 0; ///< sets of tokens of powns that may still arrive: one bit each
    std::uint8_t forgot = 0, overtaken = 0; ///< tokens that changed when nobody could know

    table_server() = default;
    explicit table_server(std::size_t tokens) : held(tokens, 'o'), saved(tokens, 'o') {}

    [[nodiscard]] std::string key() const
    {
        std::vector<std::string> requests;
        for (const table_request& one : open)
            requests.push_back(std::string{one.is_pown ? 'P' : 'F', static_cast<char>('0' + one.set())} +
                               (one.arrived ? one.answer : "?"));
        std::sort(requests.begin(), requests.end());
        std::string whole = held + saved + static_cast<char>(may_pown) + static_cast<char>(on_the_way) +
                            static_cast<char>(forgot) + static_cast<char>(overtaken);
        for (const std::string& one : requests)
            whole += one;
        return whole;
    }

    // ---- what happens there

    void arrive(table_request& one)
    {
        one.arrived = true;
        one.answer.clear();
        for (const std::uint32_t token : one.tokens)
            if (!one.is_pown)
                one.answer += held[token];
            else
                one.answer += std::exchange(held[token], 'n') == 'o' ? 'p' : 'f';
    }

    /// It may come at any time from now on, and again and again.
    void delay(const table_request& one)
    {
        on_the_way = static_cast<std::uint8_t>(on_the_way | 1U << one.set());
    }

    [[nodiscard]] bool would_change(unsigned tokens) const
    {
        for (std::size_t token = 0; token < held.size(); ++token)
            if ((tokens >> token & 1U) != 0 && held[token] == 'o')
                return true;
        return false;
    }
    void pown_late(unsigned tokens)
    {
        for (std::size_t token = 0; token < held.size(); ++token)
            if ((tokens >> token & 1U) != 0 && std::exchange(held[token], 'n') == 'o')
                overtaken = static_cast<std::uint8_t>(overtaken | 1U << token);
    }
    void restart()
    {
        for (std::size_t token = 0; token < held.size(); ++token)
            if (std::exchange(held[token], saved[token]) != saved[token])
                forgot = static_cast<std::uint8_t>(forgot | 1U << token);
    }

    // ---- what may be said

    /// False if one of these tokens was powned, and nothing has proved since that it did not work.
    [[nodiscard]] bool take_turn(const table_request& pown)
    {
        const auto before = std::exchange(may_pown, static_cast<std::uint8_t>(may_pown & ~pown.set()));
        return (before & pown.set()) == pown.set();
    }
    void note_proof(const table_request& one, bool never_left, bool heard)
    {
        for (std::size_t i = 0; i < one.tokens.size(); ++i)
            if (one.is_pown ? never_left : heard && one.answer[i] == 'o')
                may_pown = static_cast<std::uint8_t>(may_pown | 1U << one.tokens[i]);
    }

    [[nodiscard]] bool may_say(raida::holding claim, std::size_t token) const
    {
        if (claim == raida::holding::new_number)
            return held[token] == 'n' || (forgot >> token & 1U) != 0;
        if (claim == raida::holding::old_number)
            return held[token] == 'o' || (overtaken >> token & 1U) != 0;
        return claim == raida::holding::unknown;
    }

    /// Nothing was ever sent there.
    [[nodiscard]] bool is_untouched() const
    {
        return held.find('n') == held.npos && on_the_way == 0 && open.empty();
    }
};

/// What may happen to what is on the way to this server, and to itself.
inline void add_events(std::uint8_t server, const table_server& at, const pown_setup& setup,
                       bool client_lives, bool faults_left, std::vector<pown_event>& all)
{
    using enum pown_event::kind;
    for (std::uint8_t i = 0; i < at.open.size(); ++i) {
        const table_request& one = at.open[i];
        const auto may = [&](pown_event::kind what, bool possible) {
            if (possible && (faults_left || what == arrives || what == heard))
                all.push_back({what, server, i});
        };
        may(arrives, !one.arrived);
        may(arrives_again, one.arrived);
        may(lost, !one.arrived);
        may(never_left, !one.arrived && client_lives && !setup.overtakes);
        may(heard, one.arrived);
        may(answer_lost, one.arrived);
        may(forged, client_lives);
    }
    for (std::uint8_t tokens = 1; tokens < 4; ++tokens)
        if ((at.on_the_way >> tokens & 1U) != 0 && at.would_change(tokens))
            all.push_back({arrives_late, server, tokens});
    if (setup.forgets && at.held != at.saved)
        all.insert(all.end(), {{flushed, server}, {restarted, server}});
}

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_POWN_TABLE_HPP
