// Pictures of a timeline: each server's requests on one time axis, and its round trips over many rounds.
#ifndef RAIDA_EXAMPLES_WATERFALL_HPP
#define RAIDA_EXAMPLES_WATERFALL_HPP

#include "svg.hpp"
#include "table.hpp"
#include "timeline.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace support {

// As wide as all pictures of the programs: still readable on a telephone.
inline constexpr double picture_width = 440;

[[nodiscard]] inline std::string spoken(double ms)
{
    return ms < 1000 ? fixed(ms, 0) + " ms" : fixed(ms / 1000, 2) + " s";
}

class waterfall
{
  public:
    // `decided`: the moment to be marked, if any.
    explicit waterfall(const timeline& seen, std::optional<double> decided = std::nullopt)
        : seen_{seen}, decided_{decided}, end_{end_of_axis(seen, decided)}
    {}

    // Draws from `top` down, and returns where it ends.
    double draw(svg& out, double top) const
    {
        const double bottom = top + 62 + row * raida::server_count;
        legend(out, top + 8);
        const double step = step_for(end_, 5);
        for (double tick = 0; tick <= end_; tick += step) {
            out.line(x(tick), top + 56, x(tick), bottom, "grid", 1);
            out.text(x(tick), bottom + 15, fixed(tick, step < 1 ? 1 : 0), "middle", svg::small);
        }
        out.text((left + right) / 2, bottom + 33, "milliseconds since the first send", "middle", svg::small);
        out.text(left - 8, top + 54, "server", "end", svg::small);
        for (std::size_t server = 0; server < raida::server_count; ++server)
            draw(out, server, top + 60 + row * static_cast<double>(server));
        if (decided_ && *decided_ <= end_) {
            const double at = x(*decided_);
            out.line(at, top + 52, at, bottom, "green", 2);
            out.text(std::min(at, right - 40), top + 48, "all decided, " + spoken(*decided_), "middle");
        }
        return bottom + 42;
    }

  private:
    static constexpr double left = 56, right = 350, row = 17;

    [[nodiscard]] double x(double ms) const
    {
        return left + std::clamp(ms / end_, 0.0, 1.0) * (right - left);
    }

    // Where few are silent for long the axis ends soon after the last answer; their bars go beyond it.
    [[nodiscard]] static double end_of_axis(const timeline& seen, std::optional<double> decided)
    {
        double answer = decided.value_or(0), last = std::max(answer, 0.1);
        for (const auto& of : seen.servers)
            for (const timeline::request& one : of) {
                last = std::max(last, one.end);
                if (one.how == ending::answered || one.how == ending::refused)
                    answer = std::max(answer, one.end);
            }
        return answer > 0 && last > 2 * answer ? 1.3 * answer : 1.02 * last;
    }

    // What looks the same as another one is drawn once, however many requests there are.
    void draw(svg& out, std::size_t server, double top) const
    {
        const double middle = top + row / 2;
        out.text(left - 8, middle + 4, std::to_string(server), "end");
        std::set<std::array<int, 3>> drawn;
        for (const timeline::request& one : seen_.servers[server]) {
            if (!drawn
                     .insert({static_cast<int>(x(one.begin)), static_cast<int>(x(one.end)),
                              static_cast<int>(one.how)})
                     .second)
                continue;
            const auto colour = looks(one.how).second;
            const double begin = x(one.begin), last_send = x(one.last_send), end = x(one.end);
            if (last_send > begin + 1) {
                out.line(begin, middle, last_send, middle, colour, 1.5, "3 3");
                out.line(begin, middle - 5, begin, middle + 5, colour, 1.5);
            }
            out.rectangle(last_send, middle - 4, std::max(end - last_send, 1.0), 8, colour);
            if (one.end > end_)
                out.path({{right + 2, middle - 4}, {right + 6, middle}, {right + 2, middle + 4}}, colour,
                         1.5);
        }
        out.text(right + 12, middle + 4, remark(server), "start", svg::small);
    }

    // How its slowest request went.
    [[nodiscard]] std::string remark(std::size_t server) const
    {
        const auto& of = seen_.servers[server];
        const auto last = std::max_element(of.begin(), of.end(),
                                           [](const auto& a, const auto& b) { return a.end < b.end; });
        if (last == of.end())
            return "not asked";
        return last->how == ending::answered ? spoken(last->end - last->last_send)
                                             : std::string{looks(last->how).first};
    }

