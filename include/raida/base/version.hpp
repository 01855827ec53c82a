// The library's version. Every name lives in an inline namespace with the major number, so that two major
// versions can be linked into one program without clashing.
#ifndef RAIDA_BASE_VERSION_HPP
#define RAIDA_BASE_VERSION_HPP

#include <raida/base/config.hpp>

#define RAIDA_VERSION_MAJOR 1
#define RAIDA_VERSION_MINOR 0
#define RAIDA_VERSION_PATCH 0

namespace raida::inline v1 {

/// The version of the headers, in numbers that can be compared.
struct version_number
{
    int major; ///< another one may break programs
    int minor; ///< a higher one has more
    int patch; ///< a higher one has fewer faults
};

/// These headers' version.
inline constexpr version_number version{RAIDA_VERSION_MAJOR, RAIDA_VERSION_MINOR, RAIDA_VERSION_PATCH};

} // namespace raida::inline v1

#endif // RAIDA_BASE_VERSION_HPP
