// Writes files full of secrets.
#ifndef RAIDA_WIRE_DETAIL_SECRET_WRITER_HPP
#define RAIDA_WIRE_DETAIL_SECRET_WRITER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/text.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/authenticity_number.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace raida::inline v1::detail {

/// Into memory of the largest size that is possible, so that no secret is left behind in a smaller block.
class secret_writer
{
  public:
    explicit secret_writer(std::size_t most) : bytes_{most} {}

    /// Text: characters, strings, numbers in decimal, authenticity numbers in hex.
    template <class... Values>
    void put(const Values&... values)
    {
        (put_one(values), ...);
    }

    void put_hex(bytes_view bytes)
    {
        for (const std::uint8_t byte : bytes)
            for (const char digit : to_hex(byte))
                put_one(digit);
    }
    void put_hex(std::uint32_t number)
    {
        std::uint8_t bytes[4];
        store_big<4>(bytes, number);
        put_hex(bytes);
    }

    template <std::size_t Size, class Number>
    void put_big(Number value)
    {
        store_big<Size>(bytes_.data() + used_, value);
        used_ += Size;
    }
    void put_bytes(bytes_view bytes)
    {
        copy_bytes(bytes.data(), bytes.size(), bytes_.data() + used_);
        used_ += bytes.size();
    }

    /// So far.
    [[nodiscard]] std::string_view text() const noexcept
    {
        return {reinterpret_cast<const char*>(bytes_.data()), used_};
    }

    [[nodiscard]] secret_bytes take()
    {
        return used_ == bytes_.size() ? std::move(bytes_) : secret_bytes{bytes_view{bytes_.data(), used_}};
    }

  private:
    void put_one(char c) { bytes_[used_++] = static_cast<std::uint8_t>(c); }
    void put_one(std::string_view text)
    {
        for (const char c : text)
            put_one(c);
    }
    template <std::integral Number>
    void put_one(Number number)
    {
        char digits[24];
        put_one(std::string_view{digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
    }
    void put_one(const authenticity_number& number) { put_hex(number.bytes()); }

    secret_bytes bytes_;
    std::size_t used_ = 0;
};

/// In hex, each behind a comma.
template <std::size_t N>
void put_numbers(secret_writer& out, const authenticity_numbers<N>& numbers)
{
    for (const authenticity_number& one : numbers)
        out.put(',', one);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_SECRET_WRITER_HPP
