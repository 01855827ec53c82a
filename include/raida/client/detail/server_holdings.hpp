// What one server holds for each token, as far as that is known, and how often it was told to change it.
#ifndef RAIDA_CLIENT_DETAIL_SERVER_HOLDINGS_HPP
#define RAIDA_CLIENT_DETAIL_SERVER_HOLDINGS_HPP

#include <raida/client/transfer_record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// By position in a token_order.
class server_holdings
{
  public:
    server_holdings() = default;

    /// `pown_again`: how often a token may be powned afresh.
    server_holdings(std::vector<holding> held, unsigned pown_again)
        : held_{std::move(held)}, powned_(held_.size()), pown_again_{pown_again}
    {
        for (const holding one : held_)
            ++count_[static_cast<std::size_t>(one)];
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(held_.size()); }
    [[nodiscard]] holding at(std::uint32_t position) const noexcept { return held_[position]; }
    [[nodiscard]] std::size_t count(holding which) const noexcept
    {
        return count_[static_cast<std::size_t>(which)];
    }

    void set(std::uint32_t position, holding known)
    {
        --count_[static_cast<std::size_t>(held_[position])];
        ++count_[static_cast<std::size_t>(known)];
        held_[position] = known;
    }

    [[nodiscard]] bool may_pown(std::uint32_t position) const noexcept
    {
        return held_[position] == holding::old_number && powned_[position] <= pown_again_;
    }
    [[nodiscard]] bool may_pown_any() const noexcept
    {
        for (std::uint32_t at = 0; at < size(); ++at)
            if (may_pown(at))
                return true;
        return false;
    }

    /// Each was powned once, by a call whose journal is recovered.
    void assume_powned() { powned_.assign(powned_.size(), 1); }

    /// A pown leaves: from now on the server may hold either number.
    void pown(std::uint32_t position)
    {
        set(position, holding::unknown);
        ++powned_[position];
    }

    /// It did not leave after all.
    void take_back(std::uint32_t position)
    {
        set(position, holding::old_number);
        --powned_[position];
    }

    friend bool operator==(const server_holdings&, const server_holdings&) = default;

  private:
    std::vector<holding> held_;
    std::vector<std::uint8_t> powned_; // how often
    std::array<std::uint32_t, 5> count_{};
    unsigned pown_again_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_SERVER_HOLDINGS_HPP
