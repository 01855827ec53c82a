#include <raida/wire/token_file.hpp>

#include <catch2/catch_test_macros.hpp>

#include "token_file_support.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using raida::errc;
using raida::parse_error;
using raida::token_format;
using tests::bytes_of;
using tests::data_file;
using tests::outcome;
using tests::text_of;

const char* const key_name = "00060100002618.key";

raida::token_file read(const std::string& name)
{
    return raida::read_token_file(bytes_of(data_file("tokens/" + name)), {.name = key_name});
}

// How many bytes of a file hold its tokens: line ends and pictures may be cut off.
std::size_t last_needed(token_format format, const std::string& whole)
{
    switch (format) {
    case token_format::png:
        return whole.find("IDAT") - 4;
    case token_format::jpeg:
        return whole.size() - 1;
    default:
        return whole.size() - (whole.ends_with('\n') ? 1 : 0);
    }
}

struct expectation
{
    const char* name;
    token_format format;
    const char* tokens;
};

const expectation readable[] = {
    {"00060100002618.key", token_format::key, "1:9752"},
    {"0_super.bin", token_format::bin_0, "0:12345 0:77 0:9752 0:999999"},
    {"405.bin", token_format::bin_405, "1:9752"},
    {"9_limbo.bin", token_format::bin, "0:12345"},
    {"9_multi.bin", token_format::bin, "0:12345 -2:77 1:9752 3:999999"},
    {"9_single.bin", token_format::bin, "0:12345"},
    {"bin.stack", token_format::binary_stack, "1:9752 1:9753"},
    {"bom_head.csv", token_format::csv, "0:12345 -2:77 1:9752 3:999999"},
    {"card.png", token_format::png, "0:12345 0:77 0:9752 0:999999"},
    {"hot12.csv", token_format::csv, "0:12345 -2:77 1:9752 3:999999"},
    {"json.stack", token_format::stack, "0:12345 0:77 0:9752 0:999999"},
    {"legacy.jpg", token_format::jpeg, "0:12345"},
    {"legacy_sn_denom_nn.csv", token_format::legacy_csv, "0:12345 0:77 0:9752 0:999999"},
    {"native.csv", token_format::csv, "0:12345 -2:77 1:9752 3:999999"},
    {"quoted.csv", token_format::csv, "0:12345 -2:77 1:9752 3:999999"},
    {"ref.json", token_format::json, "1:9752"},
    {"semicolon.csv", token_format::csv, "0:12345 -2:77 1:9752 3:999999"},
    {"swapped_head.csv", token_format::csv, "1:5 1:3"},
    {"zeros.csv", token_format::csv, "0:12345"},
};

} // namespace

TEST_CASE("every file of tokens that people have is read for what it is", "[token_file]")
{
    const auto native = read("native.csv");
    for (const expectation& one : readable) {
        CAPTURE(one.name);
        CHECK(outcome(data_file(std::string{"tokens/"} + one.name), {.name = key_name}) == one.tokens);
        const auto file = read(one.name);
        CHECK(to_string(file.format) == to_string(one.format));
        if (std::string_view{one.name} == "zeros.csv" || std::string_view{one.name} == "hot12.csv")
            continue;
        for (const raida::token& token : file.tokens) // their numbers depend on the serial number alone
            for (const raida::token& known : native.tokens)
                if (known.serial == token.serial)
                    CHECK(known.numbers == token.numbers);
    }
    CHECK(read("swapped_head.csv").tokens[0].numbers[0] ==
          raida::authenticity_number::from_hex("d1f8cfaf64ce701d8a5c8970c26bc09f"));
    CHECK(read("bin.stack").tokens[1].numbers[0].bytes()[0] == 0x5E);
    CHECK(read("zeros.csv").tokens[0].numbers[24].is_zero());
    CHECK(read("hot12.csv").tokens[0].numbers[12].is_zero());
}

TEST_CASE("the file that may be read in two ways is refused by its name", "[token_file]")
{
    CHECK(outcome(data_file("tokens/legacy_sn_nn.csv")).find("of the old network (put a heading in front") !=
          std::string::npos);
}

