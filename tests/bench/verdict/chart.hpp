// How many fan-outs are still waiting after so many milliseconds, both axes logarithmic: the tail is what
// strategies differ in.
#ifndef RAIDA_BENCH_VERDICT_CHART_HPP
#define RAIDA_BENCH_VERDICT_CHART_HPP

#include "../support/svg.hpp"
#include "../support/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench::verdict {

class waiting_chart
{
  public:
    struct look
    {
        std::string_view color, dashes;
        double width = 2;
    };

    waiting_chart(std::string title, std::string note) : title_{std::move(title)}, note_{std::move(note)} {}

    void curve(std::string name, std::string remark, look how, std::vector<double> ms)
    {
        std::sort(ms.begin(), ms.end());
        curves_.push_back({std::move(name), std::move(remark), how, std::move(ms)});
    }

    void write(const std::string& path) const
    {
        const log_axis x{least_ms, most_ms, left, right};
        const log_axis y{least_share, 1, bottom, top};
        svg out{chart_width, title_, note_, chart_scale};
        heading(out, title_, note_);
        axes(out, x, y);
        double legend = bottom + 58;
        for (const auto& one : curves_) {
            out.path(points_of(one.ms, x, y), one.how.color, one.how.width, one.how.dashes);
            out.line(12, legend, 44, legend, one.how.color, one.how.width, one.how.dashes);
            out.text(52, legend + 4, one.name + ": " + one.remark, "start", svg::small);
            legend += 18;
        }
        write_chart(out, legend, path);
    }

  private:
    struct named
    {
        std::string name, remark;
        look how;
        std::vector<double> ms; // sorted
    };

    static constexpr double left = 78, right = chart_width - 16, top = 62, bottom = 350;
    static constexpr double least_ms = 50, most_ms = 5'000, least_share = 1e-4;

    static void axes(svg& out, const log_axis& x, const log_axis& y)
    {
        for (const double tick : x.ticks()) {
            out.line(x(tick), top, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 18,
                     tick < 1000 ? fixed(tick, 0) + " ms" : fixed(tick / 1000, 0) + " s", "middle",
                     svg::small);
        }
        for (const auto& [share, name] : {std::pair{1.0, "all"},
                                          {0.5, "half"},
                                          {0.1, "1 in 10"},
                                          {0.01, "1 in 100"},
                                          {0.001, "1 in 1,000"},
                                          {0.0001, "1 in 10,000"}}) {
            out.line(left, y(share), right, y(share), "grid", 1);
            out.text(left - 8, y(share) + 4, name, "end", svg::small);
        }
        out.line(left, bottom, right, bottom, "muted", 1);
        out.line(left, top, left, bottom, "muted", 1);
        out.text((left + right) / 2, bottom + 36, "time since the requests were sent", "middle", svg::small);
    }

    // A staircase, of whose steps only those that can be seen are drawn.
    static std::vector<svg::point> points_of(const std::vector<double>& ms, const log_axis& x,
                                             const log_axis& y)
    {
        const auto total = static_cast<double>(ms.size());
        std::vector<svg::point> points{{left, y(1)}};
        for (std::size_t ended = 1; ended <= ms.size(); ++ended) {
            const double at = x(std::clamp(ms[ended - 1], least_ms, most_ms));
            const double share = (total - static_cast<double>(ended)) / total;
            const double level = share <= least_share ? bottom : y(share);
            if (ended != ms.size() && level - points.back().y < 0.7 && at - points.back().x < 0.7)
                continue;
            points.push_back({at, points.back().y});
            points.push_back({at, level});
        }
        return points;
    }

    std::string title_, note_;
    std::vector<named> curves_;
};

} // namespace bench::verdict

#endif // RAIDA_BENCH_VERDICT_CHART_HPP
