// Token files of every form that people have, told apart by what is in them.
#ifndef RAIDA_WIRE_TOKEN_FILE_HPP
#define RAIDA_WIRE_TOKEN_FILE_HPP

#include <raida/base/bytes.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/detail/bin_reader.hpp>
#include <raida/wire/detail/csv_reader.hpp>
#include <raida/wire/detail/picture_reader.hpp>
#include <raida/wire/detail/stack_reader.hpp>
#include <raida/wire/detail/token_intake.hpp>
#include <raida/wire/token_bin.hpp>
#include <raida/wire/token_csv.hpp>
#include <raida/wire/token_format.hpp>
#include <raida/wire/token_key.hpp>
#include <raida/wire/token_stack.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

namespace raida::inline v1 {

namespace detail {

/// What it is, and what to do, if it is something else that people may take for a file of tokens; or null.
inline const char* name_of_other(bytes_view bytes) noexcept
{
    struct other
    {
        std::string_view begin;
        const char* name;
    };
    for (const other& one :
         {other{"PK", "a ZIP (unpack it first)"}, other{"\x1F\x8B", "gzip (unpack it first)"},
          other{"7z\xBC\xAF", "a 7z archive (unpack it first)"},
          other{"Rar!", "a RAR archive (unpack it first)"}, other{"\xFD\x37zXZ", "xz (unpack it first)"},
          other{"%PDF", "a PDF"}, other{"GIF8", "a GIF, which holds no tokens"},
          other{"RIFF", "a RIFF file (WebP, WAV)"}, other{"\xFF\xFE", "UTF-16 (save it as UTF-8)"},
          other{"\xFE\xFF", "UTF-16 (save it as UTF-8)"},
          other{"raida-journal,", "a journal of a pown (recover it with its own reader)"}})
        if (starts_with(bytes, one.begin))
            return one.name;
    return nullptr;
}

inline bool is_text(bytes_view bytes) noexcept
{
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), bin_header_size));
    return std::none_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) {
        return byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n';
    });
}

class token_file_reader
{
  public:
    token_file_reader(parse_error& error, const token_file_options& options) noexcept
        : error_{error}, options_{options}, into_{error, options, file_}
    {}

    token_file read(bytes_view bytes)
    {
        if (is_png(bytes)) {
            if (const bytes_view inside = find_in_png(bytes, into_); !error_)
                read_png(inside);
        } else if (is_jpeg(bytes))
            read_jpeg(bytes, into_);
        else if (const char* const other = name_of_other(bytes))
            into_.refuse(errc::unsupported_format, other);
        else if (is_text(bytes))
            read_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        else if (bytes[0] == 9)
            read_bin(bytes, into_);
        else if (is_bin_405(bytes))
            read_bin_405(bytes, into_);
        else if (is_binary_stack(bytes))
            read_binary_stack(bytes, into_);
        else if (is_bin_0(bytes))
            read_bin_0(bytes, into_);
        else
            into_.refuse(errc::unknown_format, {});
        return error_ ? token_file{} : std::move(file_);
    }

  private:
    void read_png(bytes_view inside)
    {
        if (is_text(inside))
            stack_reader{{reinterpret_cast<const char*>(inside.data()), inside.size()}, into_}.read();
        else if (is_bin_0(inside))
            read_bin_0(inside, into_);
        else
            into_.refuse(errc::unsupported_format, "a PNG whose tokens are in no known form");
        file_.format = token_format::png;
    }

    void read_text(std::string_view text)
    {
        std::string_view first; // line that says anything
        for (text_lines lines{text}; first.empty() && lines.next(first);)
            ;
        constexpr std::size_t digits = 2 * authenticity_number::size;
        if (first.starts_with('{'))
            stack_reader{text, into_}.read();
        else if (first.size() == digits && authenticity_number::from_hex(first))
            read_key(text, into_);
        else {
            csv_reader<server_count> reader{error_, options_.limit, options_.worth};
            file_.tokens = reader.read(text);
            file_.format = reader.legacy() ? token_format::legacy_csv : token_format::csv;
        }
    }

    parse_error& error_;
    const token_file_options& options_;
    token_file file_;
    token_intake into_;
};

} // namespace detail

/// Reads a file of tokens in any of the forms of token_format. Which one is found out from its bytes; the
/// name of the file is only asked where it says what the file does not.
/// Errors: if anything is wrong, `error` is set and the result is empty. What is recognised but cannot be
/// used is errc::unsupported_format, and the error's field says what it is and what to do: encrypted files,
/// pictures without tokens, archives, journals, a .key file without its name, tokens of another coin.
/// legacy_token: of the old network, and not to be asked for before it is converted. unknown_format;
/// truncated and damaged (too short, too long, a checksum); and those of parse_tokens(). It names the place,
/// and never repeats a secret. Memory: a small multiple of the file's size.
[[nodiscard]] inline token_file read_token_file(bytes_view bytes, parse_error& error,
                                                const token_file_options& options = {})
{
    error = {};
    return detail::token_file_reader{error, options}.read(bytes);
}

/// The same, but throws std::system_error, whose text names the place.
[[nodiscard]] inline token_file read_token_file(bytes_view bytes, const token_file_options& options = {})
{
    parse_error error;
    auto file = read_token_file(bytes, error, options);
    error.throw_if_set();
    return file;
}

/// The bytes of a file in this form; they are secret and wiped with the result.
/// Errors: no_tokens; too_many_tokens (more than one in a .key, than 65,535 in a .bin); unsupported_format
/// for forms that are only read, and for those that would lose the new numbers of a pown in limbo;
/// invalid_denomination for a .stack of tokens that it cannot name. Then it is empty.
[[nodiscard]] inline secret_bytes write_token_file(const token_file& file, token_format format,
                                                   std::error_code& error)
{
    if (format == token_format::bin)
        return write_token_bin(file, error);
    if (format == token_format::stack)
        return write_token_stack(file, error);
    const bool is_key = format == token_format::key;
    error = file.tokens.empty() ? make_error_code(errc::no_tokens)
            : (!is_key && format != token_format::csv) || !file.new_numbers.empty()
                ? make_error_code(errc::unsupported_format)
            : is_key && file.tokens.size() != 1 ? make_error_code(errc::too_many_tokens)
                                                : std::error_code{};
    if (error)
        return {};
    return is_key ? write_token_key(file.tokens[0]) : write_tokens_csv(file.tokens);
}

/// The same, but throws std::system_error.
[[nodiscard]] inline secret_bytes write_token_file(const token_file& file, token_format format)
{
    return detail::or_throw("write_token_file",
                            [&](std::error_code& error) { return write_token_file(file, format, error); });
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_FILE_HPP
