// How many tokens the next datagram carries.
#ifndef RAIDA_CLIENT_DETAIL_CUTTING_HPP
#define RAIDA_CLIENT_DETAIL_CUTTING_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <cstddef>

namespace raida::inline v1::detail {

/// Servers that decrypt with their processor's AES instructions read whole blocks beyond their buffer, and
/// die within some requests, at these token counts (measured for detect, pown and find).
constexpr bool is_safe_sealed(std::size_t tokens) noexcept
{
    switch (tokens % 16) {
    case 1:
    case 4:
    case 7:
    case 10:
    case 13:
    case 14:
        return false;
    default:
        return true;
    }
}

/// Tokens of the next datagram out of `left`, at most `most`. Sealed ones have a size that kills nobody, and
/// leave no single token behind, which has none.
constexpr std::size_t cut(std::size_t left, std::size_t most, bool is_sealed) noexcept
{
    const std::size_t size = (std::min)(left, most);
    if (!is_sealed)
        return size;
    for (std::size_t fewer = size; fewer > 1; --fewer)
        if (is_safe_sealed(fewer) && left - fewer != 1)
            return fewer;
    return size;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CUTTING_HPP
