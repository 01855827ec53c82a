// The engine: N requests out, N replies back.
#ifndef RAIDA_FANOUT_HPP
#define RAIDA_FANOUT_HPP

#include <raida/base/condition.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/version.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/event.hpp>
#include <raida/engine/learning.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/engine/retry.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/engine/transport.hpp>
#include <raida/fanout/fanout.hpp>
#include <raida/fanout/request_all.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/transport/udp.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/request.hpp>
#include <raida/wire/status.hpp>

#endif // RAIDA_FANOUT_HPP
