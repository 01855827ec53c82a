// One HTML page that needs nothing but itself: pictures, and tables that sort. It asks no network.
#ifndef RAIDA_EXAMPLES_PAGE_HPP
#define RAIDA_EXAMPLES_PAGE_HPP

#include "svg.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace support {

class page
{
  public:
    // How every page begins.
    static constexpr std::string_view mark = "<!DOCTYPE html>\n<html lang=\"en\" class=\"raida-page\">\n";

    page(std::string_view title, std::string_view summary)
    {
        text_ = "<head><meta charset=\"utf-8\"/>\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; script-src 'unsafe-inline'\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>" +
                escaped(title) + "</title>\n<style>" + std::string{style} + "</style></head>\n<body>\n<h1>" +
                escaped(title) + "</h1>\n<p>" + escaped(summary) + "</p>\n";
    }

    // An svg's document.
    void add_picture(std::string_view document) { text_.append(svg::mark) += document; }

    // A click on a heading sorts by that column, by number where cells begin with one. Columns in which no
    // row has any text are left out.
    void add_table(std::string_view title, const std::vector<std::string>& headings,
                   const std::vector<std::vector<std::string>>& rows)
    {
        std::vector<bool> shown(headings.size());
        for (const auto& row : rows)
            for (std::size_t i = 0; i < shown.size(); ++i)
                shown[i] = shown[i] || !row[i].empty();
        const auto add_row = [&](const std::vector<std::string>& texts, std::string_view open,
                                 std::string_view close) {
            text_ += "<tr>";
            for (std::size_t i = 0; i < shown.size(); ++i)
                if (shown[i])
                    ((text_ += open) += escaped(texts[i])) += close;
            text_ += "</tr>\n";
        };
        text_ += "<h2>" + escaped(title) + "</h2>\n<div><table>\n<thead>";
        add_row(headings, "<th><button>", "</button></th>");
        text_ += "</thead>\n<tbody>\n";
        for (const auto& row : rows)
            add_row(row, "<td>", "</td>");
        text_ += "</tbody></table></div>\n";
    }

    // What follows the mark.
    [[nodiscard]] std::string document() const
    {
        return text_ + "<script>" + std::string{script} + "</script>\n</body></html>\n";
    }

  private:
    static constexpr std::string_view style = R"(
body{font-family:system-ui,Helvetica,Arial,sans-serif;margin:1em auto;max-width:45em;padding:0 .8em}
body{background:#fff;color:#24292f}h1{font-size:1.4em}h2{font-size:1.15em}
div{max-height:75vh;overflow:auto}table{border-collapse:collapse;font-size:.85em}
th,td{padding:.25em .6em;border-bottom:1px solid #8c959f66;text-align:left;white-space:nowrap}
thead th{position:sticky;top:0;background:#fff}th button{all:unset;cursor:pointer;font-weight:bold}
th button:focus-visible{outline:2px solid #0969da}
th[aria-sort=ascending] button::after{content:" \25B2"}th[aria-sort=descending] button::after{content:" \25BC"}
@media (prefers-color-scheme:dark){body,thead th{background:#0d1117;color:#e6edf3}}
)";

    static constexpr std::string_view script = R"(
document.querySelectorAll("th").forEach(function (head) {
  head.firstChild.onclick = function () {
    var at = head.cellIndex, body = head.closest("table").tBodies[0];
    var up = head.getAttribute("aria-sort") !== "ascending";
    head.parentNode.querySelectorAll("th").forEach(function (one) { one.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    var rows = Array.from(body.rows).map(function (row) {
      var text = row.cells[at].textContent; // "3.00 s" comes after "85.1 ms"
      return [/^[0-9.]+ s$/.test(text) ? 1000 * parseFloat(text) + " ms" : text, row];
    });
    rows.sort(function (a, b) {
      return (up ? 1 : -1) * a[0].localeCompare(b[0], "en", {numeric: true});
    });
    rows.forEach(function (one) { body.append(one[1]); });
  };
});
)";

    std::string text_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_PAGE_HPP
