// Answers made by hand, and the consensus as one would write it without caring for speed.
#ifndef RAIDA_TESTS_UNIT_CONSENSUS_SUPPORT_HPP
#define RAIDA_TESTS_UNIT_CONSENSUS_SUPPORT_HPP

#include <raida/consensus/aggregate.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

using bytes_t = std::vector<std::uint8_t>;

/// The body of a mixed answer: one letter per token, p or f.
inline bytes_t body(std::string_view votes, raida::bit_order order = raida::bit_order::lsb_first)
{
    bytes_t bytes((votes.size() + 7) / 8);
    for (std::size_t token = 0; token < votes.size(); ++token) {
        const std::size_t bit = order == raida::bit_order::lsb_first ? token % 8 : 7 - token % 8;
        if (votes[token] == 'p')
            bytes[token / 8] = static_cast<std::uint8_t>(bytes[token / 8] | (1U << bit));
    }
    return bytes;
}

/// A well-formed response.
inline bytes_t datagram(raida::status status, const bytes_t& body = {})
{
    const std::size_t announced = body.empty() ? 0 : body.size() + raida::terminator_size;
    raida::response_header header;
    header.status = status;
    header.group = 1;
    header.body_size = static_cast<std::uint32_t>(announced);
    bytes_t bytes(raida::header_size + announced, raida::terminator_byte);
    header.write(bytes.data());
    std::copy(body.begin(), body.end(), bytes.begin() + raida::header_size);
    return bytes;
}

/// As a server answers that judged each token by itself.
inline bytes_t judgement(std::string_view votes, raida::bit_order order = raida::bit_order::lsb_first)
{
    if (votes.find('f') == std::string_view::npos)
        return datagram(raida::status::all_pass);
    if (votes.find('p') == std::string_view::npos)
        return datagram(raida::status::all_fail);
    return datagram(raida::status::mixed, body(votes, order));
}

/// Every slot is settled: one that gets nothing else in a test timed out.
template <std::size_t N = raida::server_count>
raida::replies<N> silence()
{
    raida::replies<N> all;
    for (std::size_t server = 0; server < N; ++server)
        all.fail(server, raida::errc::timed_out);
    return all;
}

/// The same on every platform, unlike the standard distributions.
class dice
{
  public:
    explicit dice(std::uint64_t seed) : engine_{seed} {}

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }

    /// Votes that pass with a chance of `percent`.
    std::string votes(std::size_t tokens, std::size_t percent)
    {
        std::string all(tokens, 'f');
        for (char& one : all)
            one = below(100) < percent ? 'p' : 'f';
        return all;
    }

  private:
    std::mt19937_64 engine_;
};

/// What is expected of a tally: for each server its votes, or nothing.
template <std::size_t N>
struct expected
{
    std::array<std::optional<std::string>, N> votes{};

    [[nodiscard]] raida::vote vote(std::size_t token, std::size_t server) const
    {
        if (!votes[server])
            return raida::vote::none;
        return (*votes[server])[token] == 'p' ? raida::vote::pass : raida::vote::fail;
    }

    [[nodiscard]] std::size_t count(std::size_t token, raida::vote which) const
    {
        std::size_t servers = 0;
        for (std::size_t server = 0; server < N; ++server)
            servers += vote(token, server) == which ? 1 : 0;
        return servers;
    }

    [[nodiscard]] raida::verdict verdict(std::size_t token, std::size_t needed) const
    {
        if (count(token, raida::vote::pass) >= needed)
            return raida::verdict::authentic;
        return count(token, raida::vote::fail) >= needed ? raida::verdict::counterfeit
                                                         : raida::verdict::undecided;
    }
};

} // namespace tests

#endif // RAIDA_TESTS_UNIT_CONSENSUS_SUPPORT_HPP
