// Whether a batch as a whole can be asked about.
#ifndef RAIDA_CLIENT_DETAIL_CHECK_BATCH_HPP
#define RAIDA_CLIENT_DETAIL_CHECK_BATCH_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

namespace raida::inline v1::detail {

/// Why this batch as a whole must be refused, or empty. Tokens are checked again when their requests are
/// built. One that lacks a number is not asked about there; without any it is unknown, which is no error.
template <std::size_t N>
std::error_code check_batch(std::span<const basic_token<N>> tokens, const command_settings& settings)
{
    if (tokens.empty())
        return errc::no_tokens;
    std::vector<std::uint64_t> keys;
    keys.reserve(tokens.size());
    for (const auto& one : tokens) {
        if (!one.denomination.is_valid())
            return errc::invalid_denomination;
        if (!one.serial.is_valid(settings.serial_limit))
            return errc::invalid_serial_number;
        keys.push_back(one.id().key());
    }
    std::sort(keys.begin(), keys.end());
    const bool twice = std::adjacent_find(keys.begin(), keys.end()) != keys.end();
    return twice ? make_error_code(errc::duplicate_token) : std::error_code{};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHECK_BATCH_HPP
