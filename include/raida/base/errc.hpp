// The library's own errors: what can end a slot, and why a call or an input was refused.
#ifndef RAIDA_BASE_ERRC_HPP
#define RAIDA_BASE_ERRC_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/detail/visible.hpp>
#include <raida/base/printing.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// The library's errors. The operating system's own (connection_refused, operation_aborted, ...) keep their
/// category.
enum class errc
{
    // Of one slot (reply::error); the other slots are not touched.
    pending = 1, ///< asked, no answer yet; never seen in a completed fan-out
    skipped,     ///< left out by the caller: its packet was empty
    no_endpoint, ///< the server list has no address for this server
    timed_out,   ///< no answer before the deadline
    not_awaited, ///< the fan-out was complete before this server's answer came
    oversize,    ///< the answer was larger than max_reply
    overloaded,  ///< no place in the server's lane became free in time: never sent
    isolated,    ///< left out by the engine: the server failed again and again

    // Of a call: nothing was sent, the engine stays usable.
    wrong_packet_count, ///< not exactly one packet per server
    packet_too_large,   ///< more bytes than one datagram can carry
    malformed_packet,   ///< not a request: shorter than a header and terminator
    invalid_deadline,   ///< a deadline that is not positive, or longer than an hour
    invalid_quorum,     ///< a quorum at or under half of the servers, or above all of them
    indistinguishable,  ///< a request in flight to the same server has the same echo and signature
    queue_full,         ///< more fan-outs in flight than the engine's limit
    not_idempotent,     ///< a retry was asked for a command that must not be repeated
    engine_stopped,     ///< the engine was destroyed before the operation started

    // Of an input, refused where it is built or parsed.
    no_tokens,             ///< a token count of zero
    too_many_tokens,       ///< more tokens than one request can carry
    duplicate_token,       ///< the same denomination and serial number twice
    invalid_serial_number, ///< a serial number at or over the limit: it would alias another record
    invalid_denomination,  ///< a denomination outside -8..6: it would alias another record
    invalid_authenticity,  ///< an authenticity number that cannot be one, or is missing
    wrong_server_count,    ///< a server list without exactly one entry per server
    invalid_address,       ///< not host:port, or a host that is no address
    invalid_port,          ///< port 0, or a number that is no port
    invalid_server,        ///< a server number that no server has
    duplicate_server,      ///< the same server named twice
    malformed_line,        ///< a line that fits none of the known forms
    malformed_response,    ///< bytes that are no response of this command
    no_randomness,         ///< the operating system gave no random bytes
    key_in_batch,          ///< the token that encrypts a pown is one of those that it changes
    plain_pown,            ///< a pown that is not encrypted, without the caller having said that it may be
    encryption_failed,     ///< the cryptographic library could not encrypt
    journal_failed,        ///< the caller's journal did not take a record: nothing was sent
    journal_in_use,        ///< another process, or another object, has this journal
    journal_unfinished,    ///< a journal whose transfer is not over: recover it first
    other_coin,            ///< a journal of another coin than the client's
    other_servers,         ///< a journal whose servers are mostly not the client's
    truncated,             ///< a text that ends before its end
    damaged,               ///< a text whose checksum or count does not fit
    unknown_format,        ///< a file that is nothing known
    unsupported_format,    ///< recognised, but not usable as it is: parse_error::field says what it is
    legacy_token,          ///< a token of the old network, which today's servers cannot be asked about
    missing_server,        ///< a server list that leaves out a few servers: the others can be used
};

