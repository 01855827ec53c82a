// What find told of a batch: which of two numbers each server has for each token.
#ifndef RAIDA_CONSENSUS_FIND_TALLY_HPP
#define RAIDA_CONSENSUS_FIND_TALLY_HPP

#include <raida/wire/answers.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace raida::inline v1 {

/// Which authenticity number each server has for each token, as far as servers said so with a signature.
template <std::size_t N = server_count>
class find_tally
{
  public:
    find_tally() = default;
    /// No answers yet.
    explicit find_tally(std::size_t token_count) : answers_(token_count) {}

    [[nodiscard]] std::size_t token_count() const noexcept { return answers_.size(); }

    /// Nothing when the server gave no usable answer about this token: that is never "neither".
    [[nodiscard]] std::optional<find_answer> answer(std::size_t token, std::size_t server) const
    {
        const std::uint8_t known = answers_.at(token).at(server);
        return known == 0 ? std::nullopt : std::optional{static_cast<find_answer>(known - 1)};
    }

    /// Servers that gave this answer about a token.
    [[nodiscard]] std::size_t count(std::size_t token, find_answer which) const
    {
        const auto& of = answers_.at(token);
        return static_cast<std::size_t>(std::count(of.begin(), of.end(), stored(which)));
    }

    /// Takes in one server's answer to a find of `token_count` tokens from `first` on: exact length, bytes
    /// 0..2, signed. False if it is no answer.
    bool add(std::size_t first, std::size_t token_count, const reply& from)
    {
        if (!from || !from.verified)
            return false;
        const auto found = parse_find(from.status(), from.body(), token_count);
        for (std::size_t i = 0; found && i < token_count; ++i)
            answers_.at(first + i).at(from.server) = stored((*found)[i]);
        return found.has_value();
    }

  private:
    static constexpr std::uint8_t stored(find_answer what) noexcept
    {
        return static_cast<std::uint8_t>(static_cast<std::uint8_t>(what) + 1);
    }

    std::vector<std::array<std::uint8_t, N>> answers_; // 0: unknown, else the answer + 1
};

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_FIND_TALLY_HPP
