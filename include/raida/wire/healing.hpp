// Healing: tickets from servers where a token passes, and the fix on one where it does not. Payloads,
// answers, and the number that a fixed server holds, as deployed servers have them; the written specification
// differs.
#ifndef RAIDA_WIRE_HEALING_HPP
#define RAIDA_WIRE_HEALING_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/detail/md5.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace raida::inline v1 {

/// Do these tokens pass? If so, a ticket that says so to other servers.
inline constexpr command_code get_ticket_command{2, 40};

/// Take new numbers for these tokens, which N/2+1 other servers vouch for. The number that is held is not
/// checked: a fix of a healthy token changes its number, too.
inline constexpr command_code fix_command{2, 80};

/// A server's word that the tokens of one request pass there. Each of the others may check it once, be the
/// fix a success or not. The server keeps 512 of them until it restarts (measured).
enum class ticket : std::uint32_t
{
    none = 0
};

/// From every server one, server 0 first.
template <std::size_t N = server_count>
using tickets = std::array<ticket, N>;

/// A fix takes so long where another server hangs that is asked about its ticket (measured: 32.5 s). There
/// must be no second one in the whole network meanwhile, and none is ever sent twice.
inline constexpr std::chrono::seconds longest_fix{33};

/// How many tokens one get ticket and one fix of at most `datagram_limit` bytes carry.
[[nodiscard]] constexpr std::size_t max_tokens_to_heal(std::size_t datagram_limit = default_datagram_limit,
                                                       std::size_t servers = server_count) noexcept
{
    constexpr std::size_t overhead = header_size + challenge_size + terminator_size;
    const std::size_t limit = (std::min)(datagram_limit, header_size + max_body);
    const std::size_t fixed = overhead + authenticity_number::size + 4 * servers;
    return limit < fixed ? 0 : (std::min)((limit - overhead) / 21, (limit - fixed) / 5);
}

/// The payload of get ticket for one server, its own numbers in it. Empty if one of the tokens has no number
/// there (zero): that proves nothing, so ask about it apart from the others.
template <std::size_t N = server_count>
[[nodiscard]] secret_bytes ticket_payload(std::type_identity_t<std::span<const basic_token<N>>> tokens,
                                          std::size_t server)
{
    assert(server < N);
    for (const basic_token<N>& token : tokens)
        if (token.numbers[server].is_zero())
            return {};
    secret_bytes payload(tokens.size() * 21);
    std::uint8_t* to = payload.data();
    for (const basic_token<N>& token : tokens) {
        *to = static_cast<std::uint8_t>(token.denomination.value);
        detail::store_big<4>(to + 1, token.serial.value);
        to = std::copy_n(token.numbers[server].bytes().data(), authenticity_number::size, to + 5);
    }
    return payload;
}

/// The payload of a fix: 16 fresh random bytes `seed`, of which the new numbers are made (the specification's
/// PG, as secret as they are), and the tickets. Whose ticket is none, or its own, does not vouch.
template <std::size_t N>
[[nodiscard]] secret_bytes fix_payload(std::span<const token_id> tokens, const authenticity_number& seed,
                                       const std::array<ticket, N>& from)
{
    secret_bytes payload(tokens.size() * 5 + authenticity_number::size + 4 * N);
    std::uint8_t* to = payload.data();
    for (const token_id token : tokens) {
        *to = static_cast<std::uint8_t>(token.denomination.value);
        detail::store_big<4>(to + 1, token.serial.value);
        to += 5;
    }
    to = std::copy_n(seed.bytes().data(), authenticity_number::size, to);
    for (const ticket one : from) {
        detail::store_big<4>(to, static_cast<std::uint32_t>(one));
        to += 4;
    }
    return payload;
}

/// What a server holds for a token that it has fixed: MD5 of its own number, the token and the seed.
[[nodiscard]] inline authenticity_number fixed_number(std::uint8_t server, token_id token,
                                                      const authenticity_number& seed) noexcept
{
    std::array<std::uint8_t, 6 + authenticity_number::size> message{server};
    message[1] = static_cast<std::uint8_t>(token.denomination.value);
    detail::store_big<4>(message.data() + 2, token.serial.value);
    std::copy_n(seed.bytes().data(), authenticity_number::size, message.data() + 6);
    auto digest = detail::md5::of(message);
    authenticity_number number{digest};
    detail::wipe(message.data(), message.size());
    detail::wipe(digest.data(), digest.size());
    return number;
}

/// Which tokens passed, or were fixed, over a body that somebody else keeps alive.
class heal_answer
{
  public:
    [[nodiscard]] constexpr std::size_t size() const noexcept { return bits_.size(); }
    [[nodiscard]] constexpr bool operator[](std::size_t token) const noexcept
    {
        return bits_.bytes().empty() ? token < size() && all_ : bits_[token];
    }

    /// For all that passed; none if none did, and of a fix.
    [[nodiscard]] constexpr raida::ticket ticket() const noexcept { return ticket_; }

  private:
    friend constexpr std::optional<heal_answer> parse_ticket(status, bytes_view, std::size_t,
                                                             bit_order) noexcept;
    friend constexpr std::optional<heal_answer> parse_fix(status, bytes_view, std::size_t,
                                                          bit_order) noexcept;

    constexpr heal_answer(bitfield bits, bool all, raida::ticket given) noexcept
        : bits_{bits}, all_{all}, ticket_{given}
    {}

    bitfield bits_;
    bool all_;
    raida::ticket ticket_;
};

/// Reads an answer to fix; `body` without terminator. Nothing for other statuses, and for a body that is not
/// exactly what the status needs: none, or a mixed one's bits.
[[nodiscard]] constexpr std::optional<heal_answer> parse_fix(status what, bytes_view body,
                                                             std::size_t token_count,
                                                             bit_order order = bit_order::lsb_first) noexcept
{
    const bitfield bits{body, token_count, order};
    const bool is_mixed = what == status::mixed;
    if (token_count == 0 || (is_mixed ? !bits.is_well_formed() || !bits.is_mixed() : !body.empty()) ||
        !is_verdict(what))
        return std::nullopt;
    return heal_answer{bits, what == status::all_pass, ticket::none};
}

/// Reads an answer to get ticket; as parse_fix(), but that the ticket follows where a token passed.
[[nodiscard]] constexpr std::optional<heal_answer>
parse_ticket(status what, bytes_view body, std::size_t token_count,
             bit_order order = bit_order::lsb_first) noexcept
{
    if (what != status::all_pass && what != status::mixed)
        return parse_fix(what, body, token_count, order);
    if (body.size() < 4)
        return std::nullopt;
    const bytes_view bits = body.first(body.size() - 4);
    auto answer = parse_fix(what, bits, token_count, order);
    const ticket given{detail::load_big<4>(body.data() + bits.size())};
    if (!answer || given == ticket::none)
        return std::nullopt;
    answer->ticket_ = given;
    return answer;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_HEALING_HPP
