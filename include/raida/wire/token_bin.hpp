// Writes .bin files of format 9, as wallets of today read them.
#ifndef RAIDA_WIRE_TOKEN_BIN_HPP
#define RAIDA_WIRE_TOKEN_BIN_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/detail/bin_reader.hpp>
#include <raida/wire/detail/secret_writer.hpp>
#include <raida/wire/token_format.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace raida::inline v1 {

namespace detail {

// Bytes 16..31: of one token what the servers said of it; else a sign that there are many.
inline void put_bin_receipt(secret_writer& out, const token_file& file)
{
    if (file.tokens.size() != 1)
        return out.put("Live Free Or Die");
    std::array<std::uint8_t, 13> nibbles{};
    for (std::size_t server = 0; server < server_count; ++server) {
        const char letter = file.pown_strings.empty() ? 'u' : file.pown_strings[0][server];
        const std::size_t found = bin_letters.find(letter), nibble = found < bin_letters.size() ? found : 0;
        nibbles[server / 2] |= static_cast<std::uint8_t>(server % 2 == 0 ? nibble << 4U : nibble);
    }
    nibbles.back() |= 9; // of no server
    out.put_bytes(nibbles);
    out.put_bytes(file.task_id);
}

inline void put_bin_numbers(secret_writer& out, const authenticity_numbers<>& numbers)
{
    for (const authenticity_number& one : numbers)
        out.put_bytes(one.bytes());
}

} // namespace detail

/// A .bin file, with the proposed numbers if there are any. The bytes are secret and wiped with the result.
/// Errors: no_tokens; too_many_tokens beyond 65,535; invalid_authenticity unless there is one set of new
/// numbers per token, or none. Then it is empty.
[[nodiscard]] inline secret_bytes write_token_bin(const token_file& file, std::error_code& error)
{
    const std::size_t count = file.tokens.size();
    const bool has_new = !file.new_numbers.empty();
    error = count == 0                                    ? make_error_code(errc::no_tokens)
            : count > 0xFFFF                              ? make_error_code(errc::too_many_tokens)
            : has_new && file.new_numbers.size() != count ? make_error_code(errc::invalid_authenticity)
                                                          : std::error_code{};
    if (error)
        return {};
    detail::secret_writer out{detail::bin_header_size +
                              count * (detail::bin_id_size + (has_new ? 2 : 1) * detail::numbers_size)};
    out.put_big<2>(0x0901U);
    out.put_big<2>(std::uint32_t{file.coin});
    out.put_big<2>(0U); // free, and not encrypted
    out.put_big<2>(count);
    out.put_big<8>(std::uint64_t{has_new ? 1U : 0U});
    detail::put_bin_receipt(out, file);
    for (std::size_t i = 0; i < count; ++i) {
        const token& one = file.tokens[i];
        out.put_big<2>(0U); // split and shard
        out.put_big<1>(static_cast<std::uint8_t>(one.denomination.value));
        out.put_big<4>(one.serial.value);
        detail::put_bin_numbers(out, one.numbers);
        if (has_new)
            detail::put_bin_numbers(out, file.new_numbers[i]);
    }
    return out.take();
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_BIN_HPP
