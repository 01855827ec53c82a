#include "../contestants/raida_servers.hpp"
#include "../support/machine.hpp"
#include "../support/statistics.hpp"
#include "memory_in_use.hpp"
#include "stage.hpp"

#include <raida/client.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t many = 10'000;

struct cost
{
    std::vector<double> seconds{}, cpu{};

    template <class Work>
    void measure(Work&& work)
    {
        const double used = cpu_seconds();
        const auto began = bench_clock::now();
        work();
        seconds.push_back(seconds_since(began));
        cpu.push_back(cpu_seconds() - used);
    }
};

// What the network takes: the same datagrams, built beforehand, all in flight together.
class bare_fanouts
{
  public:
    bare_fanouts(const setting& with) : with_{with}, network_{io_, servers_of(with), limits_for(with)}
    {
        answers_.resize(with.packets.size());
    }

    void run()
    {
        std::size_t answered = 0;
        for (std::size_t i = 0; i < answers_.size(); ++i)
            network_.async_request(with_.packets[i], answers_[i], {},
                                   [&, i](std::error_code) { answered += answers_[i].answered(); });
        io_.restart();
        io_.run();
        if (answered != answers_.size() * raida::server_count)
            throw std::runtime_error{"slots were lost"};
    }

  private:
    const setting& with_;
    asio::io_context io_{1};
    raida::fanout<> network_;
    std::deque<raida::replies<>> answers_;
};

class typed_client
{
  public:
    explicit typed_client(const setting& with, std::function<void(const raida::request_record&)> watch = {})
        : client_{io_, servers_of(with), {.engine = limits_for(with), .on_record = std::move(watch)}}
    {}

    void run(std::span<const raida::token> tokens)
    {
        std::size_t authentic = 0;
        client_.async_detect(tokens, [&](std::error_code, const raida::batch_tally<>& result) {
            authentic = result.count(raida::verdict::authentic);
        });
        io_.restart();
        io_.run();
        if (authentic != tokens.size())
            throw std::runtime_error{"votes were lost"};
    }

  private:
    asio::io_context io_{1};
    raida::client client_;
};

// Bytes per token, at most, while so many are detected.
double memory_per_token(const setting& with, std::span<const raida::token> tokens)
{
    double peak = 0;
    std::size_t records = 0;
    typed_client client{with, [&](const raida::request_record&) {
                            if (++records % 256 == 0) // looking takes long
                                peak = std::max(peak, bytes_in_use().value_or(0));
                        }};
    client.run(tokens); // warm
    peak = 0;
    const double before = bytes_in_use().value_or(0);
    client.run(tokens);
    return std::max(0.0, peak - before) / static_cast<double>(tokens.size());
}

} // namespace

void measure_batches(stage& on)
{
    const server_process servers = on.start_servers();
    const std::size_t each = raida::max_tokens(raida::detect_command);
    const setting with = on.prepare(servers, (many + each - 1) / each, each);
    const auto tokens = make_tokens(many);
    bare_fanouts bare{with};
    typed_client client{with};
    cost of_network, of_client;
    for (int turn = -2; turn < on.rounds(12); ++turn) {
        cost warm_up;
        (turn < 0 ? warm_up : of_network).measure([&] { bare.run(); });
        (turn < 0 ? warm_up : of_client).measure([&] { client.run(tokens); });
    }
    table made{"batches",
               "detect of 10,000 tokens in one call (ratios to the same datagrams, built beforehand)",
               "what",
               {{"ms", "ms", 1}, {"ratio", "ratio", 3}, {"cpu_ms", "CPU ms", 1}, {"cpu_ratio", "ratio", 3}}};
    const auto row = [&](const char* what, const cost& one) {
        made.row(what, {1e3 * median(one.seconds), median_ratio(one.seconds, of_network.seconds),
                        1e3 * median(one.cpu), median_ratio(one.cpu, of_network.cpu)});
    };
    row("raida::fanout, packets built beforehand", of_network);
    row("raida::client", of_client);
    on.results.add(std::move(made));
    on.results.at_most("detect of 10,000 tokens: time, x that of the same datagrams built beforehand", 1.25,
                       median_ratio(of_client.seconds, of_network.seconds), 3);

    const double few = memory_per_token(with, std::span{tokens}.first(many / 4));
    if (few != 0)
        on.results.at_most("detect of 10,000 tokens: memory per token, x that of 2,500", 1.1,
                           memory_per_token(with, tokens) / few, 3);
}

} // namespace bench
