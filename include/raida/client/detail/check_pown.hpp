// Whether a pown or a recovery can be begun at all.
#ifndef RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP
#define RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/check_batch.hpp>
#include <raida/client/detail/core.hpp>
#include <raida/client/detail/new_numbers.hpp>
#include <raida/client/detail/servers_fingerprint.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/commands.hpp>

#include <cstddef>
#include <system_error>

namespace raida::inline v1::detail {

/// Why a pown or a recovery must be refused, or empty.
template <class Core, std::size_t N>
[[nodiscard]] std::error_code check_pown(const Core& core, const transfer_record<N>& record,
                                         const pown_options<N>& how)
{
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
    if (are_other_servers(record.servers, core.fingerprint()) && !how.other_servers)
        return errc::other_servers;
    if (!Core::codec_type::encrypts && !settings.allow_plain_pown)
        return errc::plain_pown;
    if (const auto key = core.codec.key_token())
        for (const auto& one : record.tokens)
            if (one.id() == *key)
                return errc::key_in_batch;
    if (max_tokens(find_command, core.settings.requests.datagram_limit) == 0)
        return errc::packet_too_large;
    return check_new_numbers(record);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP
