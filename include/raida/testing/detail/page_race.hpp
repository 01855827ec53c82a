// The powns that a server loses: two on one page at the same moment.
#ifndef RAIDA_TESTING_DETAIL_PAGE_RACE_HPP
#define RAIDA_TESTING_DETAIL_PAGE_RACE_HPP

#include <raida/base/version.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace raida::inline v1::testing::detail {

// A server reads a page, changes it and writes it back: whoever read it before that writes the old numbers
// back, though the first pown was answered 241.
class page_race
{
  public:
    // Two powns within this time are at work at the same moment. Zero: none ever is.
    void window(time_point::duration within) noexcept { window_ = within; }

    // A pown begins with a token. What others have just changed on its page is as it was.
    void enter(token_id token, ledger& tokens, time_point now)
    {
        std::erase_if(changes_, [&](const change& one) { return one.at + window_ <= now; });
        const auto is_lost = [page = page_of(token)](const change& one) {
            return page_of(one.token) == page;
        };
        for (auto one = changes_.rbegin(); one != changes_.rend();
             ++one) // of a token's changes the first one last
            if (is_lost(*one))
                tokens.change(one->token, one->before, now);
        std::erase_if(changes_, is_lost);
    }

    // It has changed a token.
    void note(token_id token, const authenticity_number& before, time_point now)
    {
        if (window_ > window_.zero())
            changes_.push_back({token, before, now});
    }

    void clear() noexcept { changes_.clear(); }

  private:
    struct change
    {
        token_id token;
        authenticity_number before;
        time_point at;
    };

    static std::uint64_t page_of(token_id token) noexcept
    {
        token.serial.value /= 1024;
        return token.key();
    }

    time_point::duration window_{};
    std::vector<change> changes_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_PAGE_RACE_HPP
