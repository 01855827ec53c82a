// The few statistics that a benchmark needs.
#ifndef RAIDA_BENCH_STATISTICS_HPP
#define RAIDA_BENCH_STATISTICS_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// The value below which the share `q` of all lies; 0 where there are none.
template <class Number>
double quantile(std::vector<Number> values, double q)
{
    if (values.empty())
        return 0;
    const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

template <class Number>
double median(std::vector<Number> values)
{
    return quantile(std::move(values), 0.5);
}

/// The median of what `ours` is of `theirs` block by block: neighbours in time see the same noise.
inline double median_ratio(const std::vector<double>& ours, const std::vector<double>& theirs)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i)
        if (theirs[i] != 0)
            ratios.push_back(ours[i] / theirs[i]);
    return median(std::move(ratios));
}

} // namespace bench

#endif // RAIDA_BENCH_STATISTICS_HPP
