// A vote that came by other ways than this library's engine.
#ifndef RAIDA_CONSENSUS_ANSWER_HPP
#define RAIDA_CONSENSUS_ANSWER_HPP

#include <raida/base/bytes.hpp>
#include <raida/wire/status.hpp>

#include <cstddef>

namespace raida::inline v1 {

/// One server's answer without a datagram, for votes that came by other ways than this library's engine.
struct answer
{
    std::size_t server = 0; ///< its id
    raida::status status{}; ///< what it says
    bytes_view body{};      ///< without terminator; only looked at when the status is MIXED
    bool verified = true;   ///< its signature was checked; a vote that is not verified does not count
};

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_ANSWER_HPP
