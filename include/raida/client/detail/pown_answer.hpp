// What one server's answer to a pown, or to a find, proves of each token that it was asked about.
#ifndef RAIDA_CLIENT_DETAIL_POWN_ANSWER_HPP
#define RAIDA_CLIENT_DETAIL_POWN_ANSWER_HPP

#include <raida/client/transfer_record.hpp>
#include <raida/wire/answers.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::detail {

struct pown_answer
{
    enum class kind : std::uint8_t
    {
        unsent,        ///< the question never left
        nothing,       ///< it may have left, and nothing of use came back
        too_long,      ///< fewer tokens in one datagram may do
        unknown_token, ///< one that the server does not know spoils the whole find
        usable
    };

    kind what = kind::unsent;
    std::vector<holding> now{}; ///< per token; empty unless usable
};

/// A pass is the only thing that a pown's answer proves: a datagram that the network repeated is answered
/// like a wrong number.
inline pown_answer read_pown(const reply& got, std::size_t count, bit_order order)
{
    using kind = pown_answer::kind;
    if (got.attempts == 0)
        return {kind::unsent};
    if (got && got.status() == status::invalid_packet_length)
        return {kind::too_long};
    const bool all = got.status() == status::all_pass, some = got.status() == status::mixed;
    if (!got || !got.verified || !(all || some || got.status() == status::all_fail))
        return {kind::nothing};
    const bitfield bits{got.body(), count, order};
    const bool reads = some && bits.is_well_formed() && bits.is_mixed();
    pown_answer answer{kind::usable, std::vector<holding>(count, holding::unknown)};
    for (std::size_t i = 0; i < count; ++i)
        if (all || (reads && bits[i]))
            answer.now[i] = holding::new_number;
    return answer;
}

inline pown_answer read_find(const reply& got, std::size_t count)
{
    using kind = pown_answer::kind;
    if (got.attempts == 0)
        return {kind::unsent};
    if (got && got.status() == status::invalid_packet_length)
        return {kind::too_long};
    if (got && got.status() == status::invalid_serial_or_denomination)
        return {kind::unknown_token};
    const auto found =
        got && got.verified ? parse_find(got.status(), got.body(), count) : std::optional<find_answers>{};
    if (!found)
        return {kind::nothing};
    pown_answer answer{kind::usable, std::vector<holding>(count)};
    for (std::size_t i = 0; i < count; ++i)
        answer.now[i] = (*found)[i] == find_answer::neither            ? holding::neither
                        : (*found)[i] == find_answer::new_authenticity ? holding::new_number
                                                                       : holding::old_number;
    return answer;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_ANSWER_HPP
