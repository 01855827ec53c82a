// The typed client: tokens in, verdicts out.
#ifndef RAIDA_CLIENT_HPP
#define RAIDA_CLIENT_HPP

#include <raida/client/call_options.hpp>
#include <raida/client/client.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/heal_options.hpp>
#include <raida/client/heal_record.hpp>
#include <raida/client/healing.hpp>
#include <raida/client/journal.hpp>
#include <raida/client/journal_sink.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/record.hpp>
#include <raida/client/settings.hpp>
#include <raida/client/transfer.hpp>
#include <raida/client/transfer_file.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/transport/resolve.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/transport/udp.hpp>

#endif // RAIDA_CLIENT_HPP
