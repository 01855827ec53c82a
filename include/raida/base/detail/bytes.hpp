// Bytes as the wire has them: big-endian numbers, and memory that is wiped for certain.
#ifndef RAIDA_BASE_DETAIL_BYTES_HPP
#define RAIDA_BASE_DETAIL_BYTES_HPP

#include <raida/base/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace raida::inline v1::detail {

/// Reads a big-endian number of `Size` bytes. The caller has checked the bounds.
template <std::size_t Size, class Number = std::uint32_t>
constexpr Number load_big(const std::uint8_t* from) noexcept
{
    Number value = 0;
    for (std::size_t i = 0; i < Size; ++i)
        value = static_cast<Number>((value << 8) | from[i]);
    return value;
}

/// Writes the low `Size` bytes of `value`, most significant first. The caller has checked the bounds.
template <std::size_t Size, class Number>
constexpr void store_big(std::uint8_t* to, Number value) noexcept
{
    for (std::size_t i = 0; i < Size; ++i)
        to[i] = static_cast<std::uint8_t>(value >> (8 * (Size - 1 - i)));
}

/// The caller has checked the bounds.
constexpr void copy_bytes(const std::uint8_t* from, std::size_t size, std::uint8_t* to) noexcept
{
    std::copy_n(from, size, to);
}

/// Overwrites memory in a way that the optimiser may not drop.
inline void wipe(void* memory, std::size_t size) noexcept
{
#if defined(__GNUC__) || defined(__clang__)
    if (size != 0)
        std::memset(memory, 0, size);
    asm volatile("" : : "r"(memory) : "memory"); // the compiler must assume that someone reads it now
#else
    volatile auto* bytes = static_cast<volatile std::uint8_t*>(memory);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = 0;
#endif
}

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_BYTES_HPP
