// Whether a call that changes what servers hold may begin.
#ifndef RAIDA_CLIENT_DETAIL_CHECK_CHANGE_HPP
#define RAIDA_CLIENT_DETAIL_CHECK_CHANGE_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/check_batch.hpp>
#include <raida/client/detail/servers_fingerprint.hpp>
#include <raida/consensus/options.hpp>

#include <cstddef>
#include <system_error>

namespace raida::inline v1::detail {

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

#endif // RAIDA_CLIENT_DETAIL_CHECK_CHANGE_HPP
