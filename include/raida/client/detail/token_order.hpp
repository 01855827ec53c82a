// In which order tokens are powned: pages of serial numbers side by side, cut into datagrams.
#ifndef RAIDA_CLIENT_DETAIL_TOKEN_ORDER_HPP
#define RAIDA_CLIENT_DETAIL_TOKEN_ORDER_HPP

#include <raida/client/detail/page_locks.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace raida::inline v1::detail {

/// Positions `first` to before `last` in the order.
struct stretch
{
    std::uint32_t first = 0, last = 0;
    friend bool operator==(const stretch&, const stretch&) = default;
};

/// The tokens of a batch sorted by name. A position says where a token stands here, an index where in the
/// batch.
class token_order
{
  public:
    token_order() = default;
    explicit token_order(std::span<const token_id> tokens)
        : indices_(tokens.size()), positions_(tokens.size()), pages_(tokens.size())
    {
        std::iota(indices_.begin(), indices_.end(), std::uint32_t{0});
        std::sort(indices_.begin(), indices_.end(),
                  [&](std::uint32_t a, std::uint32_t b) { return tokens[a] < tokens[b]; });
        for (std::uint32_t at = 0; at < indices_.size(); ++at) {
            positions_[indices_[at]] = at;
            pages_[at] = page_of(tokens[indices_[at]]);
        }
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(indices_.size()); }
    [[nodiscard]] std::uint32_t index(std::uint32_t position) const noexcept { return indices_[position]; }
    [[nodiscard]] std::uint32_t position(std::size_t index) const noexcept { return positions_[index]; }
    [[nodiscard]] const page& page_at(std::uint32_t position) const noexcept { return pages_[position]; }

    /// Each once.
    [[nodiscard]] std::vector<page> pages_of(std::span<const std::uint32_t> positions) const
    {
        std::vector<page> found;
        for (const std::uint32_t at : positions) // in order, so equal ones are neighbours
            if (found.empty() || found.back() != pages_[at])
                found.push_back(pages_[at]);
        return found;
    }

    /// Stretches with at most `most` wanted tokens each, together all wanted ones.
    template <class Wanted>
    [[nodiscard]] std::vector<stretch> cut(std::size_t most, Wanted wanted) const
    {
        std::vector<stretch> made;
        std::size_t room = 0;
        for (std::uint32_t at = 0; at < size(); ++at) {
            if (!wanted(at))
                continue;
            if (room == 0) {
                made.push_back({at, at});
                room = most;
            }
            made.back().last = at + 1;
            --room;
        }
        return made;
    }

    friend bool operator==(const token_order&, const token_order&) = default;

  private:
    std::vector<std::uint32_t> indices_, positions_; // by position, by index
    std::vector<page> pages_;                        // by position
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_TOKEN_ORDER_HPP
