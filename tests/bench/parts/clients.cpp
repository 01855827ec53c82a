#include "../contestants/raida_servers.hpp"
#include "../support/compete.hpp"
#include "stage.hpp"

#include <raida/client.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>

namespace bench {
namespace {

// One call after another: an answer that was not awaited finds the next one in flight.
template <class Call>
void one_by_one(asio::io_context& io, std::size_t times, block& into, Call&& call)
{
    for (; times != 0; --times) {
        const auto began = bench_clock::now();
        call();
        io.restart();
        io.run();
        into.latencies.push_back(micros_since(began));
    }
}

// Never the same packets twice in a row: answers to the last ones that nobody awaited would count for these.
class deciding_fanout final : public contestant
{
  public:
    explicit deciding_fanout(const setting& with, std::size_t tokens)
        : contestant{"raida::fanout, when_decided, packets built beforehand", family::raida, 1},
          with_{with},
          network_{io_, servers_of(with), limits_for(with)}
    {
        how_ = {.deadline = raida::learned{}, .complete = raida::when_decided(tokens)};
    }

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        one_by_one(io_, fanouts, into, [&] {
            network_.async_request(with_.packets[turn_++ % with_.packets.size()], answers_, how_,
                                   [&](std::error_code) { into.answered += answers_.answered(); });
        });
    }

  private:
    const setting& with_;
    asio::io_context io_{1};
    raida::fanout<> network_;
    raida::request_options<> how_;
    raida::replies<> answers_;
    std::size_t turn_ = 0;
};

class typed_client final : public contestant
{
  public:
    explicit typed_client(const setting& with, std::span<const raida::token> tokens)
        : contestant{"raida::client, async_detect", family::raida, 1},
          tokens_{tokens},
          client_{io_, servers_of(with), {.engine = limits_for(with)}}
    {}

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        one_by_one(io_, fanouts, into, [&] {
            client_.async_detect(tokens_, [&](std::error_code, const raida::batch_tally<>& result) {
                if (result.count(raida::verdict::authentic) == tokens_.size())
                    ++into.answered;
            });
        });
    }

  private:
    std::span<const raida::token> tokens_;
    asio::io_context io_{1};
    raida::client client_;
};

struct scenario
{
    std::string name;
    std::vector<std::string> options;
};

} // namespace

void measure_clients(stage& on)
{
    table made{"clients",
               "detect of 64 tokens until everything is decided (ratio to the first line of a scenario)",
               "scenario, contestant",
               {{"p50_us", "p50 us", 1},
                {"p50_ratio", "ratio", 3},
                {"p99_us", "p99 us", 1},
                {"cpu_us", "CPU us", 1},
                {"cpu_ratio", "ratio", 3},
                {"allocations", "allocations", 1}}};
    const std::size_t count = raida::max_tokens(raida::detect_command);
    const auto tokens = make_tokens(count);
    const std::vector<scenario> scenarios{
        {"all well", {}}, {"a silent server", {"--silent", "19"}}, {"a dead port", {"--dead", "7"}}};
    for (const scenario& one : scenarios) {
        const server_process servers = on.start_servers(one.options);
        const setting with = on.prepare(servers, 4, count);
        std::vector<contestant_ptr> contestants;
        contestants.push_back(std::make_unique<deciding_fanout>(with, count));
        contestants.push_back(std::make_unique<typed_client>(with, tokens));
        const auto all = compete(contestants, 1, {.rounds = on.rounds(24), .seconds = 0.05});
        for (const standing& each : all)
            made.row(one.name + ": " + each.who->name(),
                     {median(each.p50), median_ratio(each.p50, all[0].p50), median(each.p99),
                      median(each.cpu), median_ratio(each.cpu, all[0].cpu), each.allocations});
        on.results.at_most(one.name + ": client's detect of 64 tokens, p50, x fanout with when_decided", 1.05,
                           median_ratio(all[1].p50, all[0].p50), 3);
    }
    on.results.add(std::move(made));
}

} // namespace bench
