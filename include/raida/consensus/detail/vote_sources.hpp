// Where votes come from: the slots of a fan-out, or plain answers.
#ifndef RAIDA_CONSENSUS_DETAIL_VOTE_SOURCES_HPP
#define RAIDA_CONSENSUS_DETAIL_VOTE_SOURCES_HPP

#include <raida/base/bytes.hpp>
#include <raida/consensus/answer.hpp>
#include <raida/consensus/detail/ballot.hpp>
#include <raida/wire/reply.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::detail {

/// Where votes come from: the slots of a fan-out.
template <std::size_t N>
struct reply_votes
{
    const replies<N>& from;
    mixed_datagram usual;
    bool encrypted;

    [[nodiscard]] ballot vote(std::size_t server) const noexcept
    {
        return judge_reply(from[server], encrypted);
    }
    [[nodiscard]] const std::uint8_t* usual_body(std::size_t server) const noexcept
    {
        return usual.body_of(from[server]);
    }
    [[nodiscard]] bytes_view body(std::size_t server) const noexcept { return body_of_judged(from[server]); }
};

/// Where votes come from: plain answers, each at its server's place.
template <std::size_t N>
struct answer_votes
{
    std::array<const answer*, N> from{};
    bool encrypted;

    [[nodiscard]] ballot vote(std::size_t server) const noexcept
    {
        const answer* one = from[server];
        return one == nullptr ? ballot::untried : judge_status(one->status, one->verified, encrypted);
    }
    [[nodiscard]] const std::uint8_t* usual_body(std::size_t) const noexcept { return nullptr; }
    [[nodiscard]] bytes_view body(std::size_t server) const noexcept { return from[server]->body; }
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_VOTE_SOURCES_HPP
