// What charts are drawn with.
#ifndef RAIDA_BENCH_SVG_HPP
#define RAIDA_BENCH_SVG_HPP

#include "../../../examples/support/svg.hpp"
#include "run.hpp"

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

using support::svg;

inline constexpr double chart_width = 560, chart_scale = 1.3; // still readable on a telephone

inline void heading(svg& out, const std::string& title, const std::string& note)
{
    out.text(12, 26, title, "start", svg::title);
    out.text(12, 46, note, "start", svg::small);
}

/// With the run that made it below.
inline void write_chart(svg& drawn, double height, const std::string& path)
{
    drawn.text(12, height + 6, "made by tests/bench/run.sh, " + this_run(), "start", svg::small);
    std::ofstream out{path};
    out << svg::mark << drawn.document(height + 18);
    if (!out.flush())
        throw std::runtime_error{"cannot write " + path};
}

/// A logarithmic axis from `low` to `high`, drawn from `begin` to `end`.
class log_axis
{
  public:
    log_axis(double low, double high, double begin, double end)
        : low_{std::log10(low)}, high_{std::log10(high)}, begin_{begin}, end_{end}
    {}

    [[nodiscard]] double operator()(double value) const
    {
        return begin_ + (std::log10(value) - low_) / (high_ - low_) * (end_ - begin_);
    }

    /// 1, 2, 5, 10, ... within the axis.
    [[nodiscard]] std::vector<double> ticks() const
    {
        std::vector<double> result;
        for (double power = std::pow(10, std::floor(low_)); std::log10(power) <= high_ + 1e-9; power *= 10)
            for (const double step : {1.0, 2.0, 5.0})
                if (const double at = std::log10(power * step); at >= low_ - 1e-9 && at <= high_ + 1e-9)
                    result.push_back(power * step);
        return result;
    }

  private:
    double low_, high_, begin_, end_;
};

} // namespace bench

#endif // RAIDA_BENCH_SVG_HPP
