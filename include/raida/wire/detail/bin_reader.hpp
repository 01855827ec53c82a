// Reads the binary forms of token files. Their sizes tell them apart: no two can be the same.
#ifndef RAIDA_WIRE_DETAIL_BIN_READER_HPP
#define RAIDA_WIRE_DETAIL_BIN_READER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/detail/token_intake.hpp>
#include <raida/wire/token_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace raida::inline v1::detail {

inline constexpr std::size_t bin_header_size = 32, bin_id_size = 7, bin_padding = 31,
                             numbers_size = server_count * authenticity_number::size;

/// Letters by nibble: .bin format 9, format 0, and JPEG.
inline constexpr std::string_view bin_letters = "uuuuuuuuuupbndef", bin_0_letters = "uuuuuuuuuupuunef",
                                  jpeg_letters = "upnuuuuuuupuuuef";

/// The caller has checked the bounds of these two. Null: the token was refused; then it is false.
inline bool load_numbers(const std::uint8_t* from, authenticity_numbers<>* into) noexcept
{
    constexpr std::size_t size = authenticity_number::size;
    for (std::size_t server = 0; into != nullptr && server < into->size(); ++server)
        (*into)[server] =
            authenticity_number{std::span<const std::uint8_t, size>{from + size * server, size}};
    return into != nullptr;
}

inline pown_letters load_pown(const std::uint8_t* nibbles, std::string_view letters) noexcept
{
    pown_letters said{};
    for (std::size_t server = 0; server < said.size(); ++server)
        said[server] = letters[server % 2 == 0 ? nibbles[server / 2] >> 4U : nibbles[server / 2] & 15U];
    return said;
}

/// Some wallets fill up to a multiple of 32 with random bytes, others with one byte again and again. Anything
/// else is the end of a token that something has shifted.
inline bool is_padding(bytes_view file, std::size_t from) noexcept
{
    const bytes_view rest = file.subspan(from);
    const bool is_even = std::all_of(rest.begin(), rest.end(), [&](std::uint8_t byte) {
        return byte == rest.front() && (byte == 0 || rest.size() > 1);
    });
    return rest.size() <= bin_padding && (is_even || file.size() % (bin_padding + 1) == 0);
}

/// Format 9.
inline bool read_bin(bytes_view bytes, token_intake& into)
{
    into.file().format = token_format::bin;
    if (bytes.size() < bin_header_size)
        return into.refuse(errc::truncated, "header");
    const std::uint8_t* const header = bytes.data();
    if (const unsigned cipher = header[5]; cipher != 0) {
        const std::string name = cipher == 1   ? "AES-128"
                                 : cipher == 4 ? "AES-256"
                                               : "an unknown cipher, " + std::to_string(cipher);
        return into.refuse(errc::unsupported_format,
                           "encrypted with " + name + " (decrypt it with the wallet that wrote it)");
    }
    const std::size_t count = load_big<2>(header + 6);
    const bool has_new = (header[15] & 1U) != 0;
    const std::size_t record = bin_id_size + (has_new ? 2 : 1) * numbers_size;
    const std::size_t size = bin_header_size + count * record;
    if (!into.check_coin(load_big<2, std::uint16_t>(header + 2)))
        return false;
    if (bytes.size() < size)
        return into.refuse(errc::truncated,
                           "token " + std::to_string((bytes.size() - bin_header_size) / record + 1) + " of " +
                               std::to_string(count));
    if (!is_padding(bytes, size))
        return into.refuse(errc::damaged, "what follows the last token");
    into.reserve(count);
    if (has_new)
        into.file().new_numbers.reserve(count);
    const std::uint8_t* at = header + bin_header_size;
    for (std::size_t i = 0; i < count; ++i, at += record) {
        if (at[0] != 0 || at[1] != 0)
            return into.refuse_token(errc::damaged, "split and shard");
        const token_id id{{static_cast<std::int8_t>(at[2])}, {load_big<4>(at + 3)}};
        if (!load_numbers(at + bin_id_size, into.take(id)))
            return false;
        if (has_new)
            load_numbers(at + bin_id_size + numbers_size, &into.file().new_numbers.emplace_back());
    }
    if (count == 1) {
        into.file().pown_strings.push_back(load_pown(header + 16, bin_letters));
        copy_bytes(header + 29, 3, into.file().task_id.data());
    }
    return into.finish();
}

inline constexpr std::size_t bin_0_pown_at = 3, bin_0_numbers_at = 16,
                             bin_0_record = bin_0_numbers_at + numbers_size,
                             bin_0_limbo = bin_header_size + bin_0_record + numbers_size;

