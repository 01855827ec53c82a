// Tables of text whose columns are as wide as they need to be, and bars.
#ifndef RAIDA_EXAMPLES_TABLE_HPP
#define RAIDA_EXAMPLES_TABLE_HPP

#include "terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

struct cell
{
    std::string text{};
    colour how = colour::none;
};

class table
{
  public:
    enum class align
    {
        left,
        right
    };
    struct column
    {
        std::string heading;
        align side = align::left;
    };

    explicit table(std::vector<column> columns) : columns_{std::move(columns)} {}

    void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }

    // Columns in which no row has any text are left out.
    void print(std::ostream& out, const terminal& screen) const
    {
        std::vector<std::size_t> widths(columns_.size(), 0);
        for (const auto& row : rows_)
            for (std::size_t i = 0; i < widths.size(); ++i)
                widths[i] = std::max(widths[i], width(row[i].text));
        std::vector<cell> headings;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            headings.push_back({columns_[i].heading, colour::dim});
            if (widths[i] != 0)
                widths[i] = std::max(widths[i], width(columns_[i].heading));
        }
        print(out, screen, headings, widths);
        for (const auto& row : rows_)
            print(out, screen, row, widths);
    }

  private:
    // Characters, not bytes: those that continue a UTF-8 sequence take no room.
    static std::size_t width(std::string_view text)
    {
        return static_cast<std::size_t>(std::count_if(
            text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    }

    void print(std::ostream& out, const terminal& screen, const std::vector<cell>& row,
               const std::vector<std::size_t>& widths) const
    {
        std::string line;
        std::size_t owed = 0; // blanks that are written only if something follows
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (widths[i] == 0)
                continue;
            const std::size_t blanks = widths[i] - width(row[i].text);
            const bool right = columns_[i].side == align::right;
            if (!row[i].text.empty()) {
                line.append(owed + (right ? blanks : 0), ' ');
                line += screen.paint(row[i].text, row[i].how);
                owed = right ? 0 : blanks;
            } else {
                owed += widths[i];
            }
            owed += 2;
        }
        out << line << '\n';
    }

    std::vector<column> columns_;
    std::vector<std::vector<cell>> rows_;
};

// A bar of up to `width` characters, in eighths of one where the screen has blocks.
[[nodiscard]] inline std::string bar(double share, std::size_t width, const terminal& screen)
{
    static constexpr const char* blocks[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double length = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
    if (!screen.unicode)
        return std::string(static_cast<std::size_t>(std::max(1.0, std::round(length))), '#');
    const auto eighths = static_cast<std::size_t>(std::max(1.0, std::round(length * 8)));
    std::string result;
    for (std::size_t i = 0; i < eighths / 8; ++i)
        result += "█";
    return result + blocks[eighths % 8];
}

[[nodiscard]] inline std::string fixed(double number, int decimals)
{
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%.*f", decimals, number);
    return {text, static_cast<std::size_t>(std::clamp(size, 0, 63))};
}

[[nodiscard]] inline double milliseconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>{time}.count();
}

// "42.1 ms", "3.00 s"
[[nodiscard]] inline std::string describe(std::chrono::nanoseconds time)
{
    const double ms = milliseconds(time);
    return ms < 1000 ? fixed(ms, 1) + " ms" : fixed(ms / 1000, 2) + " s";
}

} // namespace support

#endif // RAIDA_EXAMPLES_TABLE_HPP
