// Files of tokens from one form to another, and journals of powns from and to .bin files in limbo.
#include "support/arguments.hpp"
#include "support/bad_input.hpp"
#include "support/durable_file.hpp"
#include "support/run_program.hpp"
#include "support/secret_file.hpp"
#include "support/token_reader.hpp"

#include <raida/client/journal.hpp>
#include <raida/client/transfer_file.hpp>
#include <raida/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using support::bad_input;
using support::quoted;

constexpr const char* help = R"(usage: convert [options] IN OUT

Reads a file of tokens in any form (.bin, .key, .stack, CSV, pictures, a pown's
journal) and writes it in another, readable by its owner alone. IN stays as it
is. If OUT is a folder, the file gets the name that wallets give it.

  --to FORMAT        csv, bin, key, stack or journal (default: as OUT ends); key:
                     one file per token, if OUT is a folder
  --replace          OUT may be there already, and is replaced
  --tag TEXT         what the name of a .bin file in a folder ends with
  --denomination N   what tokens are worth in forms that do not say it: 10 to
                     the power of N
  --coin-id N        the coin that the tokens belong to (default 6)
  -h, --help         this text
  --version          which version this is

A pown in limbo, with old and new numbers of each token, goes into .bin and
journal only: `pown --recover` takes the journal and finds out what servers
hold.

Exit code: 0 written, 2 bad input.
)";

// Where the library has no word for it: a journal.
using wanted_format = std::optional<raida::token_format>;

struct settings
{
    std::string in, out, tag;
    wanted_format format; // nothing: a journal
    std::uint16_t coin = raida::default_coin;
    std::optional<raida::denomination> worth;
    bool replace = false;
};

wanted_format read_format(const std::string& name)
{
    using raida::token_format;
    static constexpr std::pair<std::string_view, wanted_format> known[] = {{"csv", token_format::csv},
                                                                           {"bin", token_format::bin},
                                                                           {"key", token_format::key},
                                                                           {"stack", token_format::stack},
                                                                           {"journal", std::nullopt}};
    for (const auto& [text, format] : known)
        if (name == text)
            return format;
    throw bad_input{"to what? --to takes csv, bin, key, stack or journal, or OUT ends with one of them" +
                    (name.empty() ? "" : ", not " + quoted(name))};
}

settings read_settings(int argc, char** argv)
{
    support::arguments given{argc, argv};
    settings wanted;
    wanted.replace = given.flag("--replace");
    wanted.tag = given.value("--tag").value_or("");
    const auto to = given.value("--to");
    wanted.coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, wanted.coin);
    constexpr std::int16_t unknown = 127;
    if (const auto worth = given.number<std::int16_t>("--denomination", -8, 6, unknown); worth != unknown)
        wanted.worth = raida::denomination{static_cast<std::int8_t>(worth)};
    const auto in = given.operand(), out = given.operand();
    given.done();
    if (!in || !out || in->empty() || out->empty())
        throw bad_input{"from what, to what? convert IN OUT (--help lists all options)"};
    wanted.in = *in;
    wanted.out = *out;
    const std::string ending = std::filesystem::path{*out}.extension().string();
    wanted.format = read_format(to ? *to : ending.substr(ending.empty() ? 0 : 1));
    return wanted;
}

constexpr std::string_view journal_begin = "raida-journal,";

raida::token_file read_journal(const settings& wanted, std::string_view text)
{
    raida::parse_error error;
    auto record = raida::parse_journal(text, error);
    if (error)
        throw bad_input{wanted.in + ": " + error.message()};
    if (!wanted.format)
        throw bad_input{quoted(wanted.in) + " is a journal already, and knows more than a copy would"};
    if (record.coin && *record.coin != wanted.coin)
        throw bad_input{quoted(wanted.in) + " is of coin " + std::to_string(*record.coin) +
                        ": say so with --coin-id"};
    return raida::to_token_file(std::move(record));
}

raida::token_file read(const settings& wanted)
{
    const support::secret_file file{wanted.in};
    auto held =
        file.text().starts_with(journal_begin)
            ? read_journal(wanted, file.text())
            : support::read_token_file(file.text(), wanted.in, {.coin = wanted.coin, .worth = wanted.worth});
    held.coin = wanted.coin; // which not every form says
    return held;
}

// What is to be written where. The name of a .key file names its token.
struct output
{
    std::string path;
    raida::token_file tokens;
};

