// A whole network of servers on the virtual network: the same servers as a fleet's, in virtual time.
#ifndef RAIDA_TESTING_SIMULATED_FLEET_HPP
#define RAIDA_TESTING_SIMULATED_FLEET_HPP

#include <raida/testing/detail/simulated_core.hpp>
#include <raida/testing/fleet_controls.hpp>
#include <raida/testing/simulated_fleet_options.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/packet.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace raida::inline v1::testing {

/// N servers as basic_fleet has them, manners included, on a simulation's network and clock: no sockets, no
/// sleeping, and the same run every time.
///
///     raida::testing::simulation world;
///     raida::testing::simulated_fleet servers{world};
///     servers.add(raida::testing::make_tokens(200));
///     servers.set(3, {.silent = true});
///     raida::basic_client<25, raida::testing::simulated_transport> client{
///         raida::testing::simulated_transport{world}, servers.servers()};
///     client.async_detect(tokens, handler);
///     world.run();
///
/// Several fleets may share one network at different ports, as mirrors of each other say; what is sent to
/// other addresses goes to whatever simulation::on_request was before. `closed` and killed servers refuse
/// after a round trip. Answers from a foreign port never reach a client, whose sockets are connected.
///
/// Errors: std::system_error where there are no such ports; server numbers beyond N throw std::out_of_range.
/// Executor: that of the simulation. Object lifetimes: the simulation must outlive it; it may be destroyed at
/// any moment, after which its servers are silent. Thread safety: none, as the simulation.
template <std::size_t N = server_count>
class basic_simulated_fleet : public fleet_controls<N, detail::simulated_core>
{
    using controls = fleet_controls<N, detail::simulated_core>;

  public:
    /// Starts all servers.
    explicit basic_simulated_fleet(simulation& world, simulated_fleet_options options = {})
        : controls{std::make_shared<detail::simulated_core>(world, N, std::move(options))}
    {
        controls::start();
        controls::core()->join();
    }
};

/// The 25 servers.
using simulated_fleet = basic_simulated_fleet<>;

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_SIMULATED_FLEET_HPP
