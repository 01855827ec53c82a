// How one request to one server went: what public clients record.
#ifndef RAIDA_CLIENT_RECORD_HPP
#define RAIDA_CLIENT_RECORD_HPP

#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>

namespace raida::inline v1 {

/// The members stand in the order of the columns that public clients write. No secrets.
struct request_record
{
    std::size_t server = 0;                                 ///< whom
    command_code command{};                                 ///< what
    std::chrono::system_clock::time_point timestamp{};      ///< when the request was handed to the engine
    std::optional<std::chrono::nanoseconds> last_echo{};    ///< round trip of this server's last echo, if any
    std::chrono::nanoseconds timeout{};                     ///< the deadline of its first attempt
    std::size_t bytes_sent = 0;                             ///< of one attempt
    std::size_t bytes_returned = 0;                         ///< 0 without an answer
    std::chrono::nanoseconds total{};                       ///< from the last send to the answer or failure
    std::optional<std::chrono::microseconds> server_time{}; ///< what the server says that it took
    bool timed_out = false;                                 ///< its deadline passed

    // Beyond the public columns:
    unsigned attempts = 0;                 ///< datagrams sent
    std::optional<raida::status> answer{}; ///< nothing: it did not answer
    bool verified = false;                 ///< the answer carries the server's signature
    std::optional<raida::status> hint{};   ///< why the server is silent, perhaps: see reply::hint
    std::error_code error{};               ///< why not
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_RECORD_HPP
