// What pictures are drawn with: SVG that is readable in light and dark, without script or fonts of its own.
#ifndef RAIDA_EXAMPLES_SVG_HPP
#define RAIDA_EXAMPLES_SVG_HPP

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// For XML and HTML. What is no printable ASCII becomes '?': a server may have said them.
[[nodiscard]] inline std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text)
        switch (c) {
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '&':
            result += "&amp;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c == '\n' ? ' ' : c >= ' ' && c <= '~' ? c : '?';
        }
    return result;
}

// Colours have names ("ink", "muted", "grid", "paper", "blue", ...), and a shade for each theme.
struct shade
{
    std::string_view name, light, dark;
};
inline constexpr shade shades[] = {
    {"paper", "#ffffff", "#0d1117"},  {"ink", "#24292f", "#e6edf3"},    {"muted", "#57606a", "#9198a1"},
    {"grid", "#d8dee4", "#30363d"},   {"grey", "#8c959f", "#7d8590"},   {"blue", "#0969da", "#58a6ff"},
    {"sky", "#54aeff", "#a5d6ff"},    {"purple", "#8250df", "#bc8cff"}, {"orange", "#bc4c00", "#f0883e"},
    {"yellow", "#bf8700", "#e3b341"}, {"green", "#1a7f37", "#3fb950"},  {"red", "#cf222e", "#ff7b72"}};

// How far apart the marks of an axis are: 1, 2, 5, 10, ...: the least that has at most `most` of it in
// `range`.
[[nodiscard]] inline double step_for(double range, double most)
{
    const double least = range / most, power = std::pow(10, std::floor(std::log10(least)));
    for (const double times : {1.0, 2.0, 5.0})
        if (power * times >= least)
            return power * times;
    return power * 10;
}

class svg
{
  public:
    struct point
    {
        double x, y;
    };

    // How every picture begins.
    static constexpr std::string_view mark = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"raida\" ";

    // Title and description are for who does not see it; a picture shows its title, too. On a wide page it is
    // `scale` times as large, on a narrow one as wide as the page.
    svg(double width, std::string_view heading, std::string_view description, double scale = 1)
        : width_{width}, scale_{scale}
    {
        body_ = "<title>" + escaped(heading) + "</title>\n<desc>" + escaped(description) + "</desc>\n" +
                "<style>" + style() + "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\" " +
                "fill=\"currentColor\"/>\n";
    }

    // `about` is shown where the mouse rests.
    void rectangle(double x, double y, double width, double height, std::string_view color,
                   std::string_view about = {})
    {
        body_ += "<rect" + of(color) + " x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" +
                 number(width) + "\" height=\"" + number(height) + "\" fill=\"currentColor\"";
        body_ += about.empty() ? "/>\n" : "><title>" + escaped(about) + "</title></rect>\n";
    }

    void line(double x1, double y1, double x2, double y2, std::string_view color, double width,
              std::string_view dashes = {})
    {
        path({{x1, y1}, {x2, y2}}, color, width, dashes);
    }

    void path(const std::vector<point>& points, std::string_view color, double width,
              std::string_view dashes = {})
    {
        body_ += "<polyline" + of(color) + " points=\"";
        for (const point& one : points)
            body_ += number(one.x) + ',' + number(one.y) + ' ';
        body_ += "\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"" + number(width) + '"';
        if (!dashes.empty())
            body_ += " stroke-dasharray=\"" + std::string{dashes} + '"';
        body_ += "/>\n";
    }

    void dot(double x, double y, std::string_view color, double radius = 3.2)
    {
        body_ += "<circle" + of(color) + " cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" +
                 number(radius) + "\" fill=\"currentColor\"/>\n";
    }

    // `anchor`: start, middle or end.
    void text(double x, double y, std::string_view what, std::string_view anchor = "start",
              std::string_view how = plain)
    {
        body_ += "<text" + of(how == small ? "muted" : "ink") + " x=\"" + number(x) + "\" y=\"" + number(y) +
                 "\" text-anchor=\"" + std::string{anchor} + "\" fill=\"currentColor\"" + std::string{how} +
                 '>' + escaped(what) + "</text>\n";
    }

    // All that follows the mark.
    [[nodiscard]] std::string document(double height) const
    {
        return "role=\"img\" viewBox=\"0 0 " + number(width_) + ' ' + number(height) + "\" width=\"" +
               number(width_ * scale_) + "\" height=\"" + number(height * scale_) +
               "\" font-family=\"system-ui, Helvetica, Arial, sans-serif\" font-size=\"13\">\n" + body_ +
               "</svg>\n";
    }

    // Colours for both themes, of pictures and of the page that they stand in.
    [[nodiscard]] static std::string style()
    {
        std::string light, dark;
        for (const shade& one : shades) {
            const std::string rule = "." + std::string{one.name} + "{color:";
            (light += rule).append(one.light) += "}";
            (dark += rule).append(one.dark) += "}";
        }
        return ".raida{max-width:100%;height:auto}" + light + "@media (prefers-color-scheme:dark){" + dark +
               "}";
    }

    static constexpr std::string_view plain = "";
    static constexpr std::string_view title = " font-size=\"17\" font-weight=\"bold\"";
    static constexpr std::string_view small = " font-size=\"12\"";

  private:
    static std::string of(std::string_view color) { return " class=\"" + std::string{color} + '"'; }

    static std::string number(double value)
    {
        char digits[64];
        std::snprintf(digits, sizeof digits, "%.6g", std::round(value * 10) / 10);
        return digits;
    }

    double width_, scale_;
    std::string body_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_SVG_HPP
