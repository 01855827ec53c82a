// What charts are drawn with.
#ifndef RAIDA_BENCH_SVG_HPP
#define RAIDA_BENCH_SVG_HPP

#include "text.hpp"

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class svg
{
  public:
    svg(double width, double height)
        : head_{"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) + ' ' +
                number(height) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
                "\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#24292f\">\n"}
    {
        rectangle(0, 0, width, height, "#ffffff");
    }

    void rectangle(double x, double y, double width, double height, std::string_view color)
    {
        body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
                 "\" height=\"" + number(height) + "\" fill=\"" + std::string{color} + "\"/>\n";
    }

    void line(double x1, double y1, double x2, double y2, std::string_view color, double width,
              std::string_view dashes = {})
    {
        path({{x1, y1}, {x2, y2}}, color, width, dashes);
    }

    struct point
    {
        double x, y;
    };

    void path(const std::vector<point>& points, std::string_view color, double width,
              std::string_view dashes = {})
    {
        body_ += "<polyline points=\"";
        for (const point& one : points)
            body_ += number(one.x) + ',' + number(one.y) + ' ';
        body_ +=
            "\" fill=\"none\" stroke=\"" + std::string{color} + "\" stroke-width=\"" + number(width) + '"';
        if (!dashes.empty())
            body_ += " stroke-dasharray=\"" + std::string{dashes} + '"';
        body_ += "/>\n";
    }

    void dot(double x, double y, std::string_view color)
    {
        body_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"3.2\" fill=\"" +
                 std::string{color} + "\"/>\n";
    }

    /// `anchor`: start, middle or end.
    void text(double x, double y, std::string_view what, std::string_view anchor = "start",
              std::string_view more = {})
    {
        body_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" +
                 std::string{anchor} + "\" " + std::string{more} + '>' + escaped(what) + "</text>\n";
    }

    void write(const std::string& path) const
    {
        std::ofstream out{path};
        out << head_ << body_ << "</svg>\n";
        if (!out.flush())
            throw std::runtime_error{"cannot write " + path};
    }

    static constexpr std::string_view title = "font-size=\"17\" font-weight=\"bold\"";
    static constexpr std::string_view small = "font-size=\"12\" fill=\"#57606a\"";

  private:
    static std::string number(double value) { return json_number(std::round(value * 10) / 10); }

    std::string head_, body_;
};

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