std::vector<output> to_folder(const settings& wanted, raida::token_file&& held)
{
    const std::filesystem::path folder{wanted.out};
    if (wanted.format == raida::token_format::bin) {
        const auto name = held.tokens.size() == 1 && wanted.tag.empty()
                              ? raida::bin_file_name(held.tokens[0].id())
                              : raida::bin_file_name(held.tokens, wanted.tag);
        return {{(folder / name).string(), std::move(held)}};
    }
    if (wanted.format != raida::token_format::key)
        throw bad_input{quoted(wanted.out) + " is a folder: name the file"};
    std::vector<output> all;
    for (raida::token& one : held.tokens) {
        const std::string name = to_string(raida::key_file_name{held.coin, one.id()});
        auto& made = all.emplace_back(output{(folder / name).string(), {.coin = held.coin}});
        made.tokens.tokens.push_back(std::move(one));
    }
    return all;
}

std::vector<output> plan(const settings& wanted, raida::token_file&& held)
{
    if (!held.new_numbers.empty() && wanted.format && wanted.format != raida::token_format::bin)
        throw bad_input{quoted(wanted.in) +
                        " holds a pown in limbo: only bin and journal keep both numbers of each token"};
    if (held.new_numbers.empty() && !wanted.format)
        throw bad_input{quoted(wanted.in) + " holds no pown in limbo, so there is nothing to recover"};
    std::error_code ignored;
    if (std::filesystem::is_directory(wanted.out, ignored))
        return to_folder(wanted, std::move(held));
    if (wanted.format == raida::token_format::key && held.tokens.size() == 1) {
        const raida::key_file_name right{held.coin, held.tokens[0].id()};
        const auto named = raida::key_file_name::parse(wanted.out);
        if (!named || named->coin != right.coin || named->id != right.id)
            throw bad_input{"the name of a .key file says which token it is: call it " + to_string(right)};
    }
    std::vector<output> one;
    one.push_back({wanted.out, std::move(held)});
    return one;
}

// Throws bad_input where there is something that must stay.
void check(const settings& wanted, const std::string& path)
{
    if (support::is_same_file(path, wanted.in))
        throw bad_input{quoted(path) + " is read: name another file to write"};
    if (!support::exists(path))
        return;
    if (!wanted.replace)
        throw bad_input{quoted(path) + " exists already: --replace replaces it"};
    if (!support::is_plain_file(path))
        throw bad_input{quoted(path) + " is no plain file, and is not replaced"};
    if (support::exists(path + ".part"))
        throw bad_input{quoted(path + ".part") + " is in the way"};
    if (support::secret_file{path}.text().starts_with(journal_begin))
        throw bad_input{quoted(path) + " is the journal of a pown, and is not replaced"};
}

void write(const std::string& path, std::string_view bytes)
{
    std::error_code error;
    if (support::exists(path)) { // which may be replaced
        error = support::write_durably(path, bytes, [] {});
    } else {
        error = support::write_all(path, bytes); // never over another
        if (error && error != std::errc::file_exists)
            unlink(path.c_str());
    }
    if (error)
        throw bad_input{"cannot write " + quoted(path) + ": " + error.message()};
}

void write(const settings& wanted, output& one)
{
    std::error_code error;
    if (wanted.format) {
        const auto bytes = raida::write_token_file(one.tokens, *wanted.format, error);
        if (error)
            throw bad_input{wanted.in + ": cannot be written as " + std::string{to_string(*wanted.format)} +
                            ": " + error.message()};
        return write(one.path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    const auto record = raida::to_transfer_record(std::move(one.tokens), error);
    const auto text = error ? raida::journal_text{} : raida::write_journal(record, error);
    if (error)
        throw bad_input{wanted.in + ": " + error.message()};
    write(one.path, text.text());
}

int convert(const settings& wanted)
{
    auto held = read(wanted);
    const std::size_t count = held.tokens.size();
    const bool in_limbo = !held.new_numbers.empty();
    const auto worth = raida::value_of(held.tokens);
    auto outputs = plan(wanted, std::move(held));
    for (const output& one : outputs)
        check(wanted, one.path);
    for (output& one : outputs)
        write(wanted, one);
    std::cout << count << (count == 1 ? " token" : " tokens") << " worth " << to_string(worth, ',')
              << (in_limbo ? ", a pown in limbo with old and new numbers:" : ":");
    for (const output& one : outputs)
        std::cout << ' ' << one.path;
    std::cout << '\n';
    if (!std::cout.flush())
        throw bad_input{"cannot write the result"};
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    return support::run_program("convert", help, [&] { return read_settings(argc, argv); }, convert);
}
