// What servers answer to version and find.
#ifndef RAIDA_WIRE_ANSWERS_HPP
#define RAIDA_WIRE_ANSWERS_HPP

#include <raida/base/bytes.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace raida::inline v1 {

/// The text of a version answer, which must be printable ASCII (measured: 8 digits); nothing for other bytes.
/// The text points into `body`.
[[nodiscard]] inline std::optional<std::string_view> parse_version(bytes_view body) noexcept
{
    const bool printable =
        std::all_of(body.begin(), body.end(), [](std::uint8_t c) { return c >= 32 && c < 127; });
    if (body.empty() || !printable)
        return std::nullopt;
    return std::string_view{reinterpret_cast<const char*>(body.data()), body.size()};
}

/// Which number a server has for a token.
enum class find_answer : std::uint8_t
{
    neither = 0,
    authenticity = 1,    ///< the one that the token names
    new_authenticity = 2 ///< the new one
};

/// One find_answer per token, over a body that somebody else keeps alive.
class find_answers
{
  public:
    [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
    [[nodiscard]] constexpr find_answer operator[](std::size_t token) const noexcept
    {
        assert(token < count_);
        return body_.empty() ? all_ : static_cast<find_answer>(body_[token]);
    }

  private:
    friend constexpr std::optional<find_answers> parse_find(status, bytes_view, std::size_t) noexcept;

    constexpr find_answers(std::size_t count, find_answer all) noexcept : count_{count}, all_{all} {}
    constexpr explicit find_answers(bytes_view body) noexcept : body_{body}, count_{body.size()} {}

    bytes_view body_{};
    std::size_t count_;
    find_answer all_{};
};

/// Reads an answer to find; `body` without terminator. Nothing for other statuses, for a body without exactly
/// one byte 0..2 per token, and for one that contradicts its status. Only a mixed answer needs a body.
[[nodiscard]] constexpr std::optional<find_answers> parse_find(status what, bytes_view body,
                                                               std::size_t token_count) noexcept
{
    if (!is_find_result(what) || token_count == 0)
        return std::nullopt;
    const bool mixed = what == status::find_mixed;
    const auto all =
        static_cast<std::uint8_t>(static_cast<unsigned>(what) - static_cast<unsigned>(status::find_neither));
    if (body.empty() && !mixed)
        return find_answers{token_count, static_cast<find_answer>(all)};
    const auto fits = [&](std::uint8_t byte) { return mixed ? byte <= 2 : byte == all; };
    if (body.size() != token_count || !std::all_of(body.begin(), body.end(), fits))
        return std::nullopt;
    return find_answers{body};
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_ANSWERS_HPP
