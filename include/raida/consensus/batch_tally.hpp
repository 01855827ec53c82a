// The votes on a batch of any size, in the order in which it was given, whatever datagrams it travelled in.
#ifndef RAIDA_CONSENSUS_BATCH_TALLY_HPP
#define RAIDA_CONSENSUS_BATCH_TALLY_HPP

#include <raida/consensus/tally.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// One tally over many: the same questions, with token indices of the whole batch. Indices out of range throw
/// std::out_of_range. Move-only in spirit (copies are deep). Const use of a shared object is safe.
template <std::size_t N = server_count>
class batch_tally
{
  public:
    /// The tokens of one datagram, and how the servers answered it.
    struct chunk
    {
        std::size_t first = 0; ///< index of its first token in the batch
        tally<N> votes{};      ///< of its tokens
    };

    /// Chunks may come in any order; together they must cover the batch.
    void add(std::size_t first, tally<N> votes)
    {
        const auto before = std::lower_bound(chunks_.begin(), chunks_.end(), first,
                                             [](const chunk& one, std::size_t at) { return one.first < at; });
        tokens_ += votes.token_count();
        chunks_.insert(before, chunk{first, std::move(votes)});
    }

    [[nodiscard]] std::size_t token_count() const noexcept { return tokens_; }
    /// In the order of their tokens.
    [[nodiscard]] std::span<const chunk> chunks() const noexcept { return chunks_; }

    /// @{
    /// As tally has it, for any token of the batch.
    [[nodiscard]] raida::verdict verdict(std::size_t token) const { return at(token, &tally<N>::verdict); }
    [[nodiscard]] raida::vote vote(std::size_t token, std::size_t server) const
    {
        return at(token, &tally<N>::vote, server);
    }
    [[nodiscard]] std::size_t passes(std::size_t token) const { return at(token, &tally<N>::passes); }
    [[nodiscard]] std::size_t fails(std::size_t token) const { return at(token, &tally<N>::fails); }
    [[nodiscard]] std::size_t unknowns(std::size_t token) const { return at(token, &tally<N>::unknowns); }
    [[nodiscard]] bool fractured(std::size_t token) const { return at(token, &tally<N>::fractured); }
    [[nodiscard]] std::vector<std::size_t> servers_to_heal(std::size_t token) const
    {
        return at(token, &tally<N>::servers_to_heal);
    }
    [[nodiscard]] std::string pown_string(std::size_t token) const
    {
        return at(token, &tally<N>::pown_string);
    }
    /// @}

    /// How many tokens have this verdict.
    [[nodiscard]] std::size_t count(raida::verdict which) const noexcept
    {
        std::size_t sum = 0;
        for (const chunk& one : chunks_)
            sum += one.votes.count(which);
        return sum;
    }

    /// Every asked slot of every chunk was awaited.
    [[nodiscard]] bool complete() const noexcept
    {
        return std::all_of(chunks_.begin(), chunks_.end(),
                           [](const chunk& one) { return one.votes.complete(); });
    }

  private:
    template <class Question, class... More>
    auto at(std::size_t token, Question question, More... more) const
    {
        const auto after =
            std::upper_bound(chunks_.begin(), chunks_.end(), token,
                             [](std::size_t wanted, const chunk& one) { return wanted < one.first; });
        if (after == chunks_.begin() ||
            token - std::prev(after)->first >= std::prev(after)->votes.token_count())
            throw std::out_of_range{"raida::batch_tally: no token of this number"};
        return (std::prev(after)->votes.*question)(token - std::prev(after)->first, more...);
    }

    std::vector<chunk> chunks_;
    std::size_t tokens_ = 0;
};

/// "9990 authentic, 10 undecided"
template <std::size_t N>
[[nodiscard]] std::string to_string(const batch_tally<N>& of)
{
    return detail::list_verdicts(of);
}

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_BATCH_TALLY_HPP
