// A few tokens, and another call that changes their pages now and then.
#ifndef RAIDA_TESTS_FUZZ_BUSY_PAGES_HPP
#define RAIDA_TESTS_FUZZ_BUSY_PAGES_HPP

#include "input.hpp"

#include <raida/client/detail/page_locks.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace fuzz {

// Some of them share pages.
inline std::vector<raida::token_id> some_tokens(input& from)
{
    const std::size_t count = 1 + from.next(6);
    std::vector<raida::token_id> made;
    for (std::uint32_t i = 0; i < count; ++i)
        made.push_back({{0}, {i * 512}});
    return made;
}

using raida::detail::page_of;

class busy_pages
{
  public:
    void take(raida::detail::page_locks& locks, std::size_t server, raida::detail::page one)
    {
        if (!locks.is_free(server, owner, one))
            return;
        locks.take(server, owner, {&one, 1});
        taken_.emplace_back(server, one);
    }

    void give_back(raida::detail::page_locks& locks)
    {
        locks.forget(owner);
        taken_.clear();
    }

    [[nodiscard]] bool has(std::size_t server, raida::detail::page one) const
    {
        return std::find(taken_.begin(), taken_.end(), std::pair{server, one}) != taken_.end();
    }

  private:
    static constexpr raida::detail::page_locks::owner owner = 99;

    std::vector<std::pair<std::size_t, raida::detail::page>> taken_;
};

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_BUSY_PAGES_HPP
