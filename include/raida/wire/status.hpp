// Every status that a server can answer with: its number, its name, what kind of answer it is.
#ifndef RAIDA_WIRE_STATUS_HPP
#define RAIDA_WIRE_STATUS_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/detail/visible.hpp>
#include <raida/base/printing.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// The third byte of a response. Any other number may arrive too, and is shown as what it is.
enum class status : std::uint8_t
{
    no_error = 0,
    invalid_cloud_id = 1,
    invalid_split_id = 2,
    invalid_raida_id = 3,
    invalid_shard_id = 4,
    invalid_command_group = 5,
    invalid_command = 6,
    invalid_coin_id = 7,
    coin_not_found = 8,
    invalid_frame_count = 15,
    invalid_packet_length = 16,
    frame_timeout = 17,
    wrong_raida = 18,
    shard_not_available = 20,
    key_token_not_found = 25,
    invalid_encryption_code = 27,
    invalid_terminator = 33,
    invalid_encryption = 34,
    empty_request = 36,
    invalid_crc = 37,
    admin_authentication = 38,
    invalid_token_record_length = 39,
    invalid_serial_or_denomination = 40,
    page_not_reserved = 41,
    no_ticket_slot = 42,
    ticket_not_found = 43,
    ticket_claimed = 44,
    too_many_tokens = 45,
    invalid_shard = 46,
    delete_failed = 47,
    legacy_database = 48,
    crossover_full = 49,
    trade_coin = 50,
    trade_locker_not_found = 51,
    no_private_key = 52,
    not_implemented = 89,
    bad_coins = 90,
    trade_locker_exists = 148,
    no_trade_locker = 149,
    waiting = 150,
    no_btc = 152,
    few_coins_in_locker = 153,
    locker_used = 154,
    request_rate = 160,
    payment_processing = 167,
    payment_insufficient = 168,
    payment_required = 169,
    processed = 177,
    crypto_connect = 178,
    locker_empty = 179,
    proxy_connect = 180,
    price = 181,
    no_coins = 182,
    transaction_seen = 183,
    no_record = 184,
    no_domain = 185,
    unknown = 186,
    proxy = 187,
    key_build = 188,
    backend = 189,
    transaction_empty = 190,
    no_transaction = 191,
    amount_mismatch = 192,
    no_entry = 193,
    file_system = 194,
    key_start = 195,
    key_length = 196,
    coin_load = 197,
    parameter = 198,
    invalid_new_authenticity = 199,
    invalid_authenticity = 200,
    file_exists = 201,
    no_file = 202,
    transaction_format = 203,
    blockchain_or_hmac = 204,
    assemble = 205,
    raida_timeout = 206,
    raida_connection = 207,
    find_neither = 208,
    find_all_authenticity = 209,
    find_all_new_authenticity = 210,
    find_mixed = 211,
    secret_not_found = 212,
    cs_id = 213,
    key_derivation = 214,
    key_id = 215,
    key_not_found = 216,
    all_pass = 241,
    all_fail = 242,
    mixed = 243,
    success = 250,
    internal = 252,
    network = 253,
    memory = 254,
    routing = 255,
};

