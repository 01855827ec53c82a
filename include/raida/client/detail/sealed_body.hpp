// What a decrypted body says about the way in which it was decrypted.
#ifndef RAIDA_CLIENT_DETAIL_SEALED_BODY_HPP
#define RAIDA_CLIENT_DETAIL_SEALED_BODY_HPP

#include <raida/client/codec.hpp>
#include <raida/wire/answers.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <cstdint>

namespace raida::inline v1::detail {

/// The right reading of a server's body always makes sense, so where only one does, that is the right one.
enum class sense : std::uint8_t
{
    none,
    some, ///< an answer, but a wrong reading may look like one too
    proof ///< no accident: a wrong reading of eight bytes is eight digits once in 2 x 10^11
};

/// Is the body of such an answer read at all?
[[nodiscard]] inline bool is_body_read(status what, const sealed_batch& batch) noexcept
{
    return batch.reads != nullptr || what == status::mixed || what == status::success || is_find_result(what);
}

/// How much sense a reading of an answer's body makes.
[[nodiscard]] inline sense sense_of(status what, bytes_view body, const sealed_batch& batch)
{
    const auto if_true = [](bool sensible) { return sensible ? sense::some : sense::none; };
    if (batch.reads != nullptr)
        return if_true(*batch.reads == nullptr || (*batch.reads)(what, body));
    if (what == status::mixed) {
        const bitfield bits{body, batch.token_count, batch.bit_order};
        return if_true(bits.is_well_formed() && bits.is_mixed());
    }
    if (what != status::success)
        return if_true(parse_find(what, body, batch.token_count).has_value());
    const bool digits =
        std::all_of(body.begin(), body.end(), [](std::uint8_t c) { return c >= '0' && c <= '9'; });
    return digits && body.size() == 8 ? sense::proof : if_true(parse_version(body).has_value());
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_SEALED_BODY_HPP
