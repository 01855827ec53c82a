// What one embedded server insists on: the settings that real servers have in their configuration.
#ifndef RAIDA_TESTING_SERVER_RULES_HPP
#define RAIDA_TESTING_SERVER_RULES_HPP

#include <raida/wire/packet.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace raida::inline v1::testing {

/// A server's settings.
struct server_rules
{
    std::uint16_t coin = default_coin; ///< others are answered with status::invalid_coin_id

    /// Datagrams are read up to this size (measured: 1,440 on the public network, 1,024 where nothing is
    /// configured); what was longer is then too short for its body: status::invalid_packet_length.
    std::size_t datagram_limit = 1440;

    /// What version answers: 8 digits (measured). Empty: 250 without a text.
    std::string version = "20250323";

    /// True, as real servers do it: serial numbers 67,108,864 apart name the same record, so that one token
    /// passes under 64 serial numbers. False: they are unknown tokens.
    bool alias_serials = true;

    /// How answers are encrypted, where testing/encryption.hpp has taught the servers that (measured: both
    /// exist). False: the counter begins again at the request's. True: it goes on after the request's blocks.
    bool counter_goes_on = false;

    /// How often changes are written to disk (measured: 5 to 300 s, as configured): what a server has changed
    /// since then it has forgotten when it is killed. Zero: at once.
    std::chrono::nanoseconds flush_interval = std::chrono::seconds{5};

    /// Two powns of one page (1,024 serial numbers) within this time race: what the first has changed there
    /// is lost, though it was answered 241 (measured: it happens). Zero: never.
    std::chrono::nanoseconds page_race{};

    /// How often a request kills the server whose last encrypted block has 1 to 6 bytes, which is so with
    /// detect, pown and find where the number of tokens mod 16 is 1, 4, 7, 10, 13 or 14 (measured: servers
    /// that use their processor's AES instructions decrypt whole blocks and die within some such requests).
    double overrun_kills = 0;

    /// The execution time that answers state is drawn evenly between these, which are included.
    std::chrono::microseconds least_execution_time{20};
    std::chrono::microseconds most_execution_time{200}; ///< the longest
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_SERVER_RULES_HPP
