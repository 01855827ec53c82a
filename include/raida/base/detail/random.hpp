// Random bytes from the operating system, bought in small blocks.
#ifndef RAIDA_BASE_DETAIL_RANDOM_HPP
#define RAIDA_BASE_DETAIL_RANDOM_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/version.hpp>

#include <algorithm>
#include <array>
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

namespace raida::inline v1::detail {

/// Fills `bytes` straight from the operating system; false if it has none to give.
inline bool system_random(std::span<std::uint8_t> bytes) noexcept
{
    while (!bytes.empty()) {
        const std::size_t size =
            std::min<std::size_t>(bytes.size(), 256); // getentropy's limit; never interrupted
#if defined(_WIN32)
        const unsigned long preferred_generator = 2; // BCRYPT_USE_SYSTEM_PREFERRED_RNG
        if (BCryptGenRandom(nullptr, bytes.data(), static_cast<unsigned long>(size), preferred_generator) < 0)
            return false;
        bytes = bytes.subspan(size);
#elif defined(__linux__)
        const ssize_t got = ::getrandom(bytes.data(), size, 0);
        if (got < 0 && errno != EINTR) // early at boot it waits for entropy, and may be interrupted
            return false;
        bytes = bytes.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
#else
        if (::getentropy(bytes.data(), size) != 0)
            return false;
        bytes = bytes.subspan(size);
#endif
    }
    return true;
}

/// Changes in a forked child.
inline long process_id() noexcept
{
#if defined(_WIN32)
    return 0; // there is no fork
#else
    return static_cast<long>(::getpid());
#endif
}

/// A small store of random bytes that saves most system calls. No byte is handed out twice: what was handed
/// out is wiped, a copy starts empty, and a forked child drops what it inherited. Thread safety: distinct
/// objects safe, shared objects unsafe.
class random_bytes
{
  public:
    random_bytes() noexcept = default;
    random_bytes(const random_bytes&) noexcept {}
    random_bytes& operator=(const random_bytes&) noexcept { return *this; } // keeps its own store
    ~random_bytes() { wipe(store_.data(), store_.size()); }

    /// Fills `bytes`. Errors: errc::no_randomness; then `bytes` are zeros. The process is looked at once per
    /// call, so ask for all that is needed at once.
    void fill(std::span<std::uint8_t> bytes, std::error_code& error) noexcept
    {
        error.clear();
        if (const long process = process_id(); process != process_) {
            drop();
            process_ = process;
        }
        const std::span<std::uint8_t> wanted = bytes;
        bytes = take(bytes);
        if (bytes.size() >= store_.size()) { // more than a store full: no way round
            const std::size_t direct = bytes.size() - bytes.size() % store_.size();
            if (!system_random(bytes.first(direct)))
                return fail(wanted, error);
            bytes = bytes.subspan(direct);
        }
        if (bytes.empty())
            return;
        if (!system_random(store_))
            return fail(wanted, error);
        left_ = store_.size();
        take(bytes);
    }

  private:
    // Serves what it can from the end of the store; returns what is still wanted.
    std::span<std::uint8_t> take(std::span<std::uint8_t> bytes) noexcept
    {
        const std::size_t size = std::min(bytes.size(), left_);
        left_ -= size;
        std::copy_n(store_.data() + left_, size, bytes.data());
        wipe(store_.data() + left_, size);
        return bytes.subspan(size);
    }

    void drop() noexcept
    {
        wipe(store_.data(), store_.size());
        left_ = 0;
    }

    void fail(std::span<std::uint8_t> wanted, std::error_code& error) noexcept
    {
        drop();
        wipe(wanted.data(), wanted.size());
        error = errc::no_randomness;
    }

    std::array<std::uint8_t, 512> store_{};
    std::size_t left_ = 0; // bytes of the store that were not handed out yet: the first ones
    long process_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_RANDOM_HPP
