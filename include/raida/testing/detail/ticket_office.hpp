// The tickets that one embedded server has given out.
#ifndef RAIDA_TESTING_DETAIL_TICKET_OFFICE_HPP
#define RAIDA_TESTING_DETAIL_TICKET_OFFICE_HPP

#include <raida/base/version.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

class ticket_office
{
  public:
    static constexpr std::size_t slots = 512; // measured: never given back

    // None if there is no slot.
    ticket issue(std::vector<token_id> tokens, seeded_random& random)
    {
        if (issued_.size() == slots)
            return ticket::none;
        ticket number;
        do
            number = static_cast<ticket>(random.below(std::uint64_t{1} << 32));
        while (number == ticket::none || find(number) != nullptr);
        issued_.push_back({number, std::move(tokens), {}});
        return number;
    }

    // What a ticket says to server `by`; null if it is unknown, or that server has asked before.
    const std::vector<token_id>* claim(ticket number, std::size_t by)
    {
        entry* const found = find(number);
        if (found == nullptr || found->claimed_by[by])
            return nullptr;
        found->claimed_by.set(by);
        return &found->tokens;
    }

    void clear() noexcept { issued_.clear(); }

  private:
    struct entry
    {
        ticket number;
        std::vector<token_id> tokens; // as they were listed, twice if twice
        std::bitset<256> claimed_by;
    };

    entry* find(ticket number) noexcept
    {
        const auto found = std::find_if(issued_.begin(), issued_.end(),
                                        [&](const entry& one) { return one.number == number; });
        return found == issued_.end() ? nullptr : &*found;
    }

    std::vector<entry> issued_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_TICKET_OFFICE_HPP
