// A believable network of 25 servers, the same for every strategy: each draw depends only on the world, the
// fan-out, the server and the attempt.
#ifndef RAIDA_BENCH_VERDICT_WORLD_HPP
#define RAIDA_BENCH_VERDICT_WORLD_HPP

#include <raida/consensus.hpp>
#include <raida/testing/latency.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace bench::verdict {

inline constexpr std::size_t servers = raida::server_count;
inline constexpr std::size_t tokens = 36;
using duration = std::chrono::nanoseconds;
using raida::testing::seeded_random;

inline seeded_random random_for(std::uint64_t seed, std::size_t a, std::size_t b = 0, std::size_t c = 0)
{
    for (const std::size_t part : {std::size_t{0}, a, b, c})
        seed = seeded_random{seed ^ part}();
    return seeded_random{seed};
}

/// What the servers hold of one batch. Most batches are sound and every server passes them all. The others
/// have two counterfeits and three tokens whose number 4 to 10 servers do not have.
class batch
{
  public:
    batch(std::uint64_t seed, std::size_t world, std::size_t number)
    {
        seeded_random random = random_for(seed, world, number, 1000);
        for (auto& holders : holders_)
            holders.set();
        contested_ = random.chance(0.4);
        if (!contested_)
            return;
        for (std::size_t token = 0; token < 2; ++token)
            holders_[token].reset();
        for (std::size_t token = 2; token < 5; ++token)
            for (auto wrong = 4 + random.below(7); wrong != 0;)
                if (const auto server = random.below(servers); holders_[token][server]) {
                    holders_[token].reset(server);
                    --wrong;
                }
    }

    [[nodiscard]] bool is_contested() const noexcept { return contested_; }

    [[nodiscard]] raida::verdict truth(std::size_t token) const noexcept
    {
        return holders_[token].none() ? raida::verdict::counterfeit : raida::verdict::authentic;
    }

    /// The answer of a server as real ones write it.
    [[nodiscard]] std::vector<std::uint8_t> answer(std::size_t server, raida::bytes_view request) const
    {
        std::array<std::uint8_t, (tokens + 7) / 8> bits{};
        std::size_t passes = 0;
        for (std::size_t token = 0; token < tokens; ++token)
            if (holders_[token][server]) {
                bits[token / 8] = static_cast<std::uint8_t>(bits[token / 8] | 1U << token % 8);
                ++passes;
            }
        const bool is_mixed = passes != 0 && passes != tokens;
        raida::response_header header;
        header.server = static_cast<std::uint8_t>(server);
        header.status = is_mixed ? raida::status::mixed
                        : passes ? raida::status::all_pass
                                 : raida::status::all_fail;
        header.group = request[4];
        header.echo = raida::request_header::parse(request)->echo();
        header.body_size = is_mixed ? bits.size() + raida::terminator_size : 0;
        header.execution_time = std::chrono::microseconds{80};
        std::copy_n(request.begin() + raida::header_size, header.signature.size(), header.signature.begin());
        std::vector<std::uint8_t> bytes(raida::header_size + header.body_size, raida::terminator_byte);
        header.write(bytes.data());
        if (is_mixed)
            std::copy(bits.begin(), bits.end(), bytes.begin() + raida::header_size);
        return bytes;
    }

  private:
    std::array<std::bitset<servers>, tokens> holders_;
    bool contested_ = false;
};

/// What came of one fan-out's datagrams, known to nobody but the oracle.
struct trace
{
    std::array<std::optional<duration>, servers> arrivals{}; ///< of the first answer, counted from the start
    std::size_t datagrams = 0;
};

class world
{
  public:
    static constexpr double loss = 0.01; // each way

    world(std::uint64_t seed, std::size_t number) : seed_{seed}, number_{number}
    {
        seeded_random random = random_for(seed, number);
        std::array<double, servers> medians;
        for (std::size_t i = 0; i < servers; ++i)
            medians[i] = 20e6 + 280e6 * static_cast<double>(i) / (servers - 1);
        for (std::size_t i = servers - 1; i != 0; --i)
            std::swap(medians[i], medians[random.below(i + 1)]);
        for (std::size_t i = 0; i < servers; ++i)
            delays_[i] = raida::testing::latency::log_normal(duration{static_cast<std::int64_t>(medians[i])},
                                                             0.05 + 0.2 * random.unit());
        dead_ = random.below(servers);
        silent_ = (dead_ + 1 + random.below(servers - 1)) % servers;
    }

    /// How long the user thinks before this fan-out.
    [[nodiscard]] duration pause_before(std::size_t fanout) const
    {
        seeded_random random = random_for(seed_, number_, fanout, 2000);
        return raida::testing::latency::uniform(duration{}, std::chrono::seconds{2}).draw(random);
    }

    /// One datagram of a fan-out that began `since` ago.
    void on_request(const raida::testing::simulated_request& request, const batch& held, std::size_t fanout,
                    std::size_t attempt, duration since, trace& noted) const
    {
        ++noted.datagrams;
        seeded_random random = random_for(seed_, number_, fanout, request.server + servers * attempt);
        const bool lost = random.unit() < loss || random.unit() < loss;
        const duration delay = delays_[request.server].draw(random);
        if (lost || request.server == silent_)
            return;
        if (request.server == dead_)
            return request.fail(delay, std::make_error_code(std::errc::connection_refused));
        auto& arrival = noted.arrivals[request.server];
        arrival = std::min(arrival.value_or(duration::max()), since + delay);
        request.reply(delay, held.answer(request.server, request.bytes));
    }

  private:
    std::uint64_t seed_;
    std::size_t number_;
    std::array<raida::testing::latency, servers> delays_;
    std::size_t dead_ = 0, silent_ = 0;
};

} // namespace bench::verdict

#endif // RAIDA_BENCH_VERDICT_WORLD_HPP