namespace detail {

inline constexpr auto status_names = [] {
    std::array<const char*, 256> names{};
    const auto name = [&names](status what, const char* text) {
        names[static_cast<std::size_t>(what)] = text;
    };
    name(status::no_error, "no error");
    name(status::invalid_cloud_id, "invalid cloud id");
    name(status::invalid_split_id, "invalid split id");
    name(status::invalid_raida_id, "invalid RAIDA id");
    name(status::invalid_shard_id, "invalid shard id");
    name(status::invalid_command_group, "invalid command group");
    name(status::invalid_command, "invalid command");
    name(status::invalid_coin_id, "invalid coin id");
    name(status::coin_not_found, "coin not found");
    name(status::invalid_frame_count, "invalid UDP frame count");
    name(status::invalid_packet_length, "invalid packet length");
    name(status::frame_timeout, "UDP frame timeout");
    name(status::wrong_raida, "wrong RAIDA");
    name(status::shard_not_available, "shard not available");
    name(status::key_token_not_found, "key token not found");
    name(status::invalid_encryption_code, "invalid encryption code");
    name(status::invalid_terminator, "invalid terminator");
    name(status::invalid_encryption, "invalid encryption");
    name(status::empty_request, "empty request");
    name(status::invalid_crc, "invalid CRC");
    name(status::admin_authentication, "admin authentication failed");
    name(status::invalid_token_record_length, "invalid token record length");
    name(status::invalid_serial_or_denomination, "invalid serial number or denomination");
    name(status::page_not_reserved, "page not reserved");
    name(status::no_ticket_slot, "no ticket slot");
    name(status::ticket_not_found, "ticket not found");
    name(status::ticket_claimed, "ticket already claimed");
    name(status::too_many_tokens, "too many tokens");
    name(status::invalid_shard, "invalid shard");
    name(status::delete_failed, "delete failed");
    name(status::legacy_database, "legacy database error");
    name(status::crossover_full, "crossover full");
    name(status::trade_coin, "trade coin error");
    name(status::trade_locker_not_found, "trade locker not found");
    name(status::no_private_key, "no private key");
    name(status::not_implemented, "not implemented");
    name(status::bad_coins, "bad coins");
    name(status::trade_locker_exists, "trade locker exists");
    name(status::no_trade_locker, "no trade locker");
    name(status::waiting, "waiting");
    name(status::no_btc, "no BTC");
    name(status::few_coins_in_locker, "too few coins in locker");
    name(status::locker_used, "locker already used");
    name(status::request_rate, "request rate too high");
    name(status::payment_processing, "payment processing");
    name(status::payment_insufficient, "payment insufficient");
    name(status::payment_required, "payment required");
    name(status::processed, "already processed");
    name(status::crypto_connect, "crypto connection failed");
    name(status::locker_empty, "locker empty");
    name(status::proxy_connect, "proxy connection failed");
    name(status::price, "price error");
    name(status::no_coins, "no coins");
    name(status::transaction_seen, "transaction seen");
    name(status::no_record, "no record");
    name(status::no_domain, "no domain");
    name(status::unknown, "unknown error");
    name(status::proxy, "proxy error");
    name(status::key_build, "key build error");
    name(status::backend, "backend error");
    name(status::transaction_empty, "transaction empty");
    name(status::no_transaction, "no transaction");
    name(status::amount_mismatch, "amount mismatch");
    name(status::no_entry, "no entry");
    name(status::file_system, "file system error");
    name(status::key_start, "invalid key start");
    name(status::key_length, "invalid key length");
    name(status::coin_load, "coin load error");
    name(status::parameter, "invalid parameter");
    name(status::invalid_new_authenticity, "invalid new authenticity number (PAN)");
    name(status::invalid_authenticity, "invalid authenticity number (AN)");
    name(status::file_exists, "file exists");
    name(status::no_file, "no file");
    name(status::transaction_format, "invalid transaction format");
    name(status::blockchain_or_hmac, "blockchain or HMAC error");
    name(status::assemble, "assembly error");
    name(status::raida_timeout, "RAIDA timeout");
    name(status::raida_connection, "RAIDA connection failed");
    name(status::find_neither, "neither authenticity number");
    name(status::find_all_authenticity, "all by authenticity number");
    name(status::find_all_new_authenticity, "all by new authenticity number");
    name(status::find_mixed, "mixed authenticity numbers");
    name(status::secret_not_found, "secret not found");
    name(status::cs_id, "invalid CS id");
    name(status::key_derivation, "key derivation error");
    name(status::key_id, "invalid key id");
    name(status::key_not_found, "key not found");
    name(status::all_pass, "all pass");
    name(status::all_fail, "all fail");
    name(status::mixed, "mixed");
    name(status::success, "success");
    name(status::internal, "internal error");
    name(status::network, "network error");
    name(status::memory, "out of memory");
    name(status::routing, "routing error");
    return names;
}();

} // namespace detail

