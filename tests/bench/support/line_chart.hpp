// A line for each contestant over the number in flight, both axes logarithmic.
#ifndef RAIDA_BENCH_LINE_CHART_HPP
#define RAIDA_BENCH_LINE_CHART_HPP

#include "../contestants/contestant.hpp"
#include "svg.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

class line_chart
{
  public:
    line_chart(std::string title, std::string across, std::string up)
        : title_{std::move(title)}, across_{std::move(across)}, up_{std::move(up)}
    {}

    void point(const std::string& name, family kin, double x, double y)
    {
        auto found =
            std::find_if(curves_.begin(), curves_.end(), [&](const auto& one) { return one.name == name; });
        if (found == curves_.end()) {
            const auto place =
                std::upper_bound(curves_.begin(), curves_.end(), kin,
                                 [](family wanted, const curve& one) { return wanted < one.kin; });
            found = curves_.insert(place, {name, kin, style(kin), {}});
        }
        found->points.push_back({x, y});
    }

    void write(const std::string& path)
    {
        std::vector<double> across, up;
        for (const auto& one : curves_)
            for (const svg::point& at : one.points) {
                across.push_back(at.x);
                up.push_back(at.y);
            }
        if (across.empty())
            return;
        const auto [first, last] = std::minmax_element(across.begin(), across.end());
        const auto [least, most] = std::minmax_element(up.begin(), up.end());
        const log_axis x{*first / 1.15, *last * 1.15, left, right}, y{*least / 1.2, *most * 1.2, bottom, top};
        svg out{width, title_, up_ + " over " + across_};
        out.text(20, 30, title_, "start", svg::title);
        std::sort(across.begin(), across.end());
        across.erase(std::unique(across.begin(), across.end()), across.end());
        axes(out, x, y, across);
        for (std::size_t i = 0; i < curves_.size(); ++i)
            draw(out, x, y, curves_[i], top + 10 + 24 * static_cast<double>(i));
        bench::write(out, height, path);
    }

  private:
    struct look
    {
        std::string_view color, dashes;
    };

    struct curve
    {
        std::string name;
        family kin;
        look how;
        std::vector<svg::point> points;
    };

    static constexpr double width = 980, height = 480, left = 90, right = 660, top = 60, bottom = 420;

    // The n-th of a family has its n-th look.
    [[nodiscard]] look style(family kin) const
    {
        static constexpr std::array<look, 3> floors{{{"ink", ""}, {"grey", ""}, {"grey", "3 3"}}};
        static constexpr std::array<look, 3> ours{{{"blue", ""}, {"sky", "7 3"}, {"purple", "2 3"}}};
        static constexpr std::array<look, 3> others{{{"orange", ""}, {"orange", "4 3"}, {"yellow", ""}}};
        const auto nth =
            static_cast<std::size_t>(std::count_if(curves_.begin(), curves_.end(),
                                                   [&](const auto& one) { return one.kin == kin; })) %
            3;
        return kin == family::floor ? floors[nth] : kin == family::raida ? ours[nth] : others[nth];
    }

    void axes(svg& out, const log_axis& x, const log_axis& y, const std::vector<double>& across) const
    {
        for (const double tick : y.ticks()) {
            out.line(left, y(tick), right, y(tick), "grid", 1);
            out.text(left - 8, y(tick) + 4, fixed(tick, 0), "end", svg::small);
        }
        for (const double tick : across) {
            out.line(x(tick), top, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 18, fixed(tick, 0), "middle", svg::small);
        }
        out.line(left, bottom, right, bottom, "muted", 1);
        out.line(left, top, left, bottom, "muted", 1);
        out.text((left + right) / 2, bottom + 40, across_, "middle", svg::small);
        out.text(left - 8, top - 12, up_, "start", svg::small);
    }

    static void draw(svg& out, const log_axis& x, const log_axis& y, const curve& one, double legend)
    {
        std::vector<svg::point> points;
        for (const svg::point& at : one.points) {
            points.push_back({x(at.x), y(at.y)});
            out.dot(points.back().x, points.back().y, one.how.color);
        }
        out.path(points, one.how.color, 2, one.how.dashes);
        out.line(right + 24, legend, right + 56, legend, one.how.color, 2, one.how.dashes);
        out.dot(right + 40, legend, one.how.color);
        out.text(right + 64, legend + 4, one.name);
    }

    std::string title_, across_, up_;
    std::vector<curve> curves_; // families together
};

} // namespace bench

#endif // RAIDA_BENCH_LINE_CHART_HPP
