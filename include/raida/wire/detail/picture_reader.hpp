// Finds tokens in pictures.
#ifndef RAIDA_WIRE_DETAIL_PICTURE_READER_HPP
#define RAIDA_WIRE_DETAIL_PICTURE_READER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/detail/bin_reader.hpp>
#include <raida/wire/detail/token_intake.hpp>
#include <raida/wire/token_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raida::inline v1::detail {

/// Does it begin so?
inline bool starts_with(bytes_view bytes, std::string_view with) noexcept
{
    return bytes.size() >= with.size() &&
           std::equal(with.begin(), with.end(), bytes.begin(),
                      [](char c, std::uint8_t byte) { return static_cast<std::uint8_t>(c) == byte; });
}

inline bool is_png(bytes_view bytes) noexcept
{
    return starts_with(bytes, "\x89PNG\r\n\x1A\n");
}
inline bool is_jpeg(bytes_view bytes) noexcept
{
    return starts_with(bytes, "\xFF\xD8\xFF");
}

/// The tokens in a PNG are in a chunk of their own: what it holds, or nothing with an error.
inline bytes_view find_in_png(bytes_view png, token_intake& into)
{
    constexpr std::size_t signature = 8, frame = 12; // of a chunk: size, type, CRC
    for (png = png.subspan(signature); png.size() >= frame;) {
        const std::size_t size = load_big<4>(png.data());
        if (size > png.size() - frame)
            break;
        const bytes_view checked = png.subspan(4, 4 + size);
        if (starts_with(checked, "IEND"))
            return into.refuse(errc::unsupported_format, "a PNG without tokens"), bytes_view{};
        if (starts_with(checked, "cLDc")) {
            if (load_big<4>(png.data() + 8 + size) == crc32(checked))
                return checked.subspan(4);
            return into.refuse(errc::damaged, "checksum of the tokens in the PNG"), bytes_view{};
        }
        png = png.subspan(frame + size);
    }
    return into.refuse(errc::truncated, "a PNG"), bytes_view{};
}

/// One token at fixed places, in front of the picture.
inline bool read_jpeg(bytes_view bytes, token_intake& into)
{
    constexpr std::string_view front{"\xFF\xD8\xFF\xE0\x01\xC3JFIF\0\1\1\1\0\x60\0\x60\x1D\5", 20};
    constexpr std::size_t numbers_at = front.size(), owner_at = 420, pown_at = 436, serial_at = 452,
                          end = 455;
    into.file().format = token_format::jpeg;
    if (!starts_with(bytes, front))
        return into.refuse(errc::unsupported_format, "a JPEG without tokens");
    if (bytes.size() <= end)
        return into.refuse(errc::truncated, "a JPEG");
    if (bytes[end] != 0xFF) // the next part of the picture
        return into.refuse(errc::damaged, "the token in the JPEG");
    if (bytes[owner_at] == 0xEE)
        return into.refuse(errc::unsupported_format,
                           "an encrypted token in a JPEG (decrypt it with the wallet that wrote it)");
    if (!load_numbers(bytes.data() + numbers_at, into.take_legacy(load_big<3>(bytes.data() + serial_at))))
        return false;
    into.file().pown_strings.push_back(load_pown(bytes.data() + pown_at, jpeg_letters));
    return into.finish();
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_PICTURE_READER_HPP
