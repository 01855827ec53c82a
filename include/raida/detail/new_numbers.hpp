// Whether the new authenticity numbers of a transfer are any.
#ifndef RAIDA_DETAIL_NEW_NUMBERS_HPP
#define RAIDA_DETAIL_NEW_NUMBERS_HPP

#include <raida/errc.hpp>
#include <raida/transfer.hpp>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <vector>

namespace raida::inline v1::detail {

/// New numbers must be new: zero, equal to any other of the batch, or equal to an old one would be a mistake
/// that costs the token.
template <std::size_t N>
std::error_code check_new_numbers(const transfer_record<N>& record)
{
    if (record.new_numbers.size() != record.tokens.size())
        return errc::invalid_authenticity;
    std::vector<const authenticity_number*> all; // no copies: they are secrets
    all.reserve(N * record.tokens.size());
    for (std::size_t i = 0; i < record.tokens.size(); ++i)
        for (std::size_t server = 0; server < N; ++server) {
            const authenticity_number& fresh = record.new_numbers[i][server];
            if (fresh.is_zero() || fresh == record.tokens[i].numbers[server])
                return errc::invalid_authenticity;
            all.push_back(&fresh);
        }
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
        return std::lexicographical_compare(a->bytes().begin(), a->bytes().end(), b->bytes().begin(),
                                            b->bytes().end());
    });
    const bool twice = std::adjacent_find(all.begin(), all.end(),
                                          [](const auto* a, const auto* b) { return *a == *b; }) != all.end();
    return twice ? make_error_code(errc::invalid_authenticity) : std::error_code{};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_NEW_NUMBERS_HPP
