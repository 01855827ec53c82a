// Makes wrong answers out of right ones.
#ifndef RAIDA_TESTING_DETAIL_SPOILER_HPP
#define RAIDA_TESTING_DETAIL_SPOILER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::testing::detail {

enum class fault : std::uint8_t
{
    none,
    forged,
    stale,
    wrong_echo,
    wrong_server,
    truncated,
    garbage,
    oversize,
    foreign,
};

// The first fault whose chance comes up.
inline fault draw_fault(const manners& how, seeded_random& random) noexcept
{
    const struct
    {
        fault what;
        double probability;
    } faults[] = {
        {fault::forged, how.forged},         {fault::stale, how.stale},
        {fault::wrong_echo, how.wrong_echo}, {fault::wrong_server, how.wrong_server},
        {fault::truncated, how.truncated},   {fault::garbage, how.garbage},
        {fault::oversize, how.oversize},     {fault::foreign, how.foreign},
    };
    for (const auto& [what, probability] : faults)
        if (random.chance(probability))
            return what;
    return fault::none;
}

// Claims the opposite of the truth with a signature that the forger had to guess.
inline void forge(std::vector<std::uint8_t>& answer, seeded_random& random)
{
    const auto truth = static_cast<status>(answer[2]);
    if (is_verdict(truth)) {
        answer.resize(header_size);
        answer[2] =
            static_cast<std::uint8_t>(truth == status::all_pass ? status::all_fail : status::all_pass);
        raida::detail::store_big<3>(answer.data() + 9, 0U);
    }
    random.fill({answer.data() + 16, challenge_size});
}

// Pads the body with zeros up to `size` bytes in all, and tells so in the size field.
inline void inflate(std::vector<std::uint8_t>& answer, std::size_t size)
{
    if (shape_of(answer) != response_shape::well_formed)
        return;
    const std::size_t body = response_body(answer).size();
    const std::size_t total = (std::max)(size, header_size + body + terminator_size);
    answer.resize(header_size + body);
    answer.resize(total - terminator_size, 0);
    answer.resize(total, terminator_byte);
    raida::detail::store_big<3>(answer.data() + 9, total - header_size);
}

// `answer` comes in right, 32 bytes at least, and goes out wrong; empty if there is nothing to send.
// `earlier` is the server's previous answer, or empty. Foreign answers keep their bytes.
inline void spoil(fault how, std::vector<std::uint8_t>& answer, bytes_view earlier, const manners& settings,
                  std::size_t servers, seeded_random& random)
{
    switch (how) {
    case fault::forged:
        return forge(answer, random);
    case fault::stale:
        return answer.assign(earlier.begin(), earlier.end());
    case fault::wrong_echo:
        answer[6] ^= 0x80U;
        return;
    case fault::wrong_server:
        answer[0] = static_cast<std::uint8_t>((answer[0] + 1U) % servers);
        return;
    case fault::truncated:
        return answer.resize(1 + static_cast<std::uint32_t>(random.below(answer.size() - 1)));
    case fault::garbage:
        answer.resize(1 + static_cast<std::uint32_t>(random.below(128)));
        return random.fill(answer);
    case fault::oversize:
        return inflate(answer, (std::min)(settings.oversize_bytes, max_datagram));
    case fault::foreign:
    case fault::none:
        return;
    }
}

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_SPOILER_HPP
