// Which of its sockets a lane sends through, and when an earlier one may be closed.
#ifndef RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP
#define RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace raida::inline v1::detail {

/// Numbers, not sockets: those are the transport's, two of a lane at most. Requests sent through the earlier
/// one are answered there, so it stays until none is left, or until the next renewal needs its place: what is
/// open then ends by its deadline.
///
/// A path may die in silence: a network that filters the old address, a translator that forgot the port.
/// Nothing tells that from a dead server, or a slow one, so what was silent time and again is tried from a
/// fresh socket: after three silences in a row, and while no fresh one is answered, after twice as many each
/// time. Until it is, the earlier one stays for answers that are late.
class socket_generations
{
  public:
    using time_point = std::chrono::steady_clock::time_point;

    static constexpr std::size_t count = 16; // slot::generation has four bits
    static constexpr std::uint8_t patience = 3;
    static constexpr std::uint8_t longest_patience = 96;

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

    /// The server was heard: there is a path.
    void heard(std::uint8_t generation) noexcept
    {
        if (generation != current_)
            return;
        silences_ = 0;
        patience_ = patience;
        waiting_since_ = (time_point::max)();
        is_on_trial_ = false;
    }

    /// A request that left at `sent` ended without an answer, which was allowed to take `timeout`. Those of
    /// one such time are one silence, and all may have been given up early.
    void on_silence(std::uint8_t generation, time_point sent, std::chrono::nanoseconds timeout,
                    time_point now) noexcept
    {
        if (generation != current_ || sent < silent_since_ || silences_ == patience_)
            return;
        waiting_since_ = (std::min)(waiting_since_, sent);
        if (now - waiting_since_ < timeout)
            return;
        ++silences_;
        silent_since_ = now;
        waiting_since_ = (time_point::max)();
    }

    /// The current one cannot send any more. False if there is no place for the next: that of an earlier one
    /// belongs to those that wait for its answers.
    [[nodiscard]] bool give_up() noexcept
    {
        is_given_up_ = has_place();
        return is_given_up_;
    }

    /// Is it time for another one, which has a place? `requests`: that many wear one out.
    [[nodiscard]] bool is_worn(std::uint32_t requests) const noexcept
    {
        return (sent_ >= requests || silences_ == patience_ || is_given_up_) && has_place();
    }

    /// Moves on to a fresh one. Returns the one that has to be closed now, if any.
    std::optional<std::uint8_t> renew() noexcept
    {
        const auto in_the_way = has_earlier_ ? std::optional{earlier()} : std::nullopt;
        current_ = static_cast<std::uint8_t>((current_ + 1) % count);
        sent_ = 0;
        is_on_trial_ = silences_ == patience_;
        if (is_on_trial_)
            patience_ = std::min<std::uint8_t>(2 * patience_, longest_patience);
        silences_ = 0;
        waiting_since_ = (time_point::max)();
        is_given_up_ = false;
        has_earlier_ = true;
        return in_the_way;
    }

    /// The earlier one, once nobody waits for its answers; after this it counts as closed.
    [[nodiscard]] std::optional<std::uint8_t> take_closable() noexcept
    {
        if (!has_earlier_ || awaited_[earlier()] != 0 || is_on_trial_)
            return std::nullopt;
        has_earlier_ = false;
        return earlier();
    }

  private:
    [[nodiscard]] std::uint8_t earlier() const noexcept
    {
        return static_cast<std::uint8_t>((current_ + count - 1) % count);
    }

    [[nodiscard]] bool has_place() const noexcept
    {
        return !has_earlier_ || (is_on_trial_ && awaited_[earlier()] == 0);
    }

    std::array<std::uint32_t, count> awaited_{};
    std::uint32_t sent_ = 0;                         // through the current one
    time_point silent_since_{};                      // up to the last silence that counted
    time_point waiting_since_ = (time_point::max)(); // what ended without an answer since then
    std::uint8_t current_ = 0;
    std::uint8_t silences_ = 0;
    std::uint8_t patience_ = patience;
    bool is_given_up_ = false;
    bool is_on_trial_ = false; // the current one, after silence
    bool has_earlier_ = false; // still open
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_SOCKET_GENERATIONS_HPP
