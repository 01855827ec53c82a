// What one server's slot is worth: a vote for all tokens, a vote per token, or none, and why.
#ifndef RAIDA_CONSENSUS_DETAIL_BALLOT_HPP
#define RAIDA_CONSENSUS_DETAIL_BALLOT_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>

namespace raida::inline v1::detail {

enum class ballot : std::uint8_t
{
    all_pass,
    all_fail,
    mixed, // a vote per token
    // A well-formed answer that is no verdict:
    refused,
    key_refused, // since the encryption key was not accepted
    // No usable answer:
    unusable, // what came is none
    silent,
    given_up, // sent, but no longer awaited, or still open
    dropped,  // a network error
    untried,
    unsent, // asked, but given up, or still open, before anything was sent
};

/// How many servers gave which kind of answer: four counts side by side in one number, so that counting
/// neither branches nor waits for memory. Up to 65,535 servers.
class vote_counts
{
  public:
    constexpr void add(ballot what, std::uint64_t servers = 1) noexcept
    {
        counts_ += servers * weights[static_cast<std::size_t>(what)];
    }

    /// all_pass, all_fail, mixed, or refused, which counts both kinds of refusal.
    [[nodiscard]] constexpr std::size_t of(ballot what) const noexcept
    {
        return counts_ / weights[static_cast<std::size_t>(what)] & 0xFFFFU;
    }

  private:
    static constexpr std::array<std::uint64_t, 11> weights{1, 1U << 16, 1ULL << 32, 1ULL << 48, 1ULL << 48};

    std::uint64_t counts_ = 0;
};

/// Whether waiting longer could have told more.
constexpr bool is_open(ballot what) noexcept
{
    return what == ballot::given_up || what == ballot::unsent;
}

/// The letter in a pown string; `m` for mixed, where the token decides.
constexpr char letter_of(ballot what) noexcept
{
    return std::string_view{"pfmebennduu"}[static_cast<std::size_t>(what)];
}

/// A slot without an answer.
inline ballot judge_silence(std::error_code error, unsigned attempts) noexcept
{
    const bool sent = attempts != 0;
    if (!is_own(error)) {
        if (is_system_error(error, std::errc::operation_canceled)) // what asio::error::operation_aborted is
            return sent ? ballot::given_up : ballot::unsent;
        return sent ? ballot::dropped : ballot::untried;
    }
    switch (static_cast<errc>(error.value())) {
    case errc::timed_out:
        return sent ? ballot::silent : ballot::untried;
    case errc::pending:
    case errc::not_awaited:
    case errc::engine_stopped:
        return sent ? ballot::given_up : ballot::unsent;
    case errc::overloaded:
        return ballot::unsent;
    case errc::skipped:
    case errc::no_endpoint:
    case errc::isolated:
        return ballot::untried;
    default:
        return sent ? ballot::unusable : ballot::untried;
    }
}

/// A well-formed answer. `encrypted`: the request was, so that a CRC error means a wrong key. The body of a
/// mixed one is still to be checked.
constexpr ballot judge_status(status what, bool verified, bool encrypted) noexcept
{
    if (is_signed_answer(what) && !verified)
        return ballot::unusable; // anyone could have sent it
    switch (what) {
    case status::all_pass:
        return ballot::all_pass;
    case status::all_fail:
        return ballot::all_fail;
    case status::mixed:
        return ballot::mixed;
    case status::invalid_crc:
        return encrypted ? ballot::key_refused : ballot::refused;
    default:
        return is_key_error(what) ? ballot::key_refused : ballot::refused;
    }
}

/// Any slot of a fan-out.
inline ballot judge_reply(const reply& from, bool encrypted) noexcept
{
    if (from.error)
        return judge_silence(from.error, from.attempts);
    const response_shape shape = shape_of(from.datagram);
    if (shape == response_shape::malformed)
        return ballot::unusable;
    const auto what = static_cast<status>(from.datagram[2]);
    if (shape == response_shape::wide_error && is_signed_answer(what))
        return ballot::unusable; // only errors come in this shape
    return judge_status(what, from.verified, encrypted);
}

/// The body of an answer that was judged mixed.
inline bytes_view body_of_judged(const reply& from) noexcept
{
    constexpr std::size_t around = header_size + terminator_size;
    if (from.datagram.size() <= around)
        return {};
    return from.datagram.subspan(header_size, from.datagram.size() - around);
}

/// A short cut through judge_reply(): knows the mixed answer that a large batch usually gets by its fixed
/// bytes.
class mixed_datagram
{
  public:
    explicit mixed_datagram(std::size_t tokens) noexcept
        : size_{header_size + bitfield::bytes_for(tokens) + terminator_size}
    {
        std::array<std::uint8_t, 4> field{};
        store_big<4>(field.data(), size_ - header_size);
        size_field_ = load_raw<std::uint32_t>(field.data());
        if (size_ - header_size > 0xFFFFFFU)
            size_ = (std::numeric_limits<std::size_t>::max)(); // no size field can say so
    }

    /// The body if it is one, which has exactly the bytes that the tokens take. Null for anything that is to
    /// be judged with care.
    [[nodiscard]] const std::uint8_t* body_of(const reply& from) const noexcept
    {
        if (from.datagram.size() != size_ || from.error.value() != 0 || !from.verified)
            return nullptr;
        const std::uint8_t* at = from.datagram.data();
        const bool fits = at[2] == static_cast<std::uint8_t>(status::mixed) &&
                          ((load_raw<std::uint32_t>(at + 8) ^ size_field_) & size_mask) == 0 &&
                          load_raw<std::uint16_t>(at + size_ - terminator_size) == terminator;
        return fits ? at + header_size : nullptr;
    }

  private:
    template <class Value>
    static Value load_raw(const std::uint8_t* from) noexcept
    {
        Value raw;
        std::memcpy(&raw, from, sizeof raw);
        return raw;
    }

    static constexpr std::uint16_t terminator = terminator_byte << 8 | terminator_byte;

    // Without the reserved byte before the size, in whatever order this processor loads bytes.
    static constexpr std::uint32_t size_mask =
        std::endian::native == std::endian::little ? 0xFFFFFF00U : 0x00FFFFFFU;

    std::size_t size_;
    std::uint32_t size_field_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_BALLOT_HPP
