// A pown in limbo as wallets keep it, a .bin file with proposed numbers, and as recoveries want it.
#ifndef RAIDA_CLIENT_TRANSFER_FILE_HPP
#define RAIDA_CLIENT_TRANSFER_FILE_HPP

#include <raida/base/errc.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>
#include <raida/wire/token_format.hpp>

#include <cstddef>
#include <system_error>
#include <utility>

namespace raida::inline v1 {

/// For client::async_recover(), or for a journal. What the servers hold is unknown, whatever the file says of
/// answers: only they can tell. The same tokens, numbers and coin.
/// Errors: no_tokens; invalid_authenticity unless there is one set of new numbers per token, so for files
/// that are not in limbo, too. Then it is empty.
[[nodiscard]] inline transfer_record<> to_transfer_record(token_file file, std::error_code& error)
{
    error = file.tokens.empty()                             ? make_error_code(errc::no_tokens)
            : file.new_numbers.size() != file.tokens.size() ? make_error_code(errc::invalid_authenticity)
                                                            : std::error_code{};
    if (error)
        return {};
    transfer_record<> record{.tokens = std::move(file.tokens), .new_numbers = std::move(file.new_numbers)};
    record.coin = file.coin;
    for (const token& one : record.tokens) {
        auto& held = record.holdings.emplace_back();
        for (std::size_t server = 0; server < server_count; ++server)
            held[server] = one.numbers[server].is_zero() ? holding::not_asked : holding::unknown;
    }
    return record;
}

/// For write_token_bin(): both numbers of each token. No such file has room for what the servers are known to
/// hold, for their addresses, and for how long both numbers are needed: who has a journal keeps it.
/// A record that does not say its coin is taken for one of `default_coin`.
[[nodiscard]] inline token_file to_token_file(transfer_record<> record)
{
    return {.format = token_format::bin,
            .coin = record.coin.value_or(default_coin),
            .tokens = std::move(record.tokens),
            .new_numbers = std::move(record.new_numbers)};
}

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_TRANSFER_FILE_HPP
