// The health of the network, for people and for programs.
#ifndef RAIDA_EXAMPLES_HEALTH_REPORT_HPP
#define RAIDA_EXAMPLES_HEALTH_REPORT_HPP

#include "health.hpp"
#include "json.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace support {

class health_report
{
  public:
    explicit health_report(const health& seen) : seen_{seen}
    {
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (seen.is_well(server))
                round_trips_.push_back(seen.echoes[server].latency);
        std::sort(round_trips_.begin(), round_trips_.end());
    }

    // One line per server, with what was seen before from the second round on.
    void print_table(std::ostream& out, const terminal& screen) const
    {
        table lines{columns()};
        for (std::size_t server = 0; server < raida::server_count; ++server)
            lines.add(line(server, screen));
        lines.print(out, screen, screen.room());
    }

    // The table for a page: the same, but for the bars.
    [[nodiscard]] static std::vector<std::string> headings()
    {
        std::vector<std::string> texts;
        for (const table::column& one : columns())
            if (!one.heading.empty())
                texts.push_back(one.heading);
        return texts;
    }
    [[nodiscard]] std::vector<std::vector<std::string>> rows() const
    {
        const auto all = columns();
        std::vector<std::vector<std::string>> result(raida::server_count);
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            const auto cells = line(server, terminal{});
            for (std::size_t i = 0; i < cells.size(); ++i)
                if (!all[i].heading.empty())
                    result[server].push_back(cells[i].text);
        }
        return result;
    }

    // One line.
    [[nodiscard]] std::string summary() const
    {
        const std::size_t well = seen_.well();
        std::string text = std::to_string(well) + " of 25 servers are well, " +
                           (well >= health::quorum ? "enough" : "too few") + " for a quorum of " +
                           std::to_string(health::quorum) + ".";
        if (!round_trips_.empty())
            text += " Round trips: " + describe(round_trips_.front()) + " to " +
                    describe(round_trips_.back()) + ", median " +
                    describe(round_trips_[round_trips_.size() / 2]) + ".";
        if (std::none_of(seen_.echoes.begin(), seen_.echoes.end(),
                         [](const raida::reply& got) { return got || got.hint; }))
            text += " Nobody answered: are the addresses and ports right, and may UDP pass?";
        return text + "\n";
    }

    // One JSON document.
    [[nodiscard]] std::string json() const
    {
        std::vector<json::value> servers;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            servers.push_back(described(server));
        std::optional<double> median;
        if (!round_trips_.empty())
            median = milliseconds(round_trips_[round_trips_.size() / 2]);
        return json::object({{"servers", json::array(servers)},
                             {"summary", json::object({{"round", seen_.rounds},
                                                       {"well", seen_.well()},
                                                       {"quorum", health::quorum},
                                                       {"median_ms", median}})}})
            .text();
    }

  private:
    [[nodiscard]] static std::vector<table::column> columns()
    {
        using enum table::align;
        return {{"server", right},   {"address", left, 4}, {"answer", left},   {"round trip", right},
                {"", left, 5},       {"lately", left, 6},  {"sent", right, 7}, {"version", left, 3},
                {"least", right, 6}, {"median", right, 1}, {"lost", right},    {"hint", left, 2}};
    }

    [[nodiscard]] std::vector<cell> line(std::size_t server, const terminal& screen) const
    {
        const raida::reply& got = seen_.echoes[server];
        const bool well = seen_.is_well(server);
        const bool was_watched = seen_.rounds > 1;
        const history& before = seen_.before[server];
        return {{std::to_string(server)},
                {address(server).value_or("")},
                {answer(server), well  ? colour::green
                                 : got ? colour::yellow
                                       : colour::red},
                {got.attempts == 0 ? "" : describe(got.latency)},
                got || got.error == raida::errc::timed_out ? bar_of(got.latency, screen) : cell{},
                {was_watched && screen.unicode ? before.sparkline(12) : ""},
                {std::to_string(got.attempts)},
                {seen_.versions[server]},
                {was_watched ? described(before.shortest()) : ""},
                {was_watched ? described(before.median()) : ""},
                lost(was_watched ? before.loss() : std::nullopt),
                {got.hint ? raida::describe(*got.hint) : "", colour::yellow}};
    }

    // Bars are drawn to the scale of the slowest that is well; who is slower or silent goes beyond it.
    [[nodiscard]] cell bar_of(std::chrono::nanoseconds time, const terminal& screen) const
    {
        constexpr std::size_t width = 16;
        if (round_trips_.empty() || time > round_trips_.back())
            return {std::string(width - 1, '.') + '>', colour::dim};
        return {bar(milliseconds(time) / milliseconds(round_trips_.back()), width, screen)};
    }

    [[nodiscard]] static cell lost(std::optional<double> share)
    {
        if (!share)
            return {};
        return {fixed(100 * *share, 0) + " %", *share == 0 ? colour::none : colour::red};
    }

    [[nodiscard]] static std::string described(std::optional<std::chrono::nanoseconds> time)
    {
        return time ? describe(*time) : "";
    }

    [[nodiscard]] std::string answer(std::size_t server) const
    {
        const raida::reply& got = seen_.echoes[server];
        if (!got)
            return seen_.reason(server);
        return raida::describe(got.status()) + (got.verified ? "" : ", not verified");
    }

    [[nodiscard]] std::optional<std::string> address(std::size_t server) const
    {
        const auto* endpoint = seen_.servers.endpoint(server);
        if (endpoint == nullptr)
            return std::nullopt;
        std::ostringstream text;
        text << *endpoint;
        return text.str();
    }

    [[nodiscard]] static json::value status(std::optional<raida::status> which)
    {
        if (!which)
            return nullptr;
        return json::object({{"status", static_cast<unsigned>(*which)}, {"name", raida::to_string(*which)}});
    }

    [[nodiscard]] static std::optional<double> number(std::optional<std::chrono::nanoseconds> time)
    {
        return time ? std::optional{milliseconds(*time)} : std::nullopt;
    }

    [[nodiscard]] json::value described(std::size_t server) const
    {
        const raida::reply& got = seen_.echoes[server];
        const history& before = seen_.before[server];
        const std::string& version = seen_.versions[server];
        return json::object({{"server", server},
                             {"address", address(server)},
                             {"well", seen_.is_well(server)},
                             {"answer", status(got ? std::optional{got.status()} : std::nullopt)},
                             {"error", got ? std::nullopt : std::optional{seen_.reason(server)}},
                             {"verified", got.verified},
                             {"hint", status(got.hint)},
                             {"latency_ms", milliseconds(got.latency)},
                             {"attempts", got.attempts},
                             {"version", version.empty() ? std::nullopt : std::optional{version}},
                             {"rounds", before.rounds()},
                             {"least_ms", number(before.shortest())},
                             {"median_ms", number(before.median())},
                             {"lost", before.loss()}});
    }

    const health& seen_;
    std::vector<std::chrono::nanoseconds> round_trips_; // of those that are well, ascending
};

} // namespace support

#endif // RAIDA_EXAMPLES_HEALTH_REPORT_HPP
