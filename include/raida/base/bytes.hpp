// Bytes that somebody else owns.
#ifndef RAIDA_BASE_BYTES_HPP
#define RAIDA_BASE_BYTES_HPP

#include <raida/base/version.hpp>

#include <cstdint>
#include <span>

namespace raida::inline v1 {

/// Read-only bytes that somebody else owns.
using bytes_view = std::span<const std::uint8_t>;

} // namespace raida::inline v1

#endif // RAIDA_BASE_BYTES_HPP
