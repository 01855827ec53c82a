// How long until every token has its verdict, on a simulated network around the world: the seed's way, and
// what deadlines that learn, retries, isolation and early completion make of it, against an oracle.
//
//   --out FOLDER    where time_to_verdict.json and .svg go
//   --engines N     worlds, each asked 100 times after 10 times that are not counted (100)
//   --seed N        the same seed, the same run (1)
#include "support/arguments.hpp"
#include "support/report.hpp"
#include "support/statistics.hpp"
#include "verdict/strategy.hpp"

#include <exception>
#include <iostream>
#include <vector>

using namespace bench;
using namespace bench::verdict;
using namespace std::chrono_literals;

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        const auto engines = static_cast<std::size_t>(given.number("--engines", 100));
        const auto seed = static_cast<std::uint64_t>(given.number("--seed", 1));
        const raida::isolation_policy isolation{.failures = 3};
        const auto decided = raida::when_decided{tokens};
        const auto twice = raida::retry_policy::up_to(2);
        std::vector<strategy> all{
            {"all, 3 s (the seed's way)", {}, {}, "seed"},
            {"all, learned", {.deadline = raida::learned{}}, {}, "learned"},
            {"all, learned + isolation", {.deadline = raida::learned{}}, isolation, "learned_isolation"},
            {"all, learned + retry", {.deadline = raida::learned{}, .retry = twice}, {}, "learned_retry"},
            {"when_quorum, 3 s", {.complete = raida::when_quorum{}}, {}, "quorum"},
            {"when_decided, 3 s", {.complete = decided}, {}, "decided"},
            {"when_decided, learned", {.deadline = raida::learned{}, .complete = decided}, {}, "decided_learned"},
            {"when_decided, learned + isolation", {.deadline = raida::learned{}, .complete = decided}, isolation, "decided_learned_isolation"},
            {"when_decided, learned + retry + isolation",
             {.deadline = raida::learned{}, .retry = twice, .complete = decided}, isolation, "decided_all"},
        };
        auto print = [&](const std::string& name, const std::vector<result>& of) {
            for (int c = 0; c < 2; ++c) {
            std::vector<double> ms; double und = 0, fal = 0, dg = 0;
            for (auto& r : of) { if (c && !r.contested) continue; ms.push_back(r.ms); und += r.undecided != 0; fal += double(r.false_alarms); dg += double(r.datagrams); }
            printf("%-45s %7.1f %7.1f %7.1f %7.1f  und %.2f%% false %.3f/fanout dg %.1f\n", c ? "" : name.c_str(), quantile(ms, .5), quantile(ms, .9), quantile(ms, .99), quantile(ms, 1), 100*und / double(ms.size()), fal / double(ms.size()), dg / double(ms.size()));
            }
        };
        for (auto& s : all) {
            std::vector<result> mine, oracle;
            for (std::size_t e = 0; e < engines; ++e) {
                runner r{s, seed, e};
                for (std::size_t f = 0; f < 110; ++f) {
                    result o;
                    auto m = r.ask(f, o);
                    if (f >= 10) { mine.push_back(m); oracle.push_back(o); }
                }
            }
            print(s.name, mine);
            if (s.key == "seed" || s.key == "decided_all") print("  oracle", oracle);
        }
    } catch (const std::exception& error) {
        std::cerr << "time_to_verdict: " << error.what() << '\n';
        return 2;
    }
}
