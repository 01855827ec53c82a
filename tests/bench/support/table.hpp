// A table of measurements: printed for people, written as JSON for programs.
#ifndef RAIDA_BENCH_TABLE_HPP
#define RAIDA_BENCH_TABLE_HPP

#include "../../../examples/support/table.hpp"
#include "text.hpp"

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct column
{
    std::string key;     ///< in JSON
    std::string heading; ///< in print
    int decimals = 1;
};

/// Each row has a label and a number per column; a number that was not measured is a dash and null.
class table
{
  public:
    using values = std::vector<std::optional<double>>;

    table(std::string key, std::string title, std::string label, std::vector<column> columns)
        : key_{std::move(key)},
          title_{std::move(title)},
          label_{std::move(label)},
          columns_{std::move(columns)}
    {}

    void row(std::string label, values numbers) { rows_.emplace_back(std::move(label), std::move(numbers)); }
    void note(std::string text) { notes_.push_back(std::move(text)); }

    void print(std::ostream& out) const
    {
        using writer = support::table;
        std::vector<writer::column> headings{{label_, writer::align::left}};
        for (const column& one : columns_)
            headings.push_back({one.heading, writer::align::right});
        writer lines{std::move(headings)};
        for (const auto& [label, numbers] : rows_) {
            std::vector<support::cell> cells{{label}};
            for (std::size_t i = 0; i < columns_.size(); ++i)
                cells.push_back({numbers[i] ? fixed(*numbers[i], columns_[i].decimals) : "–"});
            lines.add(std::move(cells));
        }
        out << '\n' << title_ << "\n\n";
        lines.print(out, {});
        for (const std::string& text : notes_)
            out << "  " << text << '\n';
        out << std::flush;
    }

    void json(std::ostream& out) const
    {
        out << "{\"table\": " << quoted(key_) << ", \"title\": " << quoted(title_) << ", \"rows\": [";
        const char* separator = "\n";
        for (const auto& [label, numbers] : rows_) {
            out << std::exchange(separator, ",\n") << "    {\"label\": " << quoted(label);
            for (std::size_t i = 0; i < columns_.size(); ++i)
                out << ", " << quoted(columns_[i].key) << ": "
                    << (numbers[i] ? json_number(*numbers[i]) : "null");
            out << '}';
        }
        out << "\n]}";
    }

  private:
    std::string key_, title_, label_;
    std::vector<column> columns_;
    std::vector<std::pair<std::string, values>> rows_;
    std::vector<std::string> notes_;
};

} // namespace bench

#endif // RAIDA_BENCH_TABLE_HPP
