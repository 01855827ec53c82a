// .key files: the numbers of one token, for encryption.
#ifndef RAIDA_WIRE_TOKEN_KEY_HPP
#define RAIDA_WIRE_TOKEN_KEY_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/detail/secret_writer.hpp>
#include <raida/wire/detail/token_intake.hpp>
#include <raida/wire/token_file_name.hpp>
#include <raida/wire/token_format.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace raida::inline v1 {

namespace detail {

/// 25 lines of 32 digits.
inline bool read_key(std::string_view text, token_intake& into)
{
    into.file().format = token_format::key;
    const auto name = key_file_name::parse(into.options().name);
    if (!name)
        return into.refuse(
            errc::unsupported_format,
            "a .key file, whose name says which token it is (as 00060100002618.key does: coin, "
            "denomination, serial number)");
    if (!into.check_coin(name->coin))
        return false;
    auto* const numbers = into.take(name->id);
    std::size_t count = 0;
    text_lines lines{text};
    for (std::string_view line; numbers != nullptr && lines.next(line);) {
        if (line.empty())
            continue;
        auto number = authenticity_number::from_hex(line);
        if (!number || count == numbers->size())
            return into.refuse_number(count);
        (*numbers)[count++] = *std::move(number);
    }
    if (numbers == nullptr)
        return false;
    return count == numbers->size() ? into.finish() : into.refuse_number(count);
}

} // namespace detail

/// A .key file; its name is to_string(key_file_name{coin, token.id()}). The bytes are secret and wiped with
/// the result.
[[nodiscard]] inline secret_bytes write_token_key(const token& key)
{
    constexpr std::size_t line = 2 * authenticity_number::size + 1;
    detail::secret_writer out{server_count * line};
    for (const authenticity_number& number : key.numbers) {
        for (const std::uint8_t byte : number.bytes())
            for (const char digit : detail::to_hex(byte))
                out.put(digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit);
        out.put('\n');
    }
    return out.take();
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_KEY_HPP
