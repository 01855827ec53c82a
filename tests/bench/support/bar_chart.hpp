// A horizontal bar for each contestant, on a logarithmic axis, with a tick for the tail.
#ifndef RAIDA_BENCH_BAR_CHART_HPP
#define RAIDA_BENCH_BAR_CHART_HPP

#include "../contestants/contestant.hpp"
#include "svg.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
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
    struct entry
    {
        std::string name;
        family kin;
        double value, tail, ratio;
    };

    bar_chart(std::string title, std::string axis, std::string note)
        : title_{std::move(title)}, axis_{std::move(axis)}, note_{std::move(note)}
    {}

    /// The fastest stands first, equals as they came.
    void bar(entry one)
    {
        const auto slower = std::upper_bound(entries_.begin(), entries_.end(), one.value,
                                             [](double value, const entry& b) { return value < b.value; });
        entries_.insert(slower, std::move(one));
    }

    void write(const std::string& path)
    {
        const double bottom = top + row * static_cast<double>(entries_.size());
        double low = entries_.front().value, high = low;
        for (const entry& one : entries_) {
            low = std::min(low, one.value);
            high = std::max({high, one.value, one.tail});
        }
        const log_axis x{low / 2, high * 1.05, left, right};
        svg out{width, title_, axis_ + ". " + note_};
        out.text(20, 30, title_, "start", svg::title);
        out.text(20, 50, note_, "start", svg::small);
        for (const double tick : x.ticks()) {
            out.line(x(tick), top - 4, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 18, fixed(tick, tick < 1 ? 1 : 0), "middle", svg::small);
        }
        out.text((left + right) / 2, bottom + 40, axis_, "middle", svg::small);
        for (std::size_t i = 0; i < entries_.size(); ++i)
            draw(out, x, entries_[i], top + row * static_cast<double>(i));
        legend(out);
        bench::write(out, bottom + 60, path);
    }

  private:
    static constexpr double width = 980, left = 290, right = 830, top = 90, row = 26;

    static void draw(svg& out, const log_axis& x, const entry& one, double y)
    {
        const auto color = color_of(one.kin);
        out.text(left - 10, y + 16, one.name, "end");
        out.rectangle(left, y + 4, std::max(x(one.value) - left, 1.0), row - 9, color);
        out.line(x(one.value), y + row / 2, x(one.tail), y + row / 2, color, 1.5);
        out.line(x(one.tail), y + 6, x(one.tail), y + row - 6, color, 2);
        const int decimals = one.value < 100 ? 1 : 0;
        out.text(right + 10, y + 16, fixed(one.value, decimals) + " us  (" + fixed(one.ratio, 2) + " x)");
    }

    static void legend(svg& out)
    {
        double x = left;
        for (const auto& [kin, name] : {std::pair{family::floor, "the floor"},
                                        {family::raida, "this library"},
                                        {family::cpp, "others in C++"},
                                        {family::python, "Python"}}) {
            out.rectangle(x, 64, 13, 13, color_of(kin));
            out.text(x + 19, 75, name);
            x += 130;
        }
    }

    std::string title_, axis_, note_;
    std::vector<entry> entries_;
};

} // namespace bench

#endif // RAIDA_BENCH_BAR_CHART_HPP