    static void legend(svg& out, double top)
    {
        double x = 12;
        for (const ending how :
             {ending::answered, ending::refused, ending::late, ending::left, ending::failed}) {
            const auto [name, colour] = looks(how);
            out.rectangle(x, top, 10, 10, colour);
            out.text(x + 14, top + 10, name, "start", svg::small);
            x += 34 + 6.2 * static_cast<double>(name.size());
        }
        out.line(12, top + 20, 30, top + 20, "ink", 1.5, "3 3");
        out.text(36, top + 24, "asked again", "start", svg::small);
    }

    const timeline& seen_;
    std::optional<double> decided_;
    double end_;
};

// A lane for each server: a dot for each answer, as high as its round trip was long, and a tick for each
// loss.
class lanes
{
  public:
    explicit lanes(const timeline& seen) : seen_{seen}
    {
        bool any = false;
        for (const auto& of : seen.servers)
            for (const timeline::request& one : of) {
                begin_ = any ? std::min(begin_, one.begin) : one.begin;
                end_ = std::max(end_, one.begin);
                if (one.how == ending::answered)
                    slowest_ = std::max(slowest_, one.end - one.last_send);
                any = true;
            }
        end_ = std::max(end_, begin_ + 1);
    }

    double draw(svg& out, double top) const
    {
        const double bottom = top + 48 + row * raida::server_count;
        out.dot(18, top + 13, "blue", 2.4);
        out.text(28, top + 18, "round trip (a lane is " + spoken(slowest_) + " high)", "start", svg::small);
        double tick_x = 240;
        for (const ending how : {ending::late, ending::failed, ending::refused}) {
            const auto [name, colour] = looks(how);
            out.line(tick_x, top + 8, tick_x, top + 18, colour, 2);
            out.text(tick_x + 6, top + 18, name, "start", svg::small);
            tick_x += 22 + 6.2 * static_cast<double>(name.size());
        }
        const double step = step_for((end_ - begin_) / 1000, 5);
        for (double tick = 0; tick <= (end_ - begin_) / 1000; tick += step) {
            const double at = x(begin_ + tick * 1000);
            out.line(at, top + 44, at, bottom, "grid", 1);
            out.text(at, bottom + 15, fixed(tick, step < 0.1 ? 2 : step < 1 ? 1 : 0), "middle", svg::small);
        }
        out.text((left + right) / 2, bottom + 33, "seconds", "middle", svg::small);
        out.text(left - 10, top + 40, "server", "end", svg::small);
        out.text(right + 12, top + 40, "median", "start", svg::small);
        for (std::size_t server = 0; server < raida::server_count; ++server)
            draw(out, server, top + 48 + row * static_cast<double>(server + 1));
        return bottom + 42;
    }

  private:
    static constexpr double left = 56, right = 350, row = 26;

    [[nodiscard]] double x(double ms) const
    {
        return left + (ms - begin_) / (end_ - begin_) * (right - left);
    }

    void draw(svg& out, std::size_t server, double base) const
    {
        out.text(left - 10, base - 6, std::to_string(server), "end");
        out.line(left, base, right, base, "grid", 1);
        std::vector<double> times;
        std::vector<svg::point> points;
        for (const timeline::request& one : seen_.servers[server]) {
            if (one.how != ending::answered) {
                out.line(x(one.begin), base - 8, x(one.begin), base, looks(one.how).second, 2);
                continue;
            }
            times.push_back(one.end - one.last_send);
            points.push_back({x(one.begin), base - times.back() / slowest_ * (row - 5)});
        }
        if (points.size() > 1)
            out.path(points, "blue", 1);
        for (const svg::point& at : points)
            out.dot(at.x, at.y, "blue", points.size() > 60 ? 1 : 2);
        std::sort(times.begin(), times.end());
        const auto& of = seen_.servers[server];
        const std::string remark = !times.empty() ? spoken(times[times.size() / 2])
                                   : of.empty()   ? "not asked"
                                                  : std::string{looks(of.back().how).first};
        out.text(right + 12, base - 6, remark, "start", svg::small);
    }

    const timeline& seen_;
    double begin_ = 0, end_ = 0, slowest_ = 0.001;
};

} // namespace support

#endif // RAIDA_EXAMPLES_WATERFALL_HPP
