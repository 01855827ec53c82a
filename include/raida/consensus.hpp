// From the servers' answers to one result per token. No Asio.
#ifndef RAIDA_CONSENSUS_HPP
#define RAIDA_CONSENSUS_HPP

#include <raida/base/condition.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/version.hpp>
#include <raida/consensus/aggregate.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/consensus/find_tally.hpp>
#include <raida/consensus/grade.hpp>
#include <raida/consensus/options.hpp>
#include <raida/consensus/tally.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>

#endif // RAIDA_CONSENSUS_HPP
