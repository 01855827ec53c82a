// What a benchmark program has to say: tables, and whether its targets were met.
#ifndef RAIDA_BENCH_REPORT_HPP
#define RAIDA_BENCH_REPORT_HPP

#include "table.hpp"
#include "text.hpp"

#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A limit that was set before anything was measured.
struct target
{
    enum class kind
    {
        at_most,
        at_least
    };

    std::string what;
    kind side;
    double limit;
    double measured;
    int decimals = 2;

    [[nodiscard]] bool met() const noexcept
    {
        return side == kind::at_most ? measured <= limit : measured >= limit;
    }
};

class report
{
  public:
    explicit report(std::string program) : program_{std::move(program)} {}

    /// Prints it at once: a run takes minutes.
    void add(table made)
    {
        made.print(std::cout);
        tables_.push_back(std::move(made));
    }

    void at_most(std::string what, double limit, double measured, int decimals = 2)
    {
        targets_.push_back({std::move(what), target::kind::at_most, limit, measured, decimals});
    }
    void at_least(std::string what, double limit, double measured, int decimals = 2)
    {
        targets_.push_back({std::move(what), target::kind::at_least, limit, measured, decimals});
    }

    void print_targets() const
    {
        support::table lines{{{"Targets"}, {"limit"}, {"measured"}, {""}}};
        for (const target& one : targets_)
            lines.add({{one.what},
                       {(one.side == target::kind::at_most ? "at most " : "at least ") +
                        fixed(one.limit, one.decimals)},
                       {fixed(one.measured, one.decimals)},
                       {one.met() ? "met" : "MISSED"}});
        std::cout << '\n';
        lines.print(std::cout, {});
        std::cout << std::flush;
    }

    void write(const std::string& path) const
    {
        std::ofstream out{path};
        out << "{\"program\": " << quoted(program_) << ",\n\"targets\": [";
        const char* separator = "\n";
        for (const target& one : targets_)
            out << std::exchange(separator, ",\n") << "  {\"what\": " << quoted(one.what) << ", "
                << (one.side == target::kind::at_most ? "\"at_most\": " : "\"at_least\": ")
                << json_number(one.limit) << ", \"measured\": " << json_number(one.measured)
                << ", \"met\": " << (one.met() ? "true" : "false") << '}';
        out << "\n],\n\"tables\": [";
        separator = "\n";
        for (const table& one : tables_) {
            out << std::exchange(separator, ",\n");
            one.json(out);
        }
        out << "\n]}\n";
        if (!out.flush())
            throw std::runtime_error{"cannot write " + path};
    }

  private:
    std::string program_;
    std::vector<table> tables_;
    std::vector<target> targets_;
};

} // namespace bench

#endif // RAIDA_BENCH_REPORT_HPP
