// Tokens out of thin air, for tests and demonstrations.
#ifndef RAIDA_TESTING_TOKENS_HPP
#define RAIDA_TESTING_TOKENS_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::testing {

/// A pseudo-random authenticity number.
[[nodiscard]] inline authenticity_number make_number(seeded_random& random)
{
    std::array<std::uint8_t, authenticity_number::size> bytes{};
    random.fill(bytes);
    authenticity_number made{bytes};
    raida::detail::wipe(bytes.data(), bytes.size());
    return made;
}

/// `count` different valid tokens (up to 1,024,000), the same for the same seed: every denomination in turn,
/// scattered serial numbers, and N authenticity numbers each.
template <std::size_t N = server_count>
[[nodiscard]] std::vector<basic_token<N>> make_tokens(std::size_t count, std::uint64_t seed = 1)
{
    constexpr std::uint64_t step = 387'683; // prime to the limit: meets every serial number once
    seeded_random random{seed};
    std::uint64_t serial = random.below(serial_limit);
    std::vector<basic_token<N>> tokens(count);
    for (std::size_t i = 0; i < count; ++i) {
        tokens[i].denomination.value = static_cast<std::int8_t>(static_cast<int>(i % 15) - 8);
        tokens[i].serial.value = static_cast<std::uint32_t>(serial);
        serial = (serial + step) % serial_limit;
        for (authenticity_number& number : tokens[i].numbers)
            number = make_number(random);
    }
    return tokens;
}

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_TOKENS_HPP
