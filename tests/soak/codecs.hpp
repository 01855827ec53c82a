// How a seed's client has its bodies travel: in the clear, or sealed (sealed.hpp).
#ifndef RAIDA_TESTS_SOAK_CODECS_HPP
#define RAIDA_TESTS_SOAK_CODECS_HPP

#include "seed.hpp"
#include "transport.hpp"

#include <raida/client.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>

#include <optional>
#include <utility>

namespace soak {

template <class Codec>
using client_of = raida::basic_client<25, transport, Codec, raida::testing::seeded_random>;

struct in_the_clear
{
    using codec = raida::plain;

    in_the_clear(dice&, raida::testing::simulated_fleet&) {}
    [[nodiscard]] codec make(dice&) const { return {}; }
};

/// A seed's next client: what is drawn for it is drawn in the same order whoever compiles this.
template <class Bodies>
void open(std::optional<client_of<typename Bodies::codec>>& client, dice& with, const Bodies& bodies,
          raida::testing::simulation& world, const raida::server_list<>& servers,
          raida::client_settings<> settings)
{
    const bool connects = with.chance(0.2);
    auto codec = bodies.make(with);
    client.emplace(transport{world, connects}, servers, std::move(settings), std::move(codec),
                   raida::testing::seeded_random{with.number()});
}

} // namespace soak

#endif // RAIDA_TESTS_SOAK_CODECS_HPP
