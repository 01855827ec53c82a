// Everything but encryption (crypto.hpp) and the embedded servers (testing/).
#ifndef RAIDA_RAIDA_HPP
#define RAIDA_RAIDA_HPP

#include <raida/authenticity_number.hpp>
#include <raida/batch_tally.hpp>
#include <raida/bitfield.hpp>
#include <raida/challenge.hpp>
#include <raida/client.hpp>
#include <raida/client_settings.hpp>
#include <raida/codec.hpp>
#include <raida/commands.hpp>
#include <raida/completion.hpp>
#include <raida/consensus.hpp>
#include <raida/deadlines.hpp>
#include <raida/errc.hpp>
#include <raida/fanout.hpp>
#include <raida/hosts.hpp>
#include <raida/journal.hpp>
#include <raida/learning.hpp>
#include <raida/packet.hpp>
#include <raida/parse_error.hpp>
#include <raida/pown_options.hpp>
#include <raida/record.hpp>
#include <raida/reply.hpp>
#include <raida/request.hpp>
#include <raida/request_options.hpp>
#include <raida/server_list.hpp>
#include <raida/servers.hpp>
#include <raida/statistics.hpp>
#include <raida/status.hpp>
#include <raida/token.hpp>
#include <raida/transfer.hpp>
#include <raida/transport/udp.hpp>
#include <raida/version.hpp>

#endif // RAIDA_RAIDA_HPP
