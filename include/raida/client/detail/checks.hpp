// Whether a call can be begun at all.
#ifndef RAIDA_CLIENT_DETAIL_CHECKS_HPP
#define RAIDA_CLIENT_DETAIL_CHECKS_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/servers_fingerprint.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

namespace raida::inline v1::detail {

/// Why this batch as a whole must be refused, or empty. Tokens are checked again when their requests are
/// built. One that lacks a number is not asked about there; without any it is unknown, which is no error.
template <std::size_t N>
std::error_code check_batch(std::span<const basic_token<N>> tokens, const command_settings& settings)
{
    std::vector<std::uint64_t> keys;
    keys.reserve(tokens.size());
    return check_tokens(tokens, settings.serial_limit, keys);
}

/// New numbers must be new: zero, equal to any other of the batch, or equal to any old one, which the payer
/// knows, would be a mistake that costs the token.
template <std::size_t N>
std::error_code check_new_numbers(const transfer_record<N>& record)
{
    struct entry
    {
        const authenticity_number* number; // no copies: they are secrets
        bool is_new;
    };
    if (record.new_numbers.size() != record.tokens.size())
        return errc::invalid_authenticity;
    std::vector<entry> all;
    all.reserve(2 * N * record.tokens.size());
    for (std::size_t i = 0; i < record.tokens.size(); ++i)
        for (std::size_t server = 0; server < N; ++server) {
            if (record.new_numbers[i][server].is_zero())
                return errc::invalid_authenticity;
            all.push_back({&record.tokens[i].numbers[server], false});
            all.push_back({&record.new_numbers[i][server], true});
        }
    std::sort(all.begin(), all.end(), [](const entry& a, const entry& b) {
        const auto left = a.number->bytes(), right = b.number->bytes();
        return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
    });
    const bool twice = std::adjacent_find(all.begin(), all.end(), [](const entry& a, const entry& b) {
                           return (a.is_new || b.is_new) && *a.number == *b.number;
                       }) != all.end();
    return twice ? make_error_code(errc::invalid_authenticity) : std::error_code{};
}

/// Why the change that `record` describes must be refused, or empty.
template <class Core, class Record>
std::error_code check_change(const Core& core, const Record& record, bool other_servers)
{
    constexpr std::size_t N = Core::size;
    if (!core.network)
        return errc::engine_stopped;
    const auto& settings = core.settings;
    if (const auto error = check_batch<N>(record.tokens, settings.requests))
        return error;
    if (const auto error = settings.deadline.check())
        return error;
    if (const auto error = check_quorum<N>(settings.consensus.quorum, settings.consensus.margin))
        return error;
    if (record.coin && *record.coin != settings.requests.coin)
        return errc::other_coin;
    if (are_other_servers(record.servers, core.fingerprint()) && !other_servers)
        return errc::other_servers;
    if (!Core::codec_type::encrypts && !settings.allow_plain_pown)
        return errc::plain_pown;
    if (const auto key = core.codec.key_token())
        for (const auto& one : record.tokens)
            if (one.id() == *key)
                return errc::key_in_batch;
    return {};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHECKS_HPP
