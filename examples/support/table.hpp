// Tables of text whose columns are as wide as they need to be, and bars.
#ifndef RAIDA_EXAMPLES_TABLE_HPP
#define RAIDA_EXAMPLES_TABLE_HPP

#include "terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
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

// Characters, not bytes: those that continue a UTF-8 sequence take no room.
[[nodiscard]] inline std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

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
        int spare = 0; // those with more go first where there is too little room; 0: is never left out
    };

    explicit table(std::vector<column> columns) : columns_{std::move(columns)} {}

    void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }

    // Columns in which no row has any text are left out, and what does not fit into `room` characters: spare
    // columns first, then the ends of the longest texts.
    void print(std::ostream& out, const terminal& screen,
               std::size_t room = std::numeric_limits<std::size_t>::max()) const
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
        fit(widths, room);
        print(out, screen, headings, widths);
        for (const auto& row : rows_)
            print(out, screen, row, widths);
    }

  private:
    static constexpr std::size_t gap = 2;

    void fit(std::vector<std::size_t>& widths, std::size_t room) const
    {
        const auto taken = [&] {
            std::size_t sum = 0;
            for (const std::size_t one : widths)
                sum += one == 0 ? 0 : one + gap;
            return sum < gap ? 0 : sum - gap;
        };
        while (taken() > room) {
            std::size_t next = widths.size();
            for (std::size_t i = 0; i < widths.size(); ++i)
                if (widths[i] != 0 && columns_[i].spare > (next < widths.size() ? columns_[next].spare : 0))
                    next = i;
            if (next == widths.size())
                break;
            widths[next] = 0;
        }
        for (std::size_t sum = taken(); sum > room && room != 0; sum = taken()) {
            auto& longest = *std::max_element(widths.begin(), widths.end());
            if (longest <= 1)
                return;
            --longest;
        }
    }

    // The beginning of a text, as much of it as there is room for.
    static std::string_view cut(std::string_view text, std::size_t room)
    {
        std::size_t end = 0;
        for (; end < text.size(); ++end)
            if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && room-- == 0)
                break;
        return text.substr(0, end);
    }

    void print(std::ostream& out, const terminal& screen, const std::vector<cell>& row,
               const std::vector<std::size_t>& widths) const
    {
        std::string line;
        std::size_t owed = 0; // blanks that are written only if something follows
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (widths[i] == 0)
                continue;
            const std::string_view text = cut(row[i].text, widths[i]);
            const std::size_t blanks = widths[i] - width(text);
            const bool right = columns_[i].side == align::right;
            if (!text.empty()) {
                line.append(owed + (right ? blanks : 0), ' ');
                line += screen.paint(text, row[i].how);
                owed = right ? 0 : blanks;
            } else {
                owed += widths[i];
            }
            owed += gap;
        }
        out << line << '\n';
    }

    std::vector<column> columns_;
    std::vector<std::vector<cell>> rows_;
};

// A text in lines of at most `room` characters, each with its end; a longer word is a line of its own.
[[nodiscard]] inline std::string wrapped(std::string_view text, std::size_t room)
{
    std::string result;
    for (std::size_t column = 0; !text.empty();) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, end);
        const bool fits = column == 0 || column + 1 + width(word) <= room;
        if (column != 0)
            result += fits ? ' ' : '\n';
        result += word;
        column = (fits && column != 0 ? column + 1 : 0) + width(word);
        if (end < text.size() && text[end] == '\n') {
            result += '\n';
            column = 0;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

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
