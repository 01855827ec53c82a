// Whether the new authenticity numbers of a transfer are any.
#ifndef RAIDA_CLIENT_DETAIL_NEW_NUMBERS_HPP
#define RAIDA_CLIENT_DETAIL_NEW_NUMBERS_HPP

#include <raida/base/errc.hpp>
#include <raida/client/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <vector>

namespace raida::inline v1::detail {

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

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_NEW_NUMBERS_HPP