namespace detail {

constexpr std::string_view describe(errc error) noexcept
{
    using enum errc;
    return name_of(
        error, "unknown raida error",
        {{pending, "no answer yet"},
         {skipped, "server left out by the caller"},
         {no_endpoint, "no address for this server"},
         {timed_out, "no answer before the deadline"},
         {not_awaited, "answer no longer awaited"},
         {oversize, "answer larger than allowed"},
         {overloaded, "no place in the lane in time, never sent"},
         {isolated, "server left out after repeated failures"},
         {wrong_packet_count, "not exactly one packet per server: leave a server out with an empty one"},
         {packet_too_large, "packet larger than a datagram"},
         {malformed_packet, "packet is no request: raida::commands builds them"},
         {invalid_deadline, "a deadline must be positive and at most an hour"},
         {invalid_quorum, "quorum must be more than half of the servers and at most all"},
         {indistinguishable, "two requests in flight could not be told apart: build each one afresh"},
         {queue_full, "too many fan-outs in flight: wait for some to end"},
         {not_idempotent, "this command must not be sent twice: ask without a retry"},
         {engine_stopped, "the engine was destroyed"},
         {no_tokens, "no tokens"},
         {too_many_tokens, "more tokens than one request can carry: raida::client splits them"},
         {duplicate_token, "the same token twice"},
         {invalid_serial_number, "serial number out of range (by default under 1024000)"},
         {invalid_denomination, "denomination out of range (-8 to 6)"},
         {invalid_authenticity, "authenticity number missing or unusable"},
         {wrong_server_count, "not exactly one address per server"},
         {invalid_address, "not an address of the form host:port"},
         {invalid_port, "not a port (1 to 65535)"},
         {invalid_server, "no server has this number"},
         {duplicate_server, "the same server twice"},
         {malformed_line, "line of unknown form"},
         {malformed_response, "not a response to this command"},
         {key_in_batch, "the key token is one of the tokens to be changed: take another one"},
         {plain_pown,
          "not encrypted, which shows the new numbers: take raida::sealed_client, or allow_plain_pown"},
         {encryption_failed, "encryption failed"},
         {journal_failed, "the journal did not take a record, or there is none"},
         {journal_in_use, "the journal is in use by another program, or twice in this one"},
         {journal_unfinished, "the journal holds a transfer that is not finished: recover it first"},
         {other_coin, "the journal is of another coin than the client's"},
         {other_servers, "the journal is of other servers"},
         {truncated, "cut off: the rest is missing"},
         {damaged, "damaged: it does not fit what comes before"},
         {unknown_format, "not a known format"},
         {unsupported_format, "recognised, but of no use as it is"},
         {legacy_token, "a token of the old network: it must be converted first"},
         {missing_server, "missing, all others can be used"},
         {no_randomness, "no random bytes from the operating system"}});
}

class RAIDA_VISIBLE error_category final : public std::error_category
{
  public:
    [[nodiscard]] const char* name() const noexcept override { return "raida"; }
    [[nodiscard]] std::string message(int value) const override
    {
        return std::string{describe(static_cast<errc>(value))};
    }

    // So that portable code may test for std::errc, whichever layer gave up.
    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override
    {
        switch (static_cast<errc>(value)) {
        case errc::timed_out:
            return std::errc::timed_out;
        case errc::oversize:
        case errc::packet_too_large:
            return std::errc::message_size;
        case errc::overloaded:
        case errc::queue_full:
            return std::errc::resource_unavailable_try_again;
        case errc::no_endpoint:
            return std::errc::destination_address_required;
        case errc::malformed_response:
            return std::errc::bad_message;
        case errc::not_idempotent:
        case errc::plain_pown:
            return std::errc::operation_not_permitted;
        case errc::journal_in_use:
            return std::errc::device_or_resource_busy;
        case errc::unsupported_format:
            return std::errc::not_supported;
        case errc::wrong_packet_count:
        case errc::malformed_packet:
        case errc::invalid_deadline:
        case errc::invalid_quorum:
        case errc::indistinguishable:
        case errc::no_tokens:
        case errc::too_many_tokens:
        case errc::duplicate_token:
        case errc::invalid_serial_number:
        case errc::invalid_denomination:
        case errc::invalid_authenticity:
        case errc::wrong_server_count:
        case errc::invalid_address:
        case errc::invalid_port:
        case errc::invalid_server:
        case errc::duplicate_server:
        case errc::key_in_batch:
            return std::errc::invalid_argument;
        default:
            return {value, *this};
        }
    }
};

} // namespace detail

/// The category of raida::errc.
RAIDA_VISIBLE inline const std::error_category& error_category() noexcept
{
    static const detail::error_category instance;
    return instance;
}

namespace detail {

/// Is it an errc, in whichever module of the program it was made? One that hides its symbols may have a
/// category object of its own.
inline bool is_own(const std::error_code& error) noexcept
{
    return error.category() == error_category() || is_of(error, "raida");
}

} // namespace detail

/// For conversions to std::error_code.
inline std::error_code make_error_code(errc error) noexcept
{
    return {static_cast<int>(error), error_category()};
}

/// Holds between modules, too.
template <std::same_as<std::error_code> Code, std::same_as<errc> What> // nothing converts to them
[[nodiscard]] bool operator==(const Code& error, What what) noexcept
{
    return error.value() == static_cast<int>(what) && detail::is_own(error);
}

} // namespace raida::inline v1

template <>
struct std::is_error_code_enum<raida::errc> : std::true_type
{};

#endif // RAIDA_BASE_ERRC_HPP
