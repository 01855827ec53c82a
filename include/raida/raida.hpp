// Everything but encryption (crypto.hpp) and the embedded servers (testing/).
#ifndef RAIDA_RAIDA_HPP
#define RAIDA_RAIDA_HPP

#include <raida/authenticity_number.hpp>
#include <raida/bitfield.hpp>
#include <raida/challenge.hpp>
#include <raida/commands.hpp>
#include <raida/completion.hpp>
#include <raida/consensus.hpp>
#include <raida/deadlines.hpp>
#include <raida/errc.hpp>
#include <raida/fanout.hpp>
#include <raida/packet.hpp>
#include <raida/parse_error.hpp>
#include <raida/reply.hpp>
#include <raida/request.hpp>
#include <raida/request_options.hpp>
#include <raida/servers.hpp>
#include <raida/statistics.hpp>
#include <raida/status.hpp>
#include <raida/token.hpp>
#include <raida/transport/udp.hpp>
#include <raida/version.hpp>

#endif // RAIDA_RAIDA_HPP
