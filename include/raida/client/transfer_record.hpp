// What must survive a crash in the midst of a pown: both numbers of every token, and what is known of them.
#ifndef RAIDA_CLIENT_TRANSFER_RECORD_HPP
#define RAIDA_CLIENT_TRANSFER_RECORD_HPP

#include <raida/base/printing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace raida::inline v1 {

/// The number that one server holds for one token.
enum class holding : std::uint8_t
{
    unknown,    ///< the old one or the new one: keep both
    old_number, ///< never asked to change, or find says so
    new_number, ///< the server said so, with its signature
    neither,    ///< find says so: somebody else has changed it, or the token was never known there
    not_asked   ///< nobody can ask: the token has no number there (zero)
};

/// "old number", "not asked", ...
[[nodiscard]] constexpr std::string_view to_string(holding which) noexcept
{
    using enum holding;
    return detail::name_of(which, "unknown",
                           {{old_number, "old number"},
                            {new_number, "new number"},
                            {neither, "neither"},
                            {not_asked, "not asked"}});
}

/// Everything that is needed to finish a transfer after a crash. Holds secrets, which are wiped with it:
/// write it where only its owner can read, and keep it until `keep_both_until` has passed and find has
/// confirmed.
template <std::size_t N = server_count>
struct transfer_record
{
    std::vector<basic_token<N>> tokens{};               ///< with the old numbers
    std::vector<authenticity_numbers<N>> new_numbers{}; ///< one set per token
    std::vector<std::array<holding, N>> holdings{}; ///< what is known; all unknown before anything was sent
    bool finished = false;                          ///< written after the last answer

    std::optional<std::uint16_t> coin{};    ///< whose tokens these are; journals of version 1 do not say
    std::array<std::uint32_t, N> servers{}; ///< fingerprints of their addresses; 0: not said

    /// Servers write their memory to disk only now and then, and one that is killed before forgets the
    /// change: until this time has passed and a find has confirmed, both numbers must be kept. The epoch:
    /// not known yet.
    std::chrono::system_clock::time_point keep_both_until{};
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_TRANSFER_RECORD_HPP
