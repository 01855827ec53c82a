// Numbers for the states in which one server's part of a pown has been, and the ways between them.
#ifndef RAIDA_TESTS_EXHAUSTIVE_POWN_PARTS_HPP
#define RAIDA_TESTS_EXHAUSTIVE_POWN_PARTS_HPP

#include <raida/client/detail/pown_server.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace exhaustive {

/// Equal parts have the same number. Shared by all worlds of an exploration.
class pown_parts
{
  public:
    using part = raida::detail::pown_server;

    std::uint32_t number(const part& one, std::size_t tokens)
    {
        std::size_t hash = one.in_flight() * 2 + (one.is_over() ? 1 : 0);
        for (std::uint32_t at = 0; at < tokens; ++at)
            hash = hash * 5 + static_cast<std::size_t>(one.at(at));
        auto& alike = by_hash_[hash];
        const auto found = std::find_if(alike.begin(), alike.end(),
                                        [&](std::uint32_t other) { return parts_[other] == one; });
        if (found != alike.end())
            return *found;
        parts_.push_back(one);
        alike.push_back(static_cast<std::uint32_t>(parts_.size() - 1));
        return alike.back();
    }

    void went(std::uint32_t from, std::uint32_t to)
    {
        if (from != to)
            ways_[from].insert(to);
    }

    [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }

    /// No way leads back to where it began: so whatever happens, a part comes to an end.
    [[nodiscard]] bool always_end() const
    {
        std::vector<char> seen(parts_.size(), 'n'); // not yet, being walked, done
        for (const auto& [from, to] : ways_)
            if (!ends(from, seen))
                return false;
        return true;
    }

  private:
    bool ends(std::uint32_t from, std::vector<char>& seen) const
    {
        if (seen[from] != 'n')
            return seen[from] == 'd';
        seen[from] = 'w';
        if (const auto ways = ways_.find(from); ways != ways_.end())
            for (const std::uint32_t to : ways->second)
                if (!ends(to, seen))
                    return false;
        seen[from] = 'd';
        return true;
    }

    std::deque<part> parts_;
    std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_hash_;
    std::map<std::uint32_t, std::set<std::uint32_t>> ways_;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_POWN_PARTS_HPP
