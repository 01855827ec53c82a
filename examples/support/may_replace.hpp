// May a file of tokens give way to what a transfer leads to? Only if that loses no number.
#ifndef RAIDA_EXAMPLES_MAY_REPLACE_HPP
#define RAIDA_EXAMPLES_MAY_REPLACE_HPP

#include <raida/client/transfer.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>

namespace support {

// Is every number of `current` in the record, as the old or the new one of the same token and server? A
// result has no others. Zero is no number.
[[nodiscard]] inline bool may_replace(std::span<const raida::token> current,
                                      const raida::transfer_record<>& record)
{
    std::map<raida::token_id, std::size_t> places;
    for (std::size_t i = 0; i < record.tokens.size(); ++i)
        places.emplace(record.tokens[i].id(), i);
    return std::all_of(current.begin(), current.end(), [&](const raida::token& held) {
        const auto found = places.find(held.id());
        if (found == places.end())
            return false;
        const auto& old_numbers = record.tokens[found->second].numbers;
        const auto& new_numbers = record.new_numbers.at(found->second);
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (const auto& number = held.numbers[server];
                !number.is_zero() && number != old_numbers[server] && number != new_numbers[server])
                return false;
        return true;
    });
}

} // namespace support

#endif // RAIDA_EXAMPLES_MAY_REPLACE_HPP
