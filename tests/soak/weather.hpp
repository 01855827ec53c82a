// How 25 servers and the ways to them are: some good, some bad, up to twelve that lie, some with a mirror.
#ifndef RAIDA_TESTS_SOAK_WEATHER_HPP
#define RAIDA_TESTS_SOAK_WEATHER_HPP

#include "seed.hpp"

#include <raida/testing/manners.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/wire/token.hpp>

#include <asio/error.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace soak {

/// Draws how one server is. `bad`: how likely each fault is.
inline raida::testing::manners draw_manners(dice& with, double bad)
{
    const auto some = [&] { return with.chance(0.3) ? bad * static_cast<double>(with.below(100)) / 100 : 0; };
    raida::testing::manners how;
    how.delay = raida::testing::latency::uniform(0ms, with.between(0ms, 300ms));
    how.silent = with.chance(bad * 0.1);
    how.closed = with.chance(bad * 0.1);
    how.lose_requests = some();
    how.lose_replies = some();
    how.repeat_requests = some();
    how.forged = some();
    how.stale = some();
    how.wrong_echo = some();
    how.wrong_server = some();
    how.truncated = some();
    how.garbage = some();
    how.oversize = some();
    how.foreign = some();
    how.then_right = with.chance(0.5);
    how.duplicated = some();
    how.hold_back = with.chance(bad * 0.3) ? 2 : 0;
    if (with.chance(bad * 0.2)) {
        using raida::status;
        static constexpr status what[] = {status::invalid_packet_length, status::invalid_crc,
                                          status::internal, status::invalid_coin_id,
                                          status::invalid_serial_or_denomination};
        how.answer = raida::testing::forced_answer::as_measured(what[with.below(std::size(what))]);
        how.answer_rate = with.chance(0.5) ? 1 : 0.3;
    }
    return how;
}

/// The servers of a seed. What they call a mirror is a second way to the same server.
struct weather
{
    static constexpr std::size_t n = raida::server_count;
    static constexpr std::uint16_t mirrors = 19'000; ///< the port of the first one
    enum class way : std::uint8_t
    {
        open,
        silent,
        refusing
    };

    std::array<bool, n> good{}; ///< it does nothing wrong, and is fast
    std::array<bool, n> lies{}; ///< what it says is not to be believed
    std::size_t liars = 0;
    std::array<way, n> primary{}, mirror{};
    bool has_mirrors = false;

    /// Whose port is it, the mirror's or its own?
    static std::size_t server_at(const asio::ip::udp::endpoint& address)
    {
        return static_cast<std::size_t>(address.port() % 1'000);
    }

    void draw(dice& with, raida::testing::simulation& world, raida::testing::simulated_fleet& fleet,
              std::size_t most_liars)
    {
        const double bad = static_cast<double>(with.below(11)) / 10;
        liars = with.chance(0.5) ? with.below(most_liars + 1) : 0;
        for (std::size_t left = liars; left > 0;)
            left -= std::exchange(lies[with.below(n)], true) ? 0 : 1;
        for (std::size_t server = 0; server < n; ++server) {
            good[server] = !with.chance(bad);
            if (!good[server])
                fleet.set(server, draw_manners(with, bad));
        }
        has_mirrors = with.chance(0.3);
        for (std::size_t server = 0; has_mirrors && server < n; ++server) {
            primary[server] = draw_way(with);
            mirror[server] = draw_way(with);
            good[server] = good[server] && primary[server] == way::open;
        }
        world.on_request = [this, &fleet, servers = std::move(world.on_request)](auto request) {
            const std::size_t server = server_at(request.endpoint);
            const way taken = (request.endpoint.port() < mirrors ? primary : mirror)[server];
            request.endpoint = fleet.endpoint(server);
            if (taken == way::open)
                servers(request);
            else if (taken == way::refusing)
                request.fail(20ms, asio::error::connection_refused);
        };
    }

    /// All ways are open from now on.
    void clear_up()
    {
        primary.fill(way::open);
        mirror.fill(way::open);
    }

    [[nodiscard]] raida::server_list<n> servers(const raida::testing::simulated_fleet& fleet) const
    {
        auto list = fleet.servers();
        for (std::size_t server = 0; has_mirrors && server < n; ++server)
            list.set_mirror(server,
                            {fleet.endpoint(server).address(), static_cast<std::uint16_t>(mirrors + server)});
        return list;
    }

    [[nodiscard]] std::size_t good_and_honest() const
    {
        std::size_t count = 0;
        for (std::size_t server = 0; server < n; ++server)
            count += good[server] && !lies[server] ? 1 : 0;
        return count;
    }

  private:
    static way draw_way(dice& with)
    {
        return with.chance(0.7) ? way::open : with.chance(0.5) ? way::silent : way::refusing;
    }
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_WEATHER_HPP
