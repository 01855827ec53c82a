// Tokens of the old network, whose files name no denomination: the serial number says what one is worth.
#ifndef RAIDA_WIRE_DETAIL_LEGACY_TOKEN_HPP
#define RAIDA_WIRE_DETAIL_LEGACY_TOKEN_HPP

#include <raida/base/version.hpp>

#include <cstdint>
#include <initializer_list>

namespace raida::inline v1::detail {

/// 0 for numbers that no token of the old network has.
constexpr std::uint32_t legacy_value(std::uint32_t serial) noexcept
{
    struct range
    {
        std::uint32_t last, value;
    };
    for (const range& one : {range{2'097'152, 1}, range{4'194'304, 5}, range{6'291'456, 25},
                             range{14'680'064, 100}, range{16'777'216, 250}})
        if (serial <= one.last)
            return one.value;
    return 0;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_LEGACY_TOKEN_HPP
