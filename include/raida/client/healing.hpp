// What became of a heal: which number each server holds for each token, and why some could not be healed.
#ifndef RAIDA_CLIENT_HEALING_HPP
#define RAIDA_CLIENT_HEALING_HPP

#include <raida/base/printing.hpp>
#include <raida/client/heal_record.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// What a heal did about one token at one server, and why not more.
enum class heal_state : std::uint8_t
{
    unknown,       ///< it gave no vote: left alone
    not_asked,     ///< nobody can ask: the token has no number there (zero)
    healthy,       ///< it holds the number given
    healed,        ///< it holds the fixed number: find says so
    unconfirmed,   ///< a fix has left, and nobody said what came of it: client::async_recover_heal() asks
    not_authentic, ///< it failed, and no quorum passes the token
    few_tickets,   ///< it failed, and fewer others than a fix needs would vouch for the token
    refused,       ///< it failed, and does still after a fix
    not_tried      ///< it failed, and the call was over before its turn
};

/// "healed", "too few tickets", ...
[[nodiscard]] constexpr std::string_view to_string(heal_state of) noexcept
{
    using enum heal_state;
    return detail::name_of(of, "unknown",
                           {{not_asked, "not asked"},
                            {healthy, "healthy"},
                            {healed, "healed"},
                            {unconfirmed, "unconfirmed"},
                            {not_authentic, "not authentic"},
                            {few_tickets, "too few tickets"},
                            {refused, "refused"},
                            {not_tried, "not tried"}});
}

/// Failed, and not healed.
[[nodiscard]] constexpr bool is_broken(heal_state of) noexcept
{
    return of >= heal_state::not_authentic;
}

/// The result of a heal. Indices are those of the batch given; out of range throws std::out_of_range.
/// Copyable; holds secrets. Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count>
class healing
{
  public:
    using states = std::vector<std::array<heal_state, N>>; ///< per token and server

    healing() = default;
    /// Of a record, and what became of each slot.
    healing(heal_record<N> record, states what) : record_{std::move(record)}, states_{std::move(what)} {}

    [[nodiscard]] std::size_t token_count() const noexcept { return states_.size(); }
    /// What became of a token at a server.
    [[nodiscard]] heal_state at(std::size_t token, std::size_t server) const
    {
        return states_.at(token).at(server);
    }

    /// Servers where this became of a token.
    [[nodiscard]] std::size_t count(std::size_t token, heal_state which) const
    {
        const auto& of = states_.at(token);
        return static_cast<std::size_t>(std::count(of.begin(), of.end(), which));
    }
    /// The same of all tokens together.
    [[nodiscard]] std::size_t count(heal_state which) const
    {
        std::size_t sum = 0;
        for (std::size_t token = 0; token < token_count(); ++token)
            sum += count(token, which);
        return sum;
    }

    /// No server is known to fail the token, or may.
    [[nodiscard]] bool is_whole(std::size_t token) const
    {
        const auto& of = states_.at(token);
        return std::none_of(of.begin(), of.end(),
                            [](heal_state one) { return is_broken(one) || one == heal_state::unconfirmed; });
    }

    /// The token as it is after the heal: the fixed number where a server holds it, or may, since what it had
    /// before was worth nothing; else the one given.
    [[nodiscard]] basic_token<N> token_now(std::size_t token) const
    {
        basic_token<N> now = record_.tokens.at(token);
        for (std::size_t server = 0; server < N; ++server)
            if (at(token, server) == heal_state::healed || at(token, server) == heal_state::unconfirmed)
                now.numbers[server] = record_.fixed(token, server);
        return now;
    }

    /// For a later recovery.
    [[nodiscard]] const heal_record<N>& record() const noexcept { return record_; }

  private:
    heal_record<N> record_;
    states states_;
};

/// "20 healthy, 4 healed, 1 too few tickets": slots of all tokens and servers.
template <std::size_t N>
[[nodiscard]] std::string to_string(const healing<N>& of)
{
    using enum heal_state;
    std::string list;
    for (const auto one :
         {healthy, healed, unconfirmed, few_tickets, refused, not_tried, not_authentic, unknown, not_asked})
        detail::add_count(list, of.count(one), to_string(one));
    return list.empty() ? "no tokens" : list;
}

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_HEALING_HPP