inline bool is_bin_0(bytes_view bytes) noexcept
{
    if (bytes.size() < bin_header_size || load_big<3>(bytes.data()) != 0 || bytes[3] > 1)
        return false;
    const std::size_t size = bytes.size() - bin_header_size;
    return bytes[3] == 1 || (size != 0 && size % bin_0_record == 0) || bytes.size() == bin_0_limbo;
}

/// Could these be letters of format 0? No number of 13 random bytes in a million millions could.
inline bool are_bin_0_letters(bytes_view nibbles) noexcept
{
    const auto is_letter_of = [](unsigned nibble) { return nibble == 0 || bin_0_letters[nibble] != 'u'; };
    return std::all_of(nibbles.begin(), nibbles.end() - 1, [&](std::uint8_t byte) {
        return is_letter_of(byte >> 4U) && is_letter_of(byte & 15U);
    });
}

/// Format 0. The count is in the size.
inline bool read_bin_0(bytes_view bytes, token_intake& into)
{
    into.file().format = token_format::bin_0;
    if (bytes[3] == 0)
        return into.refuse(errc::unsupported_format, "an identity coin, which is no token");
    if (bytes[4] != 0 || bytes[5] != 0)
        return into.refuse(errc::unsupported_format,
                           "split or encrypted (decrypt it with the wallet that wrote it)");
    const bool has_new =
        bytes.size() == bin_0_limbo && // and not two tokens, the second of them cut off
        !are_bin_0_letters(bytes.subspan(bin_header_size + bin_0_record + bin_0_pown_at, 13));
    const std::size_t size = bytes.size() - bin_header_size, count = has_new ? 1 : size / bin_0_record;
    if (!has_new && size % bin_0_record != 0)
        return into.refuse(errc::truncated, "token " + std::to_string(count + 1));
    into.reserve(count);
    into.file().pown_strings.reserve(count);
    const std::uint8_t* at = bytes.data() + bin_header_size;
    for (std::size_t i = 0; i < count; ++i, at += bin_0_record) {
        if (!load_numbers(at + bin_0_numbers_at, into.take_legacy(load_big<3>(at))))
            return false;
        into.file().pown_strings.push_back(load_pown(at + bin_0_pown_at, bin_0_letters));
    }
    if (has_new)
        load_numbers(at, &into.file().new_numbers.emplace_back());
    return into.finish();
}

inline constexpr std::size_t bin_405_size = 5 + numbers_size, binary_stack_header = 5,
                             binary_stack_record = 4 + numbers_size;

inline bool is_worth(std::uint8_t byte) noexcept
{
    return denomination{static_cast<std::int8_t>(byte)}.is_valid();
}

/// A token of 405 bytes begins with its name, as do format 0 and the binary .stack with something that looks
/// like one: where it could be either, cut off by chance at this size, it is neither.
inline bool is_bin_405(bytes_view bytes) noexcept
{
    if (bytes.size() != bin_405_size || !is_worth(bytes[0]))
        return false;
    const bool maybe_bin_0 =
        load_big<3>(bytes.data()) == 0 && bytes[3] <= 1 && load_big<2>(bytes.data() + 4) == 0;
    const bool maybe_stack =
        load_big<4>(bytes.data() + 1) <= 0xFFFF && serial_number{load_big<4>(bytes.data() + 5)}.is_valid();
    return !maybe_bin_0 && !maybe_stack;
}

inline bool read_bin_405(bytes_view bytes, token_intake& into)
{
    into.file().format = token_format::bin_405;
    const token_id id{{static_cast<std::int8_t>(bytes[0])}, {load_big<4>(bytes.data() + 1)}};
    return load_numbers(bytes.data() + 5, into.take(id)) && into.finish();
}

inline bool is_binary_stack(bytes_view bytes) noexcept
{
    if (bytes.size() <= binary_stack_header || !is_worth(bytes[0]))
        return false;
    const std::size_t size = bytes.size() - binary_stack_header;
    return size % binary_stack_record == 0 && size / binary_stack_record == load_big<4>(bytes.data() + 1);
}

/// All tokens are worth the same.
inline bool read_binary_stack(bytes_view bytes, token_intake& into)
{
    into.file().format = token_format::binary_stack;
    const denomination worth{static_cast<std::int8_t>(bytes[0])};
    into.reserve(bytes.size() / binary_stack_record);
    for (bytes = bytes.subspan(binary_stack_header); !bytes.empty();
         bytes = bytes.subspan(binary_stack_record))
        if (!load_numbers(bytes.data() + 4, into.take({worth, {load_big<4>(bytes.data())}})))
            return false;
    return into.finish();
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_BIN_READER_HPP