TEST_CASE("what is read and written again is the same, byte for byte", "[token_file]")
{
    const auto check = [](const char* name) {
        CAPTURE(name);
        const auto file = read(name);
        CHECK(text_of(raida::write_token_file(file, file.format)) ==
              data_file(std::string{"tokens/"} + name));
    };
    for (const char* name : {"00060100002618.key", "9_limbo.bin", "9_multi.bin", "9_single.bin", "json.stack",
                             "native.csv", "hot12.csv", "zeros.csv"})
        check(name);
}

TEST_CASE("letters say what servers said of a token", "[token_file]")
{
    const auto said = [](const char* name) {
        const auto file = read(name);
        return std::string{file.pown_strings.at(0).data(), file.pown_strings[0].size()};
    };
    CHECK(said("9_single.bin") == "ppppfppuppnppppppppppeppp");
    CHECK(said("9_limbo.bin") == "ppppfppuppnppppppppppeppp");
    CHECK(said("0_super.bin") == std::string(25, 'p'));
    CHECK(said("legacy.jpg") == std::string(25, 'p'));
    CHECK(said("card.png") == std::string(25, 'u'));
    CHECK(read("9_multi.bin").pown_strings.empty());
}

TEST_CASE("a file that was cut off anywhere gives no token that was not whole in it", "[token_file]")
{
    for (const expectation& one : readable) {
        const std::string whole = data_file(std::string{"tokens/"} + one.name);
        const auto file = read(one.name);
        // Rows, and format 0, say nothing of their number: a whole token less is a file like any other.
        const bool is_open = one.format == token_format::csv || one.format == token_format::legacy_csv ||
                             one.format == token_format::bin_0;
        for (std::size_t size = 0; size < whole.size(); size += whole.size() > 3000 ? 5 : 1) {
            parse_error error;
            const auto part = raida::read_token_file(bytes_of(std::string_view{whole}.substr(0, size)), error,
                                                     {.name = key_name});
            const bool is_missed = !error && !is_open && size < last_needed(one.format, whole);
            if (tests::is_part(part, file) &&
                part.new_numbers.size() == (error ? 0 : file.new_numbers.size()) && !is_missed)
                continue;
            CAPTURE(one.name, size);
            FAIL_CHECK("more than there is, or as if nothing were missing");
        }
    }
}

TEST_CASE("a binary file with a byte too many or too few in it gives no token that was not in it",
          "[token_file]")
{
    for (const expectation& one : readable) {
        const bool is_binary = one.format == token_format::bin || one.format == token_format::bin_0 ||
                               one.format == token_format::bin_405 ||
                               one.format == token_format::binary_stack || one.format == token_format::jpeg;
        if (!is_binary)
            continue;
        const std::string whole = data_file(std::string{"tokens/"} + one.name);
        const auto file = read(one.name);
        const auto check = [&](const std::string& spoilt, std::size_t at) {
            parse_error error;
            if (tests::is_part(raida::read_token_file(bytes_of(spoilt), error), file))
                return;
            CAPTURE(one.name, at, spoilt.size() - whole.size());
            FAIL_CHECK("a token from nowhere");
        };
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const std::size_t size : {1U, 2U, 7U, 16U, 31U, 407U}) {
                check(std::string{whole}.erase(at, size), at);
                check(std::string{whole}.insert(at, size, '\0'), at);
                check(std::string{whole}.insert(at, size, whole[at]), at);
            }
        }
    }
}

TEST_CASE("what people take for a file of tokens is called by its name", "[token_file]")
{
    const auto name = [](std::string_view bytes) {
        const std::string said = outcome(bytes);
        CHECK(tests::code_of(bytes) == errc::unsupported_format);
        return said.substr(0, said.find(": recognised, but of no use as it is"));
    };
    CHECK(name("PK\x03\x04 and so on") == "a ZIP (unpack it first)");
    CHECK(name("\x1F\x8B\x08") == "gzip (unpack it first)");
    CHECK(name("7z\xBC\xAF\x27\x1C") == "a 7z archive (unpack it first)");
    CHECK(name("%PDF-1.4") == "a PDF");
    CHECK(name("GIF89a") == "a GIF, which holds no tokens");
    CHECK(name("\xFF\xFE"
               "0") == "UTF-16 (save it as UTF-8)");
    CHECK(name("raida-journal,1,25\n") == "a journal of a pown (recover it with its own reader)");
    CHECK(name("{\"servers\": []}") == "JSON without tokens");
    CHECK(outcome(std::string(1000, '\1')) == "not a known format");
    CHECK(outcome(std::string(1000, '\0')) == "not a known format");
    CHECK(outcome("") == "no tokens");
    CHECK(outcome("hello\n") == "line 1, denomination: denomination out of range (-8 to 6)");
}

