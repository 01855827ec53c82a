// Where the readers of token files that are no lines of text put what they find.
#ifndef RAIDA_WIRE_DETAIL_TOKEN_INTAKE_HPP
#define RAIDA_WIRE_DETAIL_TOKEN_INTAKE_HPP

#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/token_format.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace raida::inline v1::detail {

/// Checks token by token; the first fault ends it all.
class token_intake
{
  public:
    token_intake(parse_error& error, const token_file_options& options, token_file& file) noexcept
        : options_{options}, file_{file}, checks_{error, options.limit, places::tokens}
    {}

    [[nodiscard]] const token_file_options& options() const noexcept { return options_; }
    [[nodiscard]] token_file& file() noexcept { return file_; }

    /// The caller has checked that the file is long enough for so many.
    void reserve(std::size_t tokens)
    {
        file_.tokens.reserve(tokens);
        checks_.reserve(tokens);
    }

    /// The place of the next token's numbers; null if it is refused.
    authenticity_numbers<>* take(token_id id)
    {
        return checks_.take(id.denomination.value, id.serial.value, next()) ? add(id) : nullptr;
    }

    /// The same where the file does not say what the token is worth.
    authenticity_numbers<>* take_legacy(std::optional<std::uint32_t> serial)
    {
        return checks_.take_legacy(options_.worth, serial, next())
                   ? add({options_.worth.value_or(denomination{}), {*serial}})
                   : nullptr;
    }

    bool check_coin(std::uint16_t coin)
    {
        file_.coin = coin;
        return coin == options_.coin ||
               refuse(errc::unsupported_format, "tokens of coin " + std::to_string(coin) + ", not of coin " +
                                                    std::to_string(options_.coin));
    }

    /// Something about the whole file. Always false.
    bool refuse(errc code, std::string what) { return checks_.refuse(code, 0, std::move(what)); }

    /// Something about the token that is read, or would be next.
    bool refuse_token(errc code, std::string what) { return checks_.refuse(code, next(), std::move(what)); }
    bool refuse_number(std::size_t server) { return checks_.refuse_number(file_.tokens.size(), server); }

    bool finish() { return checks_.finish(); }

  private:
    [[nodiscard]] std::size_t next() const noexcept { return file_.tokens.size() + 1; }

    authenticity_numbers<>* add(token_id id)
    {
        token& one = file_.tokens.emplace_back();
        one.denomination = id.denomination;
        one.serial = id.serial;
        return &one.numbers;
    }

    const token_file_options& options_;
    token_file& file_;
    token_checks checks_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_TOKEN_INTAKE_HPP
