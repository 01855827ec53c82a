// The embedded servers, and a virtual network and clock. Sealed answers: testing/encryption.hpp (OpenSSL).
#ifndef RAIDA_TESTING_HPP
#define RAIDA_TESTING_HPP

#include <raida/testing/body_cipher.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/testing/fleet_controls.hpp>
#include <raida/testing/fleet_options.hpp>
#include <raida/testing/latency.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulated_fleet_options.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tcp_fleet.hpp>
#include <raida/testing/tcp_manners.hpp>
#include <raida/testing/tokens.hpp>

#endif // RAIDA_TESTING_HPP
