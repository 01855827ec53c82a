// Any body and any token count may meet in a bitfield.
#ifndef RAIDA_TESTS_FUZZ_BITFIELD_HPP
#define RAIDA_TESTS_FUZZ_BITFIELD_HPP

#include "check.hpp"

#include <raida/wire/bitfield.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fuzz {

// The same bits in the other order must read the same.
inline std::vector<std::uint8_t> mirrored(raida::bytes_view body)
{
    std::vector<std::uint8_t> result;
    for (const std::uint8_t byte : body) {
        unsigned turned = 0;
        for (unsigned bit = 0; bit < 8; ++bit)
            turned |= ((byte >> bit) & 1U) << (7 - bit);
        result.push_back(static_cast<std::uint8_t>(turned));
    }
    return result;
}

/// Two bytes of token count, then the body. True if they fit each other.
inline bool bitfield(raida::bytes_view input)
{
    if (input.size() < 2)
        return false;
    const std::size_t count = raida::detail::load_big<2>(input.data());
    const raida::bytes_view body = input.subspan(2);
    const auto turned = mirrored(body);
    const raida::bitfield low{body, count}, high{turned, count, raida::bit_order::msb_first};
    std::size_t passed = 0, stray = 0;
    for (std::size_t i = 0; i < body.size() * 8; ++i) {
        check(low[i] == high[i], "both orders read the same bits");
        const bool set = ((body[i / 8] >> (i % 8)) & 1U) != 0;
        check(low[i] == (set && i < count), "a token's bit is its own");
        passed += low[i] ? 1 : 0;
        stray += set && i >= count ? 1 : 0;
    }
    check(!low[body.size() * 8], "there is no bit beyond the bytes");
    check(low.count_pass() == passed && high.count_pass() == passed, "the count is the sum of the bits");
    const bool fits = body.size() == (count + 7) / 8 && stray == 0;
    check(low.is_well_formed() == fits && high.is_well_formed() == fits,
          "what fits is exact and has no stray bit");
    check(low.is_mixed() == (passed != 0 && passed != count), "mixed is some but not all");
    return fits;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_BITFIELD_HPP
