// Bodies that travel sealed, to servers of both habits.
#ifndef RAIDA_TESTS_SOAK_SEALED_HPP
#define RAIDA_TESTS_SOAK_SEALED_HPP

#include "codecs.hpp"

#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/tokens.hpp>

namespace soak {

class under_seal
{
  public:
    using codec = raida::basic_sealed<25, raida::testing::seeded_random>;

    under_seal(dice& with, raida::testing::simulated_fleet& servers)
        : key_{raida::testing::make_tokens(1, with.number())[0]}
    {
        raida::testing::enable_encryption(servers);
        servers.add(key_);
        for (std::size_t server = 0; server < servers.size(); ++server) {
            auto rules = servers.rules(server);
            rules.counter_goes_on = with.chance(0.5);
            servers.set_rules(server, rules);
        }
    }
    [[nodiscard]] codec make(dice& with) const
    {
        return codec{key_, raida::serial_limit, raida::testing::seeded_random{with.number()}};
    }

  private:
    raida::token key_;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_SEALED_HPP
