// A pown's decisions with servers that are a table: no socket, no clock, no secrets.
#ifndef RAIDA_TESTS_UNIT_CLIENT_POWN_WORLD_HPP
#define RAIDA_TESTS_UNIT_CLIENT_POWN_WORLD_HPP

#include <raida/client/detail/pown_machine.hpp>

#include "unit/consensus/support.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace tests {

using raida::holding;
using raida::status;

inline constexpr raida::detail::pown_time noon{std::chrono::hours{12}};

inline std::vector<raida::token_id> of_one_page(std::size_t count)
{
    std::vector<raida::token_id> made;
    for (std::uint32_t i = 0; i < count; ++i)
        made.push_back({{0}, {i}});
    return made;
}

inline std::vector<raida::token_id> of_many_pages(std::size_t count)
{
    std::vector<raida::token_id> made;
    for (std::uint32_t i = 0; i < count; ++i)
        made.push_back({{0}, {i * 1024}});
    return made;
}

template <std::size_t N = 3>
struct pown_world
{
    using machine_type = raida::detail::pown_machine<N>;
    using ask = raida::detail::ask_servers<N>;
    using rules = raida::detail::pown_rules;

    std::size_t count;
    std::vector<std::array<holding, N>> truth; // what the servers hold, per token; not_asked: they know none
    std::vector<std::array<bool, N>> may_pown; // no pown was sent yet, or a find has said "old" since
    std::vector<ask> open;
    std::vector<std::string> asked; // "pown 0 1 @012"
    std::vector<std::uint32_t> decided;
    std::vector<bool> records; // last or not
    std::optional<std::error_code> done;
    int progress = 0, waits = 0;
    bool all_decided = false;
    raida::detail::page_locks own_locks;
    raida::detail::page_locks* locks;
    machine_type machine;

    explicit pown_world(std::vector<raida::token_id> tokens, rules how = {},
                        std::vector<std::bitset<N>> numbered = {},
                        raida::detail::page_locks* shared = nullptr, std::uint32_t who = 1)
        : count{tokens.size()},
          truth(count),
          may_pown(count),
          locks{shared != nullptr ? shared : &own_locks},
          machine{tokens, numbered.empty() ? numbered = all(count) : numbered, with_quorum(how), who}
    {
        for (std::size_t token = 0; token < count; ++token)
            for (std::size_t server = 0; server < N; ++server) {
                truth[token][server] = numbered[token][server] ? holding::old_number : holding::not_asked;
                may_pown[token][server] = true;
            }
    }
    pown_world(const pown_world&) = delete;
    pown_world& operator=(const pown_world&) = delete;

    static std::vector<std::bitset<N>> all(std::size_t tokens)
    {
        return std::vector<std::bitset<N>>(tokens, ~std::bitset<N>{});
    }

    static rules with_quorum(rules how)
    {
        how.quorum = how.quorum == 0 ? N / 2 + 1 : how.quorum;
        return how;
    }

    void start()
    {
        machine.start(noon);
        drain();
        machine.journal_taken({});
        drain();
    }

    void recover()
    {
        for (auto& one : may_pown)
            one.fill(false); // who knows
        machine.recover(noon);
        drain();
    }

    void drain()
    {
        while (auto next = machine.next(*locks))
            std::visit([this](auto& action) { this->take(action); }, *next);
        check_claims();
    }

    // ---- what a server does

    // The question arrives there: what its answer says.
    bytes_t arrive(const ask& at, std::size_t server)
    {
        std::string votes, found;
        for (const std::uint32_t token : at.tokens) {
            auto& held = truth[token][server];
            if (at.what == raida::pown_command) {
                votes += held == holding::old_number ? 'p' : 'f';
                held = held == holding::old_number ? holding::new_number : held;
            } else if (held == holding::not_asked) {
                return datagram(status::invalid_serial_or_denomination);
            } else {
                found += held == holding::neither ? '\0' : held == holding::old_number ? '\1' : '\2';
            }
        }
        return at.what == raida::pown_command ? judgement(votes) : finding(found);
    }

    static bytes_t finding(const std::string& found)
    {
        if (std::all_of(found.begin(), found.end(), [&](char c) { return c == found.front(); }))
            return datagram(static_cast<status>(208 + found.front()));
        return datagram(status::find_mixed, {found.begin(), found.end()});
    }

    // ---- what the machine hears

