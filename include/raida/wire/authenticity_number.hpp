// The secret that proves a token to one server: redacted when printed, wiped when it dies.
#ifndef RAIDA_WIRE_AUTHENTICITY_NUMBER_HPP
#define RAIDA_WIRE_AUTHENTICITY_NUMBER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/text.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace raida::inline v1 {

/// 16 secret bytes. Printing shows "[redacted]", comparing takes the same time whatever differs, dying and
/// being moved from wipe. The only way to the bytes is to ask for them by name.
class authenticity_number
{
  public:
    static constexpr std::size_t size = 16; ///< bytes

    /// All zeros: no number yet.
    constexpr authenticity_number() noexcept = default;
    explicit constexpr authenticity_number(std::span<const std::uint8_t, size> bytes) noexcept
    {
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    }
    constexpr authenticity_number(const authenticity_number&) noexcept = default;
    constexpr authenticity_number(authenticity_number&& other) noexcept : bytes_{other.bytes_}
    {
        other.clear();
    }
    constexpr authenticity_number& operator=(const authenticity_number&) noexcept = default;
    constexpr authenticity_number& operator=(authenticity_number&& other) noexcept
    {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.clear();
        }
        return *this;
    }
    constexpr ~authenticity_number() { clear(); }

    /// 32 hexadecimal digits of either case; nothing for any other text.
    [[nodiscard]] static constexpr std::optional<authenticity_number>
    from_hex(std::string_view digits) noexcept
    {
        std::optional<authenticity_number> number{std::in_place};
        if (!detail::from_hex(digits, number->bytes_))
            number.reset();
        return number;
    }

    /// The secret itself, for building requests and keys. Valid as long as this object.
    [[nodiscard]] constexpr std::span<const std::uint8_t, size> bytes() const noexcept { return bytes_; }

    /// No number: the server it is for is not asked.
    [[nodiscard]] constexpr bool is_zero() const noexcept
    {
        const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
        return (halves[0] | halves[1]) == 0;
    }

    friend constexpr bool operator==(const authenticity_number& left,
                                     const authenticity_number& right) noexcept
    {
        return equal_constant_time(left.bytes_, right.bytes_);
    }

    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const authenticity_number&)
    {
        return out << "[redacted]";
    }

  private:
    constexpr void clear() noexcept
    {
        if (std::is_constant_evaluated())
            bytes_ = {};
        else
            detail::wipe(bytes_.data(), bytes_.size());
    }

    std::array<std::uint8_t, size> bytes_{};
};

/// One number per server; server i gets the i-th and no other.
template <std::size_t N = server_count>
using authenticity_numbers = std::array<authenticity_number, N>;

} // namespace raida::inline v1

#endif // RAIDA_WIRE_AUTHENTICITY_NUMBER_HPP
