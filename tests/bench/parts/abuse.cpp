#include "../contestants/raida_servers.hpp"
#include "../support/compete.hpp"
#include "stage.hpp"

#include <raida/fanout.hpp>

#include <asio/io_context.hpp>

#include <deque>

namespace bench {
namespace {

constexpr std::size_t at_once = 16;
constexpr std::size_t forgeries = 6; // with each answer: see server.cpp

class abused final : public contestant
{
  public:
    abused(const setting& with, std::string name)
        : contestant{std::move(name), family::raida, at_once},
          with_{with},
          network_{io_, servers_of(with), limits_for(with)},
          answers_(at_once)
    {}

    void run(std::size_t in_flight, std::size_t fanouts, block& into) override
    {
        into_ = &into;
        to_start_ = fanouts;
        for (std::size_t which = 0; which < std::min(in_flight, fanouts); ++which)
            start(which);
        io_.restart();
        io_.run();
    }

    /// Slots that hold anything but the server's own answer.
    [[nodiscard]] std::size_t deceived() const noexcept { return deceived_; }

    /// Datagrams that were looked at and dropped.
    [[nodiscard]] double dropped()
    {
        std::uint64_t sum = 0;
        for (const auto& one : network_.statistics().servers)
            sum += one.forged + one.foreign + one.malformed + one.late;
        return static_cast<double>(sum);
    }

  private:
    void start(std::size_t which)
    {
        --to_start_;
        const auto began = bench_clock::now();
        network_.async_request(with_.packets[which], answers_[which], {},
                               [this, which, began](std::error_code) {
                                   into_->latencies.push_back(micros_since(began));
                                   for (const raida::reply& one : answers_[which])
                                       if (one && (!one.verified || one.status() != raida::status::success))
                                           ++deceived_;
                                       else if (one)
                                           ++into_->answered;
                                   if (to_start_ != 0)
                                       start(which);
                               });
    }

    const setting& with_;
    asio::io_context io_{1};
    raida::fanout<> network_;
    std::deque<raida::replies<>> answers_;
    std::size_t to_start_ = 0, deceived_ = 0;
    block* into_ = nullptr;
};

} // namespace

void measure_abuse(stage& on)
{
    const server_process honest = on.start_servers(), forging = on.start_servers({"--forge"});
    const setting with = on.prepare(honest, at_once), against = on.prepare(forging, at_once);
    std::vector<contestant_ptr> contestants;
    contestants.push_back(std::make_unique<abused>(with, "answers alone"));
    contestants.push_back(std::make_unique<abused>(against, "six forgeries before each answer"));
    const auto all = compete(contestants, at_once, {.rounds = on.rounds(16), .seconds = 0.25});
    table made{"abuse",
               "Sixteen fan-outs in flight, forged datagrams among the answers (ratio to the first line)",
               "what arrives",
               {{"p50_us", "p50 us", 0},
                {"p50_ratio", "ratio", 3},
                {"cpu_us", "CPU us", 1},
                {"cpu_ratio", "ratio", 3},
                {"dropped", "dropped", 0},
                {"deceived", "slots deceived", 0},
                {"lost", "slots lost", 0}}};
    for (const standing& one : all) {
        auto& who = static_cast<abused&>(*one.who);
        made.row(who.name(),
                 {median(one.p50), median_ratio(one.p50, all[0].p50), median(one.cpu),
                  median_ratio(one.cpu, all[0].cpu), who.dropped(), static_cast<double>(who.deceived()),
                  static_cast<double>(one.asked - one.answered)});
    }
    on.results.add(std::move(made));
    auto& target = static_cast<abused&>(*all[1].who);
    on.results.at_most("forged datagrams that were taken for an answer", 0,
                       static_cast<double>(target.deceived()), 0);
    on.results.at_most("slots that forgeries cost", 0, static_cast<double>(all[1].asked - all[1].answered),
                       0);
    const double forged = (median(all[1].cpu) - median(all[0].cpu)) / (raida::server_count * forgeries);
    on.results.at_most("dropping a forged datagram, x the time of a genuine request and its answer", 1,
                       forged / (median(all[0].cpu) / raida::server_count), 3);
}

} // namespace bench
