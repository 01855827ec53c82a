// Whether a request that was not answered is sent again.
#ifndef RAIDA_ENGINE_RETRY_HPP
#define RAIDA_ENGINE_RETRY_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <chrono>

namespace raida::inline v1 {

/// Whether a request that was not answered may be sent again, to the same server, with the same bytes.
///
/// Only for commands that may be repeated (echo, version, detect, find): asking for it with any other is
/// refused at the call with errc::not_idempotent. Each further attempt has its own deadline.
struct retry_policy
{
    unsigned attempts = 1; ///< datagrams per server in all; 1: no retry, at most 255
    double backoff = 1.5;  ///< each further deadline is so much longer
    std::chrono::nanoseconds longest = std::chrono::seconds{10}; ///< but never longer than this

    /// No datagram is sent twice.
    [[nodiscard]] static constexpr retry_policy none() noexcept { return {}; }

    /// As public guidance has it: deadlines growing by half, ten seconds at most.
    [[nodiscard]] static constexpr retry_policy up_to(unsigned attempts) noexcept
    {
        return {.attempts = attempts};
    }

    /// The deadline after one of `previous`.
    [[nodiscard]] constexpr std::chrono::nanoseconds next(std::chrono::nanoseconds previous) const noexcept
    {
        const auto longer = std::chrono::duration<double, std::nano>{previous} * (std::max)(1.0, backoff);
        const auto limit = (std::max)(longest, previous);
        return longer < limit ? std::chrono::duration_cast<std::chrono::nanoseconds>(longer) : limit;
    }
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_RETRY_HPP
