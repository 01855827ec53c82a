// Where unpredictable bytes come from: the operating system, or what a test brings.
#ifndef RAIDA_BASE_RANDOM_SOURCE_HPP
#define RAIDA_BASE_RANDOM_SOURCE_HPP

#include <raida/base/detail/random.hpp>
#include <raida/base/version.hpp>

#include <cstdint>
#include <span>
#include <system_error>

namespace raida::inline v1 {

/// Anything that fills bytes with unpredictable ones, or says why it could not. Tests bring their own.
template <class Source>
concept random_source = requires(Source& source, std::span<std::uint8_t> bytes, std::error_code& error) {
    source.fill(bytes, error);
};

/// The operating system's.
using system_random = detail::random_bytes;

} // namespace raida::inline v1

#endif // RAIDA_BASE_RANDOM_SOURCE_HPP
