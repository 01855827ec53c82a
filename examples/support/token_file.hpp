// Token files: written so that only their owner can read them.
#ifndef RAIDA_EXAMPLES_TOKEN_FILE_HPP
#define RAIDA_EXAMPLES_TOKEN_FILE_HPP

#include "bad_input.hpp"
#include "durable_file.hpp"
#include "may_replace.hpp"
#include "secret_file.hpp"

#include <raida/base/parse_error.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/client/transfer.hpp>
#include <raida/wire/token.hpp>
#include <raida/wire/token_csv.hpp>

#include <span>
#include <string>

namespace support {

// Throws bad_input unless this file may be replaced by tokens of this record: it is not there, or loses no
// number. A `leftover`, which a crash may have cut off, need not be a file of tokens.
inline void check_may_replace(const std::string& path, const raida::transfer_record<>& record,
                              bool leftover = false)
{
    if (!exists(path) || (leftover && !is_plain_file(path)))
        return;
    if (!is_plain_file(path))
        throw bad_input{support::quoted(path) + " is no plain file, and is not replaced: name another --out"};
    const secret_file file{path};
    raida::parse_error error;
    const auto held = raida::parse_tokens(file.text(), error);
    if (error && !leftover)
        throw bad_input{support::quoted(path) + " is no file of tokens (" + error.message() +
                        "), and is not replaced: name another --out"};
    if (!may_replace(held, record))
        throw bad_input{support::quoted(path) +
                        " holds numbers that are not in the journal and would be lost, and is not replaced: "
                        "name another --out, or the --journal that belongs to it"};
}

// Replaces what may be replaced, looking once more at the last moment. Throws bad_input. Mode 0600.
inline void write_tokens(const std::string& path, std::span<const raida::token> tokens,
                         const raida::transfer_record<>& record)
{
    const raida::secret_bytes text = raida::write_tokens_csv(tokens);
    const auto error = write_durably(path, {reinterpret_cast<const char*>(text.data()), text.size()},
                                     [&] { check_may_replace(path, record); });
    if (error)
        throw bad_input{"cannot write " + support::quoted(path) + ": " + error.message()};
}

} // namespace support

#endif // RAIDA_EXAMPLES_TOKEN_FILE_HPP