    void hear(const ask& at, std::size_t server, const bytes_t& bytes, bool verified = true)
    {
        raida::replies<N> all_of;
        all_of.answer(server, bytes, verified);
        if (at.what == raida::find_command && verified)
            note_found(at, server);
        machine.answered(at.id, all_of[server]);
        drain();
    }
    void fail(const ask& at, std::size_t server, std::error_code error, unsigned attempts)
    {
        raida::replies<N> all_of;
        all_of.fail(server, error, {}, attempts);
        if (attempts == 0 && at.what == raida::pown_command)
            for (const std::uint32_t token : at.tokens)
                may_pown[token][server] = true;
        machine.answered(at.id, all_of[server]);
        drain();
    }
    void answer(const ask& at, std::size_t server) { hear(at, server, arrive(at, server)); }
    void silence(const ask& at, std::size_t server) { fail(at, server, raida::errc::timed_out, 1); }

    void end(const ask& at, std::error_code error = {}, bool ends_all = false)
    {
        std::erase_if(open, [&](const ask& one) { return one.id == at.id; });
        machine.finished(at.id, error, ends_all);
        drain();
    }

    // Answers the oldest open question at all its servers, as `reply(question, server)` has it.
    template <class Reply>
    void serve(Reply reply)
    {
        REQUIRE_FALSE(open.empty());
        const ask at = open.front();
        for (std::size_t server = 0; server < N; ++server)
            if (at.servers[server])
                reply(at, server);
        end(at);
    }

    // To the end, answering so.
    template <class Reply>
    void run(Reply reply)
    {
        for (int steps = 0; !done; ++steps) {
            REQUIRE(steps < 1000);
            if (open.empty()) {
                REQUIRE_FALSE(records.empty());
                machine.journal_taken({});
                drain();
            } else {
                serve(reply);
            }
        }
        CHECK(open.empty());
    }
    void run()
    {
        run([this](const ask& at, std::size_t server) { answer(at, server); });
    }

    [[nodiscard]] std::size_t asked_of(std::size_t server, const std::string& what) const
    {
        return static_cast<std::size_t>(
            std::count_if(asked.begin(), asked.end(), [&](const std::string& one) {
                return one.starts_with(what) && one.find(std::to_string(server), one.find('@')) != one.npos;
            }));
    }

    // A letter per server, as in a journal.
    [[nodiscard]] std::string known(std::size_t token) const
    {
        std::string letters;
        for (std::size_t server = 0; server < N; ++server)
            letters += "uonx-"[static_cast<std::size_t>(machine.at(token, server))];
        return letters;
    }

  private:
    void take(raida::detail::write_record& action) { records.push_back(action.last); }
    void take(ask& action)
    {
        REQUIRE_FALSE(action.tokens.empty());
        REQUIRE(action.servers.any());
        std::string text = action.what == raida::pown_command ? "pown" : "find";
        for (const std::uint32_t token : action.tokens)
            text += ' ' + std::to_string(token);
        text += " @";
        for (std::size_t server = 0; server < N; ++server)
            if (action.servers[server])
                text += std::to_string(server);
        asked.push_back(text);
        check_leaving(action);
        open.push_back(std::move(action));
    }
    void take(raida::detail::wait_until&) { ++waits; }
    void take(raida::detail::tell_progress&) { ++progress; }
    void take(raida::detail::decided& action) { decided.push_back(action.token); }
    void take(raida::detail::all_decided&) { all_decided = true; }
    void take(raida::detail::done& action)
    {
        REQUIRE_FALSE(done);
        done = action.error;
    }

    // Of a pown nothing leaves twice, of anything nothing that cannot be asked.
    void check_leaving(const ask& action)
    {
        REQUIRE_FALSE(done);
        for (const std::uint32_t token : action.tokens)
            for (std::size_t server = 0; server < N; ++server) {
                if (!action.servers[server])
                    continue;
                REQUIRE(machine.at(token, server) == holding::unknown);
                if (action.what == raida::pown_command)
                    REQUIRE(std::exchange(may_pown[token][server], false));
            }
    }

    void note_found(const ask& at, std::size_t server)
    {
        for (const std::uint32_t token : at.tokens)
            may_pown[token][server] = truth[token][server] == holding::old_number;
    }

    // What is claimed is true.
    void check_claims() const
    {
        for (std::size_t token = 0; token < count; ++token)
            for (std::size_t server = 0; server < N; ++server) {
                const auto claim = machine.at(token, server);
                if (claim != holding::unknown)
                    REQUIRE(claim == truth[token][server]);
            }
    }
};

} // namespace tests

#endif // RAIDA_TESTS_UNIT_CLIENT_POWN_WORLD_HPP