/// The status in words, without its number; "unknown status" for numbers that have no name.
[[nodiscard]] constexpr std::string_view to_string(status what) noexcept
{
    const char* const name = detail::status_names[static_cast<std::size_t>(what)];
    return name != nullptr ? name : "unknown status";
}

/// Words and number, for people: "all pass (241)", "unknown status (99)".
[[nodiscard]] inline std::string describe(status what)
{
    return std::string{to_string(what)} + " (" + std::to_string(static_cast<unsigned>(what)) + ")";
}

/// Is there a name for this number?
[[nodiscard]] constexpr bool is_known(status what) noexcept
{
    return detail::status_names[static_cast<std::size_t>(what)] != nullptr;
}

/// An answer to detect and pown: all pass, all fail, mixed.
[[nodiscard]] constexpr bool is_verdict(status what) noexcept
{
    return what == status::all_pass || what == status::all_fail || what == status::mixed;
}

/// An answer to find.
[[nodiscard]] constexpr bool is_find_result(status what) noexcept
{
    return what >= status::find_neither && what <= status::find_mixed;
}

/// An answer to what was asked. It counts only with the right signature.
[[nodiscard]] constexpr bool is_signed_answer(status what) noexcept
{
    return is_verdict(what) || is_find_result(what) || what == status::success;
}

/// Anything that is not an answer to what was asked; "no error" too, since no command of ours is answered so.
[[nodiscard]] constexpr bool is_error(status what) noexcept
{
    return !is_signed_answer(what);
}

/// Found by the server in the request's header: such an answer comes with the echo and signature of some
/// earlier request, maybe another client's, or zeros (measured).
[[nodiscard]] constexpr bool is_header_error(status what) noexcept
{
    return (what >= status::invalid_cloud_id && what <= status::invalid_coin_id) ||
           what == status::wrong_raida || what == status::routing;
}

/// The encryption key was not accepted. Under encryption `status::invalid_crc` means the same; only the
/// caller knows whether the request was encrypted.
[[nodiscard]] constexpr bool is_key_error(status what) noexcept
{
    return what == status::key_token_not_found || what == status::invalid_encryption;
}

/// May the same question succeed a while later? (`status::request_rate`: after backing off.) Says nothing
/// about whether the command may be repeated at all; that is is_idempotent().
[[nodiscard]] constexpr bool is_worth_retry(status what) noexcept
{
    // protocol.md's list of what may go away by itself.
    for (const unsigned one : {17U,  20U,  42U,  47U,  48U,  49U,  150U, 160U, 167U, 178U, 180U, 181U, 183U,
                               186U, 187U, 188U, 189U, 194U, 197U, 204U, 205U, 206U, 207U, 252U, 253U, 254U})
        if (what == static_cast<status>(one))
            return true;
    return false;
}

namespace detail {

class RAIDA_VISIBLE status_error_category final : public std::error_category
{
  public:
    [[nodiscard]] const char* name() const noexcept override { return "raida.status"; }
    [[nodiscard]] std::string message(int value) const override
    {
        if (value < 0 || value > 255)
            return "no status (" + std::to_string(value) + ")";
        return raida::describe(static_cast<status>(value));
    }
};

} // namespace detail

/// The category of raida::status: its error codes carry the server's number as it came.
[[nodiscard]] RAIDA_VISIBLE inline const std::error_category& status_category() noexcept
{
    static const detail::status_error_category instance;
    return instance;
}

/// The status as an error code. Only status 0 is "no error": an answer such as `status::all_pass` is a code
/// that tests as true, so ask is_error() first.
[[nodiscard]] inline std::error_code make_error_code(status what) noexcept
{
    return {static_cast<int>(what), status_category()};
}

/// Holds between modules of a program, too, which may each have a category object of their own.
template <std::same_as<std::error_code> Code, std::same_as<status> What> // nothing converts to them
[[nodiscard]] bool operator==(const Code& error, What what) noexcept
{
    return error.value() == static_cast<int>(what) && detail::is_of(error, "raida.status");
}

} // namespace raida::inline v1

template <>
struct std::is_error_code_enum<raida::status> : std::true_type
{};

#endif // RAIDA_WIRE_STATUS_HPP
