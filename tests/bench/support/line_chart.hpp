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
    line_chart(std::string title, std::string note, std::string across)
        : title_{std::move(title)}, note_{std::move(note)}, across_{std::move(across)}
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
        svg out{chart_width, title_, note_, chart_scale};
        heading(out, title_, note_);
        std::sort(across.begin(), across.end());
        across.erase(std::unique(across.begin(), across.end()), across.end());
        axes(out, x, y, across);
        for (std::size_t i = 0; i < curves_.size(); ++i)
            draw(out, x, y, curves_[i]);
        const std::size_t half = (curves_.size() + 1) / 2; // the legend's columns
        for (std::size_t i = 0; i < curves_.size(); ++i)
            legend(out, curves_[i], i < half ? 12 : chart_width / 2,
                   bottom + 58 + 18 * static_cast<double>(i % half));
        write_chart(out, bottom + 58 + 18 * static_cast<double>(half), path);
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

    static constexpr double left = 46, right = chart_width - 14, top = 62, bottom = 330;

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
            out.line(left, y(tick), right, y(tick), tick == 1 ? "muted" : "grid", 1);
            out.text(left - 8, y(tick) + 4, fixed(tick, tick < 1 ? 1 : 0), "end", svg::small);
        }
        for (const double tick : across) {
            out.line(x(tick), top, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 18, fixed(tick, 0), "middle", svg::small);
        }
        out.text((left + right) / 2, bottom + 36, across_, "middle", svg::small);
    }

    static void draw(svg& out, const log_axis& x, const log_axis& y, const curve& one)
    {
        std::vector<svg::point> points;
        for (const svg::point& at : one.points) {
            points.push_back({x(at.x), y(at.y)});
            out.dot(points.back().x, points.back().y, one.how.color);
        }
        out.path(points, one.how.color, 2, one.how.dashes);
    }

    static void legend(svg& out, const curve& one, double x, double y)
    {
        out.line(x, y, x + 32, y, one.how.color, 2, one.how.dashes);
        out.dot(x + 16, y, one.how.color);
        out.text(x + 40, y + 4, one.name, "start", svg::small);
    }

    std::string title_, note_, across_;
    std::vector<curve> curves_; // families together
};

} // namespace bench

#endif // RAIDA_BENCH_LINE_CHART_HPP
