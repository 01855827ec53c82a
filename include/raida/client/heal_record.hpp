// What must survive a crash in the midst of a heal: of what the new numbers are made, and what is known.
#ifndef RAIDA_CLIENT_HEAL_RECORD_HPP
#define RAIDA_CLIENT_HEAL_RECORD_HPP

#include <raida/client/transfer_record.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace raida::inline v1 {

/// Everything that is needed to know each server's number after a crash: it is the one given, the fixed one,
/// or, where the token was broken, one that nobody knows. Holds secrets, which are wiped with it: write it
/// where only its owner can read.
template <std::size_t N = server_count>
struct heal_record
{
    std::vector<basic_token<N>> tokens{}; ///< with the numbers that were given

    /// One for each server, so that none can tell what another one holds.
    authenticity_numbers<N> seeds{};

    /// `unknown`: a fix may have reached it: the fixed number, or the wrong one that it had. `not_asked`: it
    /// was left alone, and nobody knows. `neither`: not the number given, and not fixed.
    std::vector<std::array<holding, N>> holdings{};
    bool finished = false; ///< written after the last answer

    std::optional<std::uint16_t> coin{};    ///< whose tokens these are
    std::array<std::uint32_t, N> servers{}; ///< fingerprints of their addresses; 0: not said

    /// What `server` holds for a token once it has fixed it.
    [[nodiscard]] authenticity_number fixed(std::size_t token, std::size_t server) const
    {
        return fixed_number(static_cast<std::uint8_t>(server), tokens.at(token).id(), seeds.at(server));
    }
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_HEAL_RECORD_HPP
