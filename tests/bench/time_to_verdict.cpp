// How long until every token has its verdict, on a simulated network around the world: the seed's way, and
// what deadlines that learn, retries, isolation and early completion make of it, against an oracle.
//
//   --out FOLDER    where time_to_verdict.json and .svg go
//   --engines N     worlds, each asked 20 times to warm up and 100 times that count (100)
//   --seed N        the same seed, the same run (1)
#include "support/arguments.hpp"
#include "support/report.hpp"
#include "support/statistics.hpp"
#include "verdict/chart.hpp"
#include "verdict/strategy.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bench;
using namespace bench::verdict;

constexpr std::size_t warm_up = 20, counted = 100;

struct contestant
{
    strategy how;
    waiting_chart::look look{}; // without a colour: not in the chart
    std::vector<result> results{}, oracle{};
};

std::vector<contestant> contestants()
{
    const raida::deadlines<> learned = raida::learned{};
    const auto twice = raida::retry_policy::up_to(2);
    const raida::isolation_policy isolation{.failures = 3};
    const raida::when_decided decided{tokens};
    return {
        {{"all, 3 s (the seed's way)"}, {"ink", {}}},
        {{"all, learned", {.deadline = learned}}, {"orange", {}}},
        {{"all, learned, isolation", {.deadline = learned}, isolation}},
        {{"all, learned, retry", {.deadline = learned, .retry = twice}}},
        {{"all, learned, retry, isolation", {.deadline = learned, .retry = twice}, isolation}},
        {{"when_quorum, 3 s", {.complete = raida::when_quorum{}}}, {"yellow", {}}},
        {{"when_decided, 3 s", {.complete = decided}}, {"purple", {}}},
        {{"when_decided, learned", {.deadline = learned, .complete = decided}}, {"blue", {}}},
        {{"when_decided, learned, isolation", {.deadline = learned, .complete = decided}, isolation}},
        {{"when_decided, learned, retry, isolation",
          {.deadline = learned, .retry = twice, .complete = decided},
          isolation},
         {"green", {}}},
    };
}

void run(contestant& one, std::uint64_t seed, std::size_t engines)
{
    for (std::size_t engine = 0; engine < engines; ++engine) {
        runner runs{one.how, seed, engine};
        for (std::size_t fanout = 0; fanout < warm_up + counted; ++fanout) {
            result oracle;
            const result made = runs.ask(fanout, oracle);
            if (fanout < warm_up)
                continue;
            one.results.push_back(made);
            one.oracle.push_back(oracle);
        }
    }
}

std::vector<double> times_of(const std::vector<result>& results, bool contested_only = false)
{
    std::vector<double> ms;
    for (const result& one : results)
        if (one.contested || !contested_only)
            ms.push_back(one.ms);
    return ms;
}

// Of `results`, and how they compare with the oracle's.
table::values row_of(const std::vector<result>& results, const std::vector<double>& oracle,
                     bool contested_only)
{
    const auto ms = times_of(results, contested_only);
    double undecided = 0, false_alarms = 0, datagrams = 0;
    for (const result& one : results)
        if (one.contested || !contested_only) {
            undecided += one.undecided != 0 ? 1 : 0;
            false_alarms += static_cast<double>(one.false_alarms);
            datagrams += static_cast<double>(one.datagrams);
        }
    const auto count = static_cast<double>(ms.size());
    return {quantile(ms, 0.5),
            quantile(ms, 0.9),
            quantile(ms, 0.99),
            quantile(ms, 1.0),
            quantile(ms, 0.5) / quantile(oracle, 0.5),
            quantile(ms, 0.99) / quantile(oracle, 0.99),
            100 * undecided / count,
            1000 * false_alarms / datagrams,
            datagrams / count};
}

table table_of(const std::vector<contestant>& all, bool contested_only)
{
    table made{contested_only ? "contested" : "all",
               contested_only
                   ? "Time to verdict, only the batches with contested tokens"
                   : "Time to verdict, 25 servers around the world, one dead, one silent, 1 % loss each way",
               "strategy",
               {{"p50_ms", "p50 ms", 0},
                {"p90_ms", "p90 ms", 0},
                {"p99_ms", "p99 ms", 0},
                {"max_ms", "max ms", 0},
                {"p50_to_oracle", "p50/oracle", 2},
                {"p99_to_oracle", "p99/oracle", 2},
                {"undecided_percent", "undecided %", 2},
                {"too_short_per_1000", "too short ‰", 2},
                {"datagrams", "datagrams", 1}}};
    const auto oracle = times_of(all.front().oracle, contested_only);
    for (const contestant& one : all)
        made.row(one.how.name, row_of(one.results, oracle, contested_only));
    made.row("oracle", row_of(all.front().oracle, oracle, contested_only));
    made.row("oracle of the last strategy's retries", row_of(all.back().oracle, oracle, contested_only));
    if (contested_only)
        return made;
    made.note("undecided: fan-outs in which a token got too few votes, since answers were lost. Every other "
              "verdict");
    made.note("agrees with the truth, which is asserted. too short: deadlines over before an answer that did "
              "come.");
    made.note(
        "The oracle knows which answers will arrive, and when, but not what they say: it stops when none of");
    made.note("them can change a verdict.");
    return made;
}

std::string remark_on(const std::vector<result>& results)
{
    const auto undecided =
        std::count_if(results.begin(), results.end(), [](const result& one) { return one.undecided != 0; });
    const double percent = 100 * static_cast<double>(undecided) / static_cast<double>(results.size());
    return fixed(percent, 2) + " % end without all verdicts";
}

void draw(const std::vector<contestant>& all, const std::string& path)
{
    waiting_chart chart{"How many fan-outs still wait for a verdict",
                        "25 servers, one dead, one silent, 1 % loss each way; simulated, " +
                            fixed(static_cast<double>(all.front().results.size()), 0) + " fan-outs each"};
    for (const contestant& one : all)
        if (!one.look.color.empty())
            chart.curve(one.how.name, remark_on(one.results), one.look, times_of(one.results));
    chart.curve("oracle", remark_on(all.front().oracle), {"red", "3 3", 1.6}, times_of(all.front().oracle));
    chart.write(path);
}

void compare(const arguments& given)
{
    const auto engines = static_cast<std::size_t>(given.number("--engines", 100));
    const auto seed = static_cast<std::uint64_t>(given.number("--seed", 1));
    const std::string folder = given.value("--out", ".");
    auto all = contestants();
    for (contestant& one : all)
        run(one, seed, engines);

    report results{"time_to_verdict"};
    results.add(table_of(all, false));
    results.add(table_of(all, true));
    const auto oracle = times_of(all.front().oracle);
    for (const contestant& one : all)
        if (one.how.name.starts_with("when_decided, learned") && one.how.options.retry.attempts == 1)
            for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p99", 0.99}})
                results.at_most(one.how.name + ", " + name + " against the oracle's", 1.1,
                                quantile(times_of(one.results), q) / quantile(oracle, q));
    results.print_targets();
    results.write(folder + "/time_to_verdict.json");
    draw(all, folder + "/time_to_verdict.svg");
}

} // namespace

int main(int count, char** values)
{
    try {
        compare({count, values});
    } catch (const std::exception& error) {
        std::cerr << "time_to_verdict: " << error.what() << '\n';
        return 2;
    }
}
