// How long an answer takes: fixed, uniform or log-normal.
#ifndef RAIDA_TESTING_LATENCY_HPP
#define RAIDA_TESTING_LATENCY_HPP

#include <raida/testing/seeded_random.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace raida::inline v1::testing {

/// A distribution of delays. Default: none at all. A plain duration converts to a fixed one.
/// Draws are never negative and never longer than an hour, whatever the parameters.
class latency
{
  public:
    using duration = std::chrono::nanoseconds;

    constexpr latency() noexcept = default;
    /// Always the same.
    template <class Count, class Period>
    constexpr latency(std::chrono::duration<Count, Period> fixed) noexcept
        : base_{std::chrono::duration_cast<duration>(fixed)}
    {}

    /// Evenly between both, which are included.
    [[nodiscard]] static constexpr latency uniform(duration least, duration most) noexcept
    {
        latency result{least};
        result.kind_ = kind::uniform;
        result.spread_ = (std::max)(duration::zero(), most - least);
        return result;
    }

    /// `base` plus a log-normal part: half of the draws are below `base + median`; the larger `sigma` (0.1 is
    /// calm, 1 is wild), the longer the tail.
    [[nodiscard]] static constexpr latency log_normal(duration median, double sigma,
                                                      duration base = {}) noexcept
    {
        latency result{base};
        result.kind_ = kind::log_normal;
        result.spread_ = median;
        result.sigma_ = sigma;
        return result;
    }

    /// Takes numbers from `random` only if there is something to draw.
    [[nodiscard]] duration draw(seeded_random& random) const noexcept
    {
        double nanoseconds = static_cast<double>(base_.count());
        if (kind_ == kind::uniform)
            nanoseconds += random.unit() * (static_cast<double>(spread_.count()) + 1);
        else if (kind_ == kind::log_normal)
            nanoseconds += static_cast<double>(spread_.count()) * std::exp(sigma_ * random.normal());
        constexpr double longest = 3600e9;
        if (!(nanoseconds > 0)) // also what is not a number
            return duration::zero();
        return duration{static_cast<std::int64_t>((std::min)(nanoseconds, longest))};
    }

  private:
    enum class kind : std::uint8_t
    {
        fixed,
        uniform,
        log_normal
    };

    duration base_{};
    duration spread_{};
    double sigma_ = 0;
    kind kind_ = kind::fixed;
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_LATENCY_HPP
