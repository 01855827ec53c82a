// How long to wait for each server.
#ifndef RAIDA_ENGINE_DEADLINES_HPP
#define RAIDA_ENGINE_DEADLINES_HPP

#include <raida/base/errc.hpp>
#include <raida/engine/learning.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <type_traits>

namespace raida::inline v1 {

/// Public guidance for one request by UDP.
inline constexpr std::chrono::milliseconds default_deadline{3000};

/// Deadlines longer than this are refused: they are a mistake in units.
inline constexpr std::chrono::hours longest_deadline{1};

/// Deadlines learned from each server's own round trips: SRTT + 4 RTTVAR within these bounds.
///
/// Where nothing is known yet `unknown` holds; an echo gets two thirds of it and a batch five thirds, as
/// public guidance has it (2, 3 and 5 seconds). A batch gets five thirds of what was learned, too, while what
/// was learned is from smaller requests. A server that was never heard of though its whole deadline passed
/// is awaited as long as the slowest one that is known, and the next time as a typical one, until something
/// of it is heard.
struct learned
{
    std::chrono::nanoseconds shortest = std::chrono::milliseconds{200}; ///< no deadline is shorter
    std::chrono::nanoseconds longest = std::chrono::seconds{10};        ///< nor longer
    std::chrono::nanoseconds unknown = default_deadline;                ///< where nothing was learned

    /// Requests of more bytes than this are batches.
    static constexpr std::size_t batch = 256;

    /// For a request of `size` bytes to a server whose round trips are `known`.
    [[nodiscard]] constexpr std::chrono::nanoseconds operator()(const round_trip& known, command_code what,
                                                                std::size_t size) const noexcept
    {
        const bool is_known = known.samples != 0;
        auto wanted = is_known ? known.timeout() : unknown;
        if (size > batch && (!is_known || size / 2 > known.size))
            wanted = wanted * 5 / 3;
        else if (what == echo_command && !is_known)
            wanted = wanted * 2 / 3;
        return std::clamp((std::max)(wanted, known.backed_off), shortest, (std::max)(shortest, longest));
    }
};

/// How long each server's answer is awaited, counted from the send of its own request.
///
/// One duration for all servers, one for each, or learned from what each server showed before. Regular and
/// free of allocation. Refused at the call with errc::invalid_deadline: a duration that is not positive, or
/// longer than `longest_deadline`.
template <std::size_t N = server_count>
class deadlines
{
  public:
    using duration = std::chrono::nanoseconds;

    /// The default for all.
    constexpr deadlines() noexcept : deadlines{default_deadline} {}

    /// One for all.
    template <class Rep, class Period>
    constexpr deadlines(std::chrono::duration<Rep, Period> all) noexcept
    {
        each_.fill(convert(all));
    }

    /// One per server, by its id.
    template <class Rep, class Period>
    constexpr deadlines(const std::array<std::chrono::duration<Rep, Period>, N>& each) noexcept
    {
        std::transform(each.begin(), each.end(), each_.begin(), [](auto one) { return convert(one); });
    }

    /// A number without a unit is refused in plain words.
    template <class Number>
    requires std::is_arithmetic_v<Number>
    constexpr deadlines(Number) noexcept
    {
        static_assert(!std::is_arithmetic_v<Number>,
                      "a deadline has a unit: 500ms, 3s (std::chrono_literals)");
    }

    /// Learned, within bounds.
    constexpr deadlines(const learned& bounds) noexcept : bounds_{bounds}, is_learned_{true} {}

    /// Empty, or errc::invalid_deadline.
    [[nodiscard]] std::error_code check() const noexcept
    {
        const auto is_wrong = [](duration one) { return one <= duration::zero() || one > longest_deadline; };
        const bool wrong = is_learned_ ? is_wrong(bounds_.shortest) || is_wrong(bounds_.longest) ||
                                             is_wrong(bounds_.unknown) || bounds_.shortest > bounds_.longest
                                       : std::any_of(each_.begin(), each_.end(), is_wrong);
        return wrong ? make_error_code(errc::invalid_deadline) : std::error_code{};
    }

    /// For a request of `size` bytes to `server`, whose round trips are `known`.
    [[nodiscard]] constexpr duration for_server(std::size_t server, const round_trip& known = {},
                                                command_code what = {}, std::size_t size = 0) const noexcept
    {
        return is_learned_ ? bounds_(known, what, size) : each_[server];
    }

  private:
    // Out of range becomes "too long" or "not positive" instead of overflowing.
    template <class Rep, class Period>
    static constexpr duration convert(std::chrono::duration<Rep, Period> from) noexcept
    {
        using seconds = std::chrono::duration<double>;
        if (seconds{from} > seconds{longest_deadline})
            return (duration::max)();
        if (!(seconds{from} > seconds::zero()))
            return duration::zero();
        return (std::max)(duration{1}, std::chrono::duration_cast<duration>(from));
    }

    std::array<duration, N> each_{};
    learned bounds_{};
    bool is_learned_ = false;
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_DEADLINES_HPP
