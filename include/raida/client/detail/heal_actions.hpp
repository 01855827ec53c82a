// What a heal's decisions are told once, and what they want done.
#ifndef RAIDA_CLIENT_DETAIL_HEAL_ACTIONS_HPP
#define RAIDA_CLIENT_DETAIL_HEAL_ACTIONS_HPP

#include <raida/client/detail/pown_actions.hpp>
#include <raida/wire/healing.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace raida::inline v1::detail {

using heal_time = std::chrono::steady_clock::time_point;

struct heal_rules
{
    std::size_t quorum = 0; ///< servers that must pass a token; so many others must vouch for it
    unsigned rounds = 2;    ///< of tickets and fixes for the same tokens
    heal_time until = (heal_time::max)();
    bool tells_progress = false;
    friend bool operator==(const heal_rules&, const heal_rules&) = default;
};

/// Tokens are indices of the batch.
using token_list = std::vector<std::uint32_t>;

/// Detect all tokens everywhere; voted() is awaited.
struct ask_votes
{
    friend bool operator==(const ask_votes&, const ask_votes&) = default;
};

/// Find out, of each of these tokens at these servers, whether the number given or the fixed one is held;
/// found() is awaited.
template <std::size_t N>
struct ask_holdings
{
    token_list tokens{};
    std::vector<std::bitset<N>> servers{}; ///< per token
    friend bool operator==(const ask_holdings&, const ask_holdings&) = default;
};

/// Ask each server for one ticket for these tokens; vouched() is awaited once for each server that is asked,
/// then tickets_over().
template <std::size_t N>
struct ask_tickets
{
    std::array<token_list, N> tokens{}; ///< per server; none: it is not asked
    friend bool operator==(const ask_tickets&, const ask_tickets&) = default;
};

/// Have one server fix these tokens; fixed() is awaited.
template <std::size_t N>
struct ask_fix
{
    std::size_t server = 0;
    token_list tokens{};
    std::array<ticket, N> from{};
    friend bool operator==(const ask_fix&, const ask_fix&) = default;
};

/// The others are those of a pown.
template <std::size_t N>
using heal_action = std::variant<write_record, ask_votes, ask_holdings<N>, ask_tickets<N>, ask_fix<N>,
                                 wait_until, tell_progress, done>;

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HEAL_ACTIONS_HPP
