// What a heal asks with: sealed so that answers can be read, and of sizes that kill no server.
#ifndef RAIDA_CLIENT_DETAIL_HEAL_PAYLOADS_HPP
#define RAIDA_CLIENT_DETAIL_HEAL_PAYLOADS_HPP

#include <raida/base/secret_bytes.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/detail/actions.hpp>
#include <raida/client/detail/cutting.hpp>
#include <raida/client/heal_record.hpp>
#include <raida/client/healing.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// A decrypted ticket makes sense whatever it is, unless there are known bits beside it. So a sealed question
/// has decoys at its end: its first token with a random number, which fails.
template <std::size_t N>
struct ticket_questions
{
    std::array<secret_bytes, N> payloads{}; ///< empty: the server is not asked
    std::array<std::size_t, N> records{};   ///< in each
    std::size_t decoyed = 0;                ///< records in each that has decoys; 0: none has
};

/// How many tokens leave room for decoys among `most` records.
constexpr std::size_t beside_decoys(std::size_t most) noexcept
{
    while (most > 2 && !is_safe_sealed(most))
        --most;
    return std::max<std::size_t>(most, 2) - 1;
}

/// As is_safe_sealed(), of a fix.
constexpr bool is_safe_sealed_fix(std::size_t tokens, std::size_t servers) noexcept
{
    const std::size_t beyond = (5 * tokens + 4 * servers) % 16; // challenge and seed are whole blocks
    return beyond == 0 || beyond > 6;
}

/// `random` makes the decoys, where the questions will be sealed.
template <std::size_t N, class Random>
ticket_questions<N> make_ticket_questions(const ask_tickets<N>& wanted, const heal_record<N>& record,
                                          const typename healing<N>::states& states, bool seals,
                                          Random& random, std::error_code& error)
{
    ticket_questions<N> made;
    if (seals) {
        for (const token_list& one : wanted.tokens)
            made.decoyed = (std::max)(made.decoyed, one.size() + 1);
        while (!is_safe_sealed(made.decoyed))
            ++made.decoyed;
    }
    for (std::size_t server = 0; server < N && !error; ++server) {
        std::vector<basic_token<N>> tokens; // with the numbers that are held there
        for (const std::uint32_t token : wanted.tokens[server]) {
            tokens.push_back(record.tokens[token]);
            if (states[token][server] == heal_state::healed)
                tokens.back().numbers[server] = record.fixed(token, server);
        }
        while (!tokens.empty() && tokens.size() < made.decoyed && !error) {
            std::array<std::uint8_t, authenticity_number::size> bytes{};
            random.fill(bytes, error);
            tokens.push_back(tokens.front());
            tokens.back().numbers[server] = authenticity_number{bytes};
        }
        made.records[server] = tokens.size();
        made.payloads[server] = ticket_payload<N>(tokens, server);
    }
    return made;
}

/// Takes nothing for a sealed answer but that all tokens pass, as they did a moment ago, and all decoys fail.
template <std::size_t N>
answer_reader reads_decoyed(const ask_tickets<N>& wanted, std::size_t records, bit_order order)
{
    std::vector<bool> may_pass(records + 1); // so many, and then none
    for (const token_list& one : wanted.tokens)
        if (!one.empty())
            may_pass[one.size()] = true;
    return [may_pass = std::move(may_pass), records, order](status what, bytes_view body) {
        const auto answer = parse_ticket(what, body, records, order);
        std::size_t first = 0, all = 0;
        for (std::size_t i = 0; answer && i < records; ++i) {
            all += (*answer)[i] ? 1U : 0U;
            first += (*answer)[i] && first == i ? 1U : 0U;
        }
        return first == all && may_pass[all];
    };
}

/// Tokens and new numbers of a find: all tokens at all of the servers, so that they travel together; nobody
/// minds answers that were not wanted. Sealed answers some servers give for two tokens at most, and the last
/// of an odd number alone is a size that kills servers: another token of the batch fills it up.
template <std::size_t N>
auto make_find(const ask_holdings<N>& wanted, const heal_record<N>& record, bool seals)
{
    const auto servers =
        std::accumulate(wanted.servers.begin(), wanted.servers.end(), std::bitset<N>{}, std::bit_or{});
    token_list indices = wanted.tokens; // ascending
    if (seals && indices.size() % 2 != 0 && indices.size() < record.tokens.size()) {
        std::uint32_t filler = 0;
        while (filler < indices.size() && indices[filler] == filler)
            ++filler;
        indices.push_back(filler);
    }
    std::pair<std::vector<basic_token<N>>, std::vector<authenticity_numbers<N>>> made;
    for (const std::uint32_t token : indices) {
        made.first.push_back(record.tokens[token]);
        made.second.emplace_back();
        for (std::size_t server = 0; server < N; ++server) {
            made.second.back()[server] = record.fixed(token, server);
            if (!servers[server])
                made.first.back().numbers[server] = {}; // so that it is not asked
        }
    }
    return made;
}

/// Per token the servers that a fix may have reached when this record was written.
template <std::size_t N>
std::vector<std::bitset<N>> may_be_fixed(const heal_record<N>& record)
{
    std::vector<std::bitset<N>> may(record.tokens.size(), ~std::bitset<N>{});
    for (std::size_t token = 0; token < (std::min)(may.size(), record.holdings.size()); ++token)
        for (std::size_t server = 0; server < N; ++server) {
            const holding what = record.holdings[token][server];
            may[token][server] = what == holding::unknown || what == holding::new_number;
        }
    return may;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HEAL_PAYLOADS_HPP
