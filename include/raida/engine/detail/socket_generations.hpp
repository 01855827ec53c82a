// Which of its sockets a lane sends through, and when an earlier one may be closed.
#ifndef RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP
#define RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP

#include <raida/base/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace raida::inline v1::detail {

/// Numbers, not sockets: those are the transport's, two of a lane at most. Requests sent through the earlier
/// one are answered there, so it stays until none is left, or until the next renewal needs its place: what is
/// open then ends by its deadline.
class socket_generations
{
  public:
    static constexpr std::size_t count = 16; // slot::generation has four bits

    [[nodiscard]] std::uint8_t current() const noexcept { return current_; }

    /// A request leaves through the current one, and is awaited there.
    [[nodiscard]] std::uint8_t take() noexcept
    {
        ++sent_;
        ++awaited_[current_];
        return current_;
    }

    /// It is awaited no longer.
    void give_back(std::uint8_t generation) noexcept { --awaited_[generation]; }

    /// Has the current one had so many requests, and is there a place for the next?
    [[nodiscard]] bool is_worn(std::uint32_t requests) const noexcept
    {
        return sent_ >= requests && !has_earlier_;
    }

    /// Moves on to a fresh one. Returns the one that has to be closed now, if any.
    std::optional<std::uint8_t> renew() noexcept
    {
        const auto in_the_way = has_earlier_ ? std::optional{earlier()} : std::nullopt;
        current_ = static_cast<std::uint8_t>((current_ + 1) % count);
        sent_ = 0;
        has_earlier_ = true;
        return in_the_way;
    }

    /// The earlier one, once nobody waits for its answers; after this it counts as closed.
    [[nodiscard]] std::optional<std::uint8_t> take_closable() noexcept
    {
        if (!has_earlier_ || awaited_[earlier()] != 0)
            return std::nullopt;
        has_earlier_ = false;
        return earlier();
    }

  private:
    [[nodiscard]] std::uint8_t earlier() const noexcept
    {
        return static_cast<std::uint8_t>((current_ + count - 1) % count);
    }

    std::array<std::uint32_t, count> awaited_{};
    std::uint32_t sent_ = 0; // through the current one
    std::uint8_t current_ = 0;
    bool has_earlier_ = false; // still open
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP
