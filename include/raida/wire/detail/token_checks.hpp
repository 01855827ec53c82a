// What everybody checks who takes tokens, in requests, files and journals: ranges, and that none is there
// twice.
#ifndef RAIDA_WIRE_DETAIL_TOKEN_CHECKS_HPP
#define RAIDA_WIRE_DETAIL_TOKEN_CHECKS_HPP

#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// 0 for numbers that no token of the old network has.
constexpr std::uint32_t legacy_value(std::uint32_t serial) noexcept
{
    struct range
    {
        std::uint32_t last, value;
    };
    for (const range& one : {range{2'097'152, 1}, range{4'194'304, 5}, range{6'291'456, 25},
                             range{14'680'064, 100}, range{16'777'216, 250}})
        if (serial <= one.last)
            return one.value;
    return 0;
}

/// Why no request can be about these tokens, or empty. `keys` is kept for its memory only.
template <std::size_t N>
std::error_code check_tokens(std::span<const basic_token<N>> tokens, std::uint32_t limit,
                             std::vector<std::uint64_t>& keys)
{
    if (tokens.empty())
        return errc::no_tokens;
    keys.clear();
    for (const basic_token<N>& token : tokens) {
        if (!token.denomination.is_valid())
            return errc::invalid_denomination;
        if (!token.serial.is_valid(limit))
            return errc::invalid_serial_number;
        keys.push_back(token.id().key());
    }
    std::sort(keys.begin(), keys.end());
    const bool twice = std::adjacent_find(keys.begin(), keys.end()) != keys.end();
    return twice ? make_error_code(errc::duplicate_token) : std::error_code{};
}

/// Are places lines of a text, or is there nothing to count but the tokens?
enum class places : bool
{
    lines,
    tokens
};

/// Takes tokens one by one and notes the first that is wrong. Errors name places, never contents.
class token_checks
{
  public:
    token_checks(parse_error& error, std::uint32_t limit, places counted) noexcept
        : error_{error}, limit_{limit}, counted_{counted}
    {}

    void reserve(std::size_t tokens) { seen_.reserve(tokens); }

    /// Are these numbers in range? Nothing stands for what is no number at all.
    bool take(std::optional<std::int8_t> power, std::optional<std::uint32_t> serial, std::size_t place)
    {
        if (!power || !denomination{*power}.is_valid())
            return refuse(errc::invalid_denomination, place, "denomination");
        if (!serial || !serial_number{*serial}.is_valid(limit_))
            return refuse(errc::invalid_serial_number, place, "serial number");
        seen_.emplace_back(token_id{{*power}, {*serial}}.key(), place);
        return true;
    }

    /// The same for files of the old network, which name no denomination: a serial number that today's
    /// servers have is worth 1 there, unless the caller knows better.
    bool take_legacy(std::optional<denomination> known, std::optional<std::uint32_t> serial,
                     std::size_t place)
    {
        if (serial && !known && !serial_number{*serial}.is_valid(limit_) && legacy_value(*serial) != 0)
            return refuse(errc::legacy_token, place, "serial number");
        return take(known.value_or(denomination{}).value, serial, place);
    }

    /// After the last one. If a token is there twice, the first place that repeats another is named.
    bool finish()
    {
        if (seen_.empty())
            return refuse(errc::no_tokens, 0, {});
        std::sort(seen_.begin(), seen_.end());
        std::size_t first = 0;
        for (std::size_t i = 1; i < seen_.size(); ++i)
            if (seen_[i].first == seen_[i - 1].first && (first == 0 || seen_[i].second < first))
                first = seen_[i].second;
        return first == 0 || refuse(errc::duplicate_token, first, {});
    }

    /// Always false, so that `return refuse(...)` says it all.
    bool refuse(errc code, std::size_t place, std::string field)
    {
        error_ = {make_error_code(code), place, std::move(field)};
        if (counted_ == places::tokens && place != 0)
            error_ = {error_.code, 0,
                      "token " + std::to_string(place) + (error_.field.empty() ? "" : ", ") + error_.field};
        return false;
    }

    bool refuse_number(std::size_t place, std::size_t server, const char* which = "")
    {
        return refuse(errc::invalid_authenticity, place,
                      which + ("authenticity number of server " + std::to_string(server)));
    }

  private:
    parse_error& error_;
    std::uint32_t limit_;
    places counted_;
    std::vector<std::pair<std::uint64_t, std::size_t>> seen_; // each token's key and place
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_TOKEN_CHECKS_HPP
