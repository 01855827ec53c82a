// Any answer may come to a get ticket, or to a fix.
#ifndef RAIDA_TESTS_FUZZ_HEALING_HPP
#define RAIDA_TESTS_FUZZ_HEALING_HPP

#include "check.hpp"
#include "input.hpp"

#include <raida/wire/healing.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace fuzz {

inline void check_heal_answer(const std::optional<raida::heal_answer>& got, raida::status what,
                              raida::bytes_view bits, std::size_t count, raida::bit_order order)
{
    const raida::bitfield mixed{bits, count, order};
    const bool is_mixed = what == raida::status::mixed;
    const bool is_all = what == raida::status::all_pass || what == raida::status::all_fail;
    const bool fits =
        count != 0 && (is_mixed ? mixed.is_well_formed() && mixed.is_mixed() : is_all && bits.empty());
    check(!got || fits, "what is read is a verdict, and fits its tokens");
    if (!got)
        return;
    check(got->size() == count && !(*got)[count], "there are as many tokens as were asked about");
    for (std::size_t i = 0; i < count; ++i)
        check((*got)[i] == (is_mixed ? mixed[i] : what == raida::status::all_pass), "each token has its bit");
}

/// Token count, order and status, then the body. True if one of them reads it.
inline bool healing(raida::bytes_view bytes)
{
    using raida::status;
    input from{bytes};
    const std::size_t count = from.next(256);
    const auto order = from.next(2) == 0 ? raida::bit_order::lsb_first : raida::bit_order::msb_first;
    const auto what = static_cast<status>(from.next(256));
    const raida::bytes_view body = from.take(bytes.size());

    const auto fix = raida::parse_fix(what, body, count, order);
    check_heal_answer(fix, what, body, count, order);
    check(!fix || fix->ticket() == raida::ticket::none, "a fix gives no ticket");

    const auto ticket = raida::parse_ticket(what, body, count, order);
    const bool has_ticket = ticket && ticket->ticket() != raida::ticket::none;
    check(!ticket || has_ticket == (what != status::all_fail), "who passes a token gives a ticket for it");
    check_heal_answer(ticket, what, has_ticket ? body.first(body.size() - 4) : body, count, order);
    if (has_ticket)
        check(static_cast<std::uint32_t>(ticket->ticket()) ==
                  raida::detail::load_big<4>(body.data() + body.size() - 4),
              "the ticket is the end of the body");
    return fix || ticket;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_HEALING_HPP
