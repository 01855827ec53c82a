// Where unpredictable bytes come from: the operating system, or what a test brings.
#ifndef RAIDA_BASE_RANDOM_SOURCE_HPP
#define RAIDA_BASE_RANDOM_SOURCE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#if !defined(_WIN32)
#include <sys/types.h>
#include <unistd.h>
#if !defined(__OpenBSD__)
#include <sys/random.h>
#endif
#else
// As <bcrypt.h> declares it, without the rest of <windows.h>. Programs link bcrypt.
extern "C" long __stdcall BCryptGenRandom(void*, unsigned char*, unsigned long, unsigned long);
#endif

namespace raida::inline v1 {

/// Anything that fills bytes with unpredictable ones, or says why it could not. Tests bring their own.
template <class Source>
concept random_source = requires(Source& source, std::span<std::uint8_t> bytes, std::error_code& error) {
    source.fill(bytes, error);
};

namespace detail {

// Fills some of the first `bytes`: how many, or a negative number.
inline std::ptrdiff_t draw_some(std::span<std::uint8_t> bytes) noexcept
{
#if defined(__linux__)
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    return got < 0 && errno == EINTR ? 0 : got; // early at boot it waits for entropy
#else
    const std::size_t size = std::min<std::size_t>(bytes.size(), 256); // the limit of getentropy
#if defined(_WIN32)
    constexpr unsigned long preferred_generator = 2; // BCRYPT_USE_SYSTEM_PREFERRED_RNG
    const bool drawn =
        BCryptGenRandom(nullptr, bytes.data(), static_cast<unsigned long>(size), preferred_generator) >= 0;
#else
    const bool drawn = ::getentropy(bytes.data(), size) == 0;
#endif
    return drawn ? static_cast<std::ptrdiff_t>(size) : -1;
#endif
}

} // namespace detail

/// The operating system's, asked each time: whatever a process keeps, a fork of it has too. Ask for all that
/// is needed at once, since each time is a system call. Thread safety: safe.
class system_random
{
  public:
    /// Fills `bytes`. Errors: errc::no_randomness; then `bytes` are zeros.
    static void fill(std::span<std::uint8_t> bytes, std::error_code& error) noexcept
    {
        error.clear();
        for (std::span<std::uint8_t> left = bytes; !left.empty();) {
            const std::ptrdiff_t got = detail::draw_some(left);
            if (got < 0) {
                detail::wipe(bytes.data(), bytes.size());
                error = errc::no_randomness;
                return;
            }
            left = left.subspan(static_cast<std::size_t>(got));
        }
    }
};

} // namespace raida::inline v1

#endif // RAIDA_BASE_RANDOM_SOURCE_HPP
