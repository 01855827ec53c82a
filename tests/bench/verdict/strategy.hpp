// The ways of asking that are compared, and what is kept of each of their fan-outs.
#ifndef RAIDA_BENCH_VERDICT_STRATEGY_HPP
#define RAIDA_BENCH_VERDICT_STRATEGY_HPP

#include "world.hpp"

#include <raida/consensus.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/commands.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bench::verdict {

struct strategy
{
    std::string name;
    raida::request_options<> options{};
    raida::isolation_policy isolation{};
};

/// One fan-out.
struct result
{
    double ms = 0;
    std::size_t undecided = 0;    ///< tokens
    std::size_t false_alarms = 0; ///< deadlines that were over before an answer that did come
    std::size_t datagrams = 0;
    bool contested = false;
};

inline double to_ms(duration time) noexcept
{
    return std::chrono::duration<double, std::milli>{time}.count();
}

/// When somebody would stop waiting who knows which answers come, and when, but not what they say.
inline result ask_oracle(const batch& held, const trace& known, const raida::requests<>& packets)
{
    raida::replies<> so_far;
    so_far.reset();
    std::vector<std::pair<duration, std::size_t>> order;
    for (std::size_t server = 0; server < servers; ++server)
        if (known.arrivals[server])
            order.emplace_back(*known.arrivals[server], server);
        else
            so_far.fail(server, raida::errc::timed_out, {}, 1);
    std::sort(order.begin(), order.end());
    const raida::when_decided is_decided{tokens};
    result made{.datagrams = known.datagrams, .contested = held.is_contested()};
    for (const auto& [time, server] : order) {
        so_far.answer(server, held.answer(server, packets[server].bytes), true, time);
        made.ms = to_ms(time);
        if (is_decided(so_far))
            break;
    }
    const auto result = raida::aggregate(so_far, tokens);
    for (std::size_t token = 0; token < tokens; ++token)
        made.undecided += result.verdict(token) == raida::verdict::undecided ? 1 : 0;
    return made;
}

/// One engine in one world.
class runner
{
  public:
    runner(const strategy& how, std::uint64_t seed, std::size_t number)
        : how_{how},
          seed_{seed},
          number_{number},
          world_{seed, number},
          commands_{{}, random_for(seed, number, 3)},
          batch_{raida::testing::make_tokens(tokens, number)}
    {
        raida::limits allowed;
        allowed.isolation = how.isolation;
        net_.reads_at_rest = false;
        engine_.emplace(net_, raida::loopback(), allowed);
    }

    /// Asks, and compares every verdict with the truth. `oracle`: what it would have made of the same
    /// datagrams.
    result ask(std::size_t fanout, result& oracle)
    {
        net_.run_for(world_.pause_before(fanout));
        const batch held{seed_, number_, fanout};
        const auto packets = commands_.detect(batch_);
        const auto began = net_.now();
        trace noted;
        std::array<std::size_t, servers> attempts{};
        net_.on_request = [&](const auto& request) {
            world_.on_request(request, held, fanout, attempts[request.server]++, net_.now() - began, noted);
        };
        std::optional<duration> took;
        raida::replies<> got;
        engine_->async_request(packets, got, how_.options, [&](std::error_code error) {
            if (error)
                throw std::system_error{error, how_.name};
            took = net_.now() - began;
        });
        while (!took)
            net_.run_for(std::chrono::milliseconds{100});
        net_.on_request = nullptr;
        oracle = ask_oracle(held, noted, packets);
        return judge(held, got, noted, *took);
    }

  private:
    result judge(const batch& held, const raida::replies<>& got, const trace& noted, duration took) const
    {
        result made{.ms = to_ms(took), .datagrams = noted.datagrams, .contested = held.is_contested()};
        const auto found = raida::aggregate(got, tokens);
        for (std::size_t token = 0; token < tokens; ++token) {
            const auto verdict = found.verdict(token);
            made.undecided += verdict == raida::verdict::undecided ? 1 : 0;
            if (verdict != raida::verdict::undecided && verdict != held.truth(token))
                throw std::logic_error{how_.name + ": a wrong verdict"};
        }
        for (const raida::reply& one : got)
            made.false_alarms += one.error == raida::errc::timed_out && noted.arrivals[one.server] ? 1 : 0;
        return made;
    }

    strategy how_;
    std::uint64_t seed_;
    std::size_t number_;
    world world_;
    raida::testing::simulation net_;
    std::optional<raida::fanout<servers, raida::testing::simulated_transport>> engine_;
    raida::commands<servers, seeded_random> commands_;
    std::vector<raida::token> batch_;
};

} // namespace bench::verdict

#endif // RAIDA_BENCH_VERDICT_STRATEGY_HPP
