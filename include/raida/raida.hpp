// Everything but encryption (crypto.hpp), TCP (transport/tcp.hpp) and the embedded servers (testing.hpp).
#ifndef RAIDA_RAIDA_HPP
#define RAIDA_RAIDA_HPP

#include <raida/client.hpp>
#include <raida/consensus.hpp>
#include <raida/engine/prometheus.hpp>
#include <raida/fanout.hpp>
#include <raida/wire.hpp>

#endif // RAIDA_RAIDA_HPP
