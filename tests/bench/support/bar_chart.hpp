// A bar for each contestant, from zero: twice as long is twice as much.
#ifndef RAIDA_BENCH_BAR_CHART_HPP
#define RAIDA_BENCH_BAR_CHART_HPP

#include "../contestants/contestant.hpp"
#include "svg.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

inline std::string_view color_of(family kin) noexcept
{
    switch (kin) {
    case family::floor:
        return "grey";
    case family::raida:
        return "blue";
    case family::cpp:
        return "orange";
    case family::python:
        break;
    }
    return "green";
}

class bar_chart
{
  public:
    bar_chart(std::string title, std::string note) : title_{std::move(title)}, note_{std::move(note)} {}

    /// Those with the least stand first, equals as they came.
    void bar(std::string name, family kin, double value)
    {
        const auto place = std::upper_bound(bars_.begin(), bars_.end(), value,
                                            [](double least, const entry& one) { return least < one.value; });
        bars_.insert(place, {std::move(name), kin, value});
    }

    void write(const std::string& path) const
    {
        const double bottom = top + row * static_cast<double>(bars_.size());
        const double most = bars_.back().value, step = support::step_for(most, 8);
        const auto x = [&](double value) { return left + value / most * (right - left); };
        svg out{chart_width, title_, note_, chart_scale};
        heading(out, title_, note_);
        for (double tick = 0; tick <= most; tick += step) {
            out.line(x(tick), top - 4, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 16, fixed(tick, step < 1 ? 1 : 0), "middle", svg::small);
        }
        for (std::size_t i = 0; i < bars_.size(); ++i) {
            const auto& [name, kin, value] = bars_[i];
            const double y = top + row * static_cast<double>(i);
            out.text(left - 8, y + 14, name, "end", svg::small);
            out.rectangle(left, y + 3, x(value) - left, row - 6, color_of(kin));
            out.text(x(value) + 6, y + 14, fixed(value, value < 10 ? 2 : 1) + " x");
        }
        legend(out);
        write_chart(out, bottom + 30, path);
    }

  private:
    struct entry
    {
        std::string name;
        family kin;
        double value;
    };

    static constexpr double left = 234, right = 500, top = 92, row = 20;

    static void legend(svg& out)
    {
        double x = 12;
        for (const auto& [kin, name] : {std::pair{family::floor, "no library"},
                                        {family::raida, "this library"},
                                        {family::cpp, "others in C++"},
                                        {family::python, "Python"}}) {
            out.rectangle(x, 62, 11, 11, color_of(kin));
            out.text(x + 16, 72, name, "start", svg::small);
            x += 120;
        }
    }

    std::string title_, note_;
    std::vector<entry> bars_;
};

} // namespace bench

#endif // RAIDA_BENCH_BAR_CHART_HPP