TEST_CASE("any tokens are read as they were written", "[token_file]")
{
    raida::token_file file{.tokens = raida::testing::make_tokens(300)};
    for (const auto format : {token_format::bin, token_format::csv})
        CHECK(tests::same(raida::read_token_file(raida::write_token_file(file, format)), file));

    for (const auto& other : raida::testing::make_tokens(300, 2))
        file.new_numbers.push_back(other.numbers);
    CHECK(tests::same(raida::read_token_file(raida::write_token_file(file, token_format::bin)), file));

    file.tokens.resize(1);
    file.new_numbers.resize(1);
    file.pown_strings.resize(1);
    file.task_id = {1, 2, 3};
    for (std::size_t turn = 0; turn < 7; ++turn) {
        for (std::size_t server = 0; server < 25; ++server)
            file.pown_strings[0][server] = std::string_view{"upbnfde"}[(server + turn) % 7];
        CHECK(tests::same(raida::read_token_file(raida::write_token_file(file, token_format::bin)), file));
    }
    file.new_numbers.clear();
    const auto key =
        raida::read_token_file(raida::write_token_file(file, token_format::key),
                               {.name = to_string(raida::key_file_name{6, file.tokens[0].id()})});
    CHECK(tests::same(key.tokens[0], file.tokens[0]));

    file = {.tokens = raida::testing::make_tokens(20)};
    for (auto& one : file.tokens)
        one.denomination.value = 0;
    file.pown_strings.resize(20);
    for (auto& one : file.pown_strings)
        one.fill('e');
    CHECK(tests::same(raida::read_token_file(raida::write_token_file(file, token_format::stack)), file));
}

TEST_CASE("what a form cannot hold is not written in it", "[token_file]")
{
    const auto code = [](const raida::token_file& file, token_format format) {
        std::error_code error;
        const auto bytes = raida::write_token_file(file, format, error);
        CHECK(bytes.empty() == static_cast<bool>(error));
        if (error)
            CHECK_THROWS_AS(raida::write_token_file(file, format), std::system_error);
        return error;
    };
    const raida::token_file none, one{.tokens = raida::testing::make_tokens(1)},
        two{.tokens = raida::testing::make_tokens(2)};
    for (const auto format : {token_format::csv, token_format::bin, token_format::key, token_format::stack})
        CHECK(code(none, format) == errc::no_tokens);
    for (const auto format :
         {token_format::legacy_csv, token_format::bin_0, token_format::bin_405, token_format::binary_stack,
          token_format::json, token_format::png, token_format::jpeg})
        CHECK(code(one, format) == errc::unsupported_format);
    CHECK(code(two, token_format::key) == errc::too_many_tokens);
    CHECK(code(one, token_format::stack) == errc::invalid_denomination);
    CHECK_FALSE(code(two, token_format::csv));

    raida::token_file limbo = two;
    limbo.new_numbers.resize(1);
    CHECK(code(limbo, token_format::bin) == errc::invalid_authenticity);
    limbo.tokens.resize(1);
    limbo.tokens[0].denomination.value = 0;
    CHECK_FALSE(code(limbo, token_format::bin));
    for (const auto format : {token_format::csv, token_format::key, token_format::stack})
        CHECK(code(limbo, format) == errc::unsupported_format);
}

TEST_CASE("an error about a file of tokens never repeats what it holds", "[token_file]")
{
    for (const expectation& one : readable) {
        const std::string whole = data_file(std::string{"tokens/"} + one.name);
        for (std::size_t at = 0; at < whole.size(); at += 13) {
            std::string spoilt = whole;
            spoilt[at] = '?';
            spoilt.erase(std::min(whole.size() - 1, at + 100), 3);
            const std::string said = outcome(spoilt, {.name = key_name});
            for (const char* digits : {"b504037e", "B504037E", "8c7b7f90", "8C7B7F90", "72c0a3f7"})
                CHECK(said.find(digits) == std::string::npos);
        }
    }
    CHECK_THROWS_AS(raida::read_token_file(bytes_of("PK")), std::system_error);
}
