// Whether a pown or a recovery can be begun at all.
#ifndef RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP
#define RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP

#include <raida/base/errc.hpp>
#include <raida/client/detail/check_change.hpp>
#include <raida/client/detail/new_numbers.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/commands.hpp>

#include <cstddef>
#include <system_error>

namespace raida::inline v1::detail {

/// Why a pown or a recovery must be refused, or empty.
template <class Core, std::size_t N>
[[nodiscard]] std::error_code check_pown(const Core& core, const transfer_record<N>& record,
                                         const pown_options<N>& how)
{
    if (const auto error = check_change(core, record, how.other_servers))
        return error;
    if (max_tokens(find_command, core.settings.requests.datagram_limit) == 0)
        return errc::packet_too_large;
    return check_new_numbers(record);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHECK_POWN_HPP
