#include "../contestants/fixed_window.hpp"
#include "../contestants/raida_servers.hpp"
#include "../support/statistics.hpp"
#include "stage.hpp"

#include <raida/client.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <deque>

namespace bench {
namespace {

constexpr std::size_t many = 8'192;
constexpr std::array<std::size_t, 6> windows{20, 40, 60, 80, 120, 200};

struct outcome
{
    std::vector<double> seconds{};
    std::size_t asked = 0, lost = 0;

    [[nodiscard]] double lost_share() const
    {
        return asked == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(asked);
    }
};

class learning_client
{
  public:
    explicit learning_client(const setting& with) : client_{io_, servers_of(with)} {}

    /// Returns how many datagrams were not answered in time.
    std::size_t run(std::span<const raida::token> tokens)
    {
        const std::size_t before = lost();
        client_.async_detect(tokens, {.wait = raida::wait_for::all},
                             [](std::error_code, const raida::batch_tally<>&) {});
        io_.restart();
        io_.run();
        return lost() - before;
    }

  private:
    [[nodiscard]] std::size_t lost()
    {
        std::size_t sum = 0;
        for (const auto& server : client_.network().statistics().servers)
            sum += static_cast<std::size_t>(server.retried + server.timed_out);
        return sum;
    }

    asio::io_context io_{1};
    raida::client client_;
};

} // namespace

void measure_windows(stage& on)
{
    const server_process servers = on.start_servers({"--default-buffers"});
    const std::size_t each = raida::max_tokens(raida::detect_command);
    setting with = on.prepare(servers, many / each, each);
    with.deadline = std::chrono::milliseconds{50};
    const auto tokens = make_tokens(many);
    const std::size_t asked = with.packets.size() * raida::server_count;

    std::deque<fixed_window> fixed;
    for (const std::size_t window : windows)
        fixed.emplace_back(with, window);
    learning_client client{with};
    std::array<outcome, windows.size()> of_fixed;
    outcome of_client;
    const auto measure = [&](outcome& into, auto&& work) {
        const auto began = bench_clock::now();
        const std::size_t lost = work();
        into.seconds.push_back(seconds_since(began));
        into.asked += asked;
        into.lost += lost;
    };
    for (int turn = -2; turn < on.rounds(24); ++turn) {
        if (turn == 0) { // the first ones warm up
            of_fixed = {};
            of_client = {};
        }
        for (std::size_t i = 0; i < windows.size(); ++i)
            measure(of_fixed[i], [&] { return fixed[i].run(); });
        measure(of_client, [&] { return client.run(tokens); });
    }

    const auto best = std::min_element(of_fixed.begin(), of_fixed.end(), [](const auto& a, const auto& b) {
        return median(a.seconds) < median(b.seconds);
    });
    table made{
        "windows",
        "detect of 8,192 tokens, servers with default receive buffers (ratio to the best fixed window)",
        "what",
        {{"ms", "ms", 1}, {"ratio", "ratio", 3}, {"lost_percent", "lost %", 3}}};
    const auto row = [&](const std::string& what, const outcome& one) {
        made.row(what, {1e3 * median(one.seconds), median_ratio(one.seconds, best->seconds),
                        100 * one.lost_share()});
    };
    for (std::size_t i = 0; i < windows.size(); ++i)
        row("no library, " + std::to_string(windows[i]) + " datagrams in flight, built beforehand",
            of_fixed[i]);
    row("raida::client", of_client);
    made.note("A fixed window sends nothing twice: what is lost costs it 50 ms.");
    on.results.add(std::move(made));
    on.results.at_most("detect of 8,192 tokens, default buffers: time, x the best fixed window", 1.2,
                       median_ratio(of_client.seconds, best->seconds), 3);
    on.results.at_most("detect of 8,192 tokens, default buffers: lost slots, %", 0.1,
                       100 * of_client.lost_share(), 3);
}

} // namespace bench
