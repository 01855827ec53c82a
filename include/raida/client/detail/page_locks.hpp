// In which order tokens are powned: those of one page of serial numbers travel together, and never twice at
// once.
#ifndef RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP
#define RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP

#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// A page as servers keep it: real ones were seen to lose a pown that raced with another on the same page.
using page = std::pair<std::int8_t, std::uint32_t>;

inline page page_of(token_id token) noexcept
{
    return {token.denomination.value, token.serial.value / 1024};
}

/// Indices of some tokens, cut into chunks of at most `most`, pages side by side.
template <std::size_t N>
std::vector<std::vector<std::size_t>> chunks_by_page(std::span<const basic_token<N>> tokens,
                                                     std::vector<std::size_t> which, std::size_t most)
{
    std::sort(which.begin(), which.end(),
              [&](std::size_t a, std::size_t b) { return tokens[a].id() < tokens[b].id(); });
    std::vector<std::vector<std::size_t>> chunks;
    for (std::size_t at = 0; at < which.size(); at += most) {
        const auto from = which.begin() + static_cast<std::ptrdiff_t>(at);
        chunks.emplace_back(from, from + static_cast<std::ptrdiff_t>(std::min(most, which.size() - at)));
    }
    return chunks;
}

/// The pages that a client's powns are changing, whichever calls they belong to.
class page_locks
{
  public:
    /// Takes all of them, or none if one is taken already.
    bool take(const std::set<page>& wanted)
    {
        for (const page& one : wanted)
            if (taken_.contains(one))
                return false;
        taken_.insert(wanted.begin(), wanted.end());
        return true;
    }

    void give_back(const std::set<page>& done)
    {
        for (const page& one : done)
            taken_.erase(one);
        for (const auto& try_again : std::exchange(waiting_, {}))
            try_again();
    }

    /// Calls `try_again` once, when pages are given back.
    void wait(std::function<void()> try_again) { waiting_.push_back(std::move(try_again)); }

  private:
    std::set<page> taken_;
    std::vector<std::function<void()>> waiting_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP
