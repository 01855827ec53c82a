// What servers answer to detect, kept until every token has its votes, and to find, kept server by server.
#ifndef RAIDA_CLIENT_DETAIL_BOOKS_HPP
#define RAIDA_CLIENT_DETAIL_BOOKS_HPP

#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/chunk_answers.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/consensus/find_tally.hpp>
#include <raida/consensus/options.hpp>
#include <raida/consensus/tally.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <map>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

/// Votes are counted chunk by chunk: what one server complains of costs the others nothing.
template <std::size_t N>
class vote_book
{
  public:
    using result = batch_tally<N>;

    vote_book(const consensus_options& rules, std::size_t) : rules_{rules} {}

    /// A datagram that was too long, or a sealed body that could be read in two ways: an answer about fewer
    /// tokens, in the end about one, has none.
    [[nodiscard]] bool wants_parts(const reply& one, bool readable) const noexcept
    {
        return one && (!readable || one.status() == status::invalid_packet_length);
    }

    /// `so_far` answers `part`; `alone`: it is the only question about this chunk.
    [[nodiscard]] bool is_decided(const piece<N>& chunk, const piece<N>& part, const replies<N>& so_far,
                                  const std::bitset<N>& open, bool alone) const
    {
        const when_decided rule{chunk.count, rules_};
        const auto known = books_.find(chunk.first);
        if (alone && part.count == chunk.count && known == books_.end())
            return rule(so_far, open);
        auto together = known != books_.end()
                            ? known->second.clone()
                            : chunk_answers<N>{chunk.first, chunk.count, chunk.servers, rules_.bit_order};
        together.take(part.first, part.count, so_far, part.servers & ~open & settled(so_far));
        return rule(together.whole());
    }

    void take(const piece<N>& chunk, const piece<N>& part, replies<N>& answers, const std::bitset<N>& servers)
    {
        const bool is_whole = part.count == chunk.count && servers == chunk.servers;
        if (is_whole && !books_.contains(chunk.first))
            return count(chunk, answers);
        books_.try_emplace(chunk.first, chunk.first, chunk.count, chunk.servers, rules_.bit_order)
            .first->second.take(part.first, part.count, answers, servers);
    }

    std::size_t close(const piece<N>& chunk)
    {
        if (const auto kept = books_.extract(chunk.first))
            count(chunk, kept.mapped().whole());
        else if (counted_ != chunk.first) // nobody was asked
            count(chunk, chunk_answers<N>{chunk.first, chunk.count, chunk.servers, rules_.bit_order}.whole());
        return decided_;
    }

    [[nodiscard]] result take() && { return std::move(result_); }

  private:
    static std::bitset<N> settled(const replies<N>& of)
    {
        std::bitset<N> slots;
        for (std::size_t i = 0; i < N; ++i)
            slots[i] = of[i].error != errc::pending;
        return slots;
    }

    void count(const piece<N>& chunk, const replies<N>& answers)
    {
        std::error_code error; // the rules were checked
        tally<N> votes;
        votes.assign(answers, chunk.count, rules_, error);
        counted_ = chunk.first;
        decided_ = chunk.count - votes.count(verdict::undecided);
        result_.add(chunk.first, std::move(votes));
    }

    consensus_options rules_;
    std::map<std::size_t, chunk_answers<N>> books_; // of chunks that were asked about in parts
    std::size_t counted_ = static_cast<std::size_t>(-1), decided_ = 0; // the chunk that was counted last
    result result_;
};

/// Only servers that could not answer a chunk are asked again, in parts: too long, or one token that the
/// server does not know (it then refuses the whole chunk).
template <std::size_t N>
class find_book
{
  public:
    using result = find_tally<N>;

    find_book(const consensus_options& rules, std::size_t tokens) : rules_{rules}, result_{tokens} {}

    /// A server that has complained of an unknown token this often, and has not answered once since, is
    /// believed to complain of anything.
    static constexpr std::size_t most_complaints = 12;

    [[nodiscard]] bool wants_parts(const reply& one, bool readable) noexcept
    {
        if (!one)
            return false;
        std::size_t& complaints = complaints_[one.server];
        if (one.status() == status::invalid_serial_or_denomination)
            return ++complaints <= most_complaints;
        complaints = is_find_result(one.status()) ? 0 : complaints;
        return !readable || one.status() == status::invalid_packet_length;
    }

    /// Of every token a quorum of servers says the same, or none is in reach any more.
    [[nodiscard]] bool is_decided(const piece<N>& chunk, const piece<N>& part, const replies<N>& so_far,
                                  const std::bitset<N>& open, bool alone) const
    {
        if (!alone || part.count != chunk.count || part.servers != chunk.servers)
            return false; // what was said before is not in here
        find_tally<N> now{part.count};
        std::size_t pending = 0;
        for (std::size_t i = 0; i < N; ++i)
            if (so_far[i].error == errc::pending || open[i])
                ++pending;
            else
                now.add(0, part.count, so_far[i]);
        const std::size_t needed = detail::votes_needed<N>(rules_);
        for (std::size_t token = 0; token < chunk.count; ++token) {
            std::size_t most = 0;
            for (const auto which :
                 {find_answer::neither, find_answer::authenticity, find_answer::new_authenticity})
                most = (std::max)(most, now.count(token, which));
            if (most < needed && most + pending >= needed)
                return false;
        }
        return true;
    }

    void take(const piece<N>&, const piece<N>& part, replies<N>& answers, const std::bitset<N>& servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i])
                result_.add(part.first, part.count, answers[i]);
    }

    std::size_t close(const piece<N>& chunk) const noexcept { return chunk.count; }

    [[nodiscard]] result take() && { return std::move(result_); }

  private:
    consensus_options rules_;
    result result_;
    std::array<std::size_t, N> complaints_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_BOOKS_HPP
