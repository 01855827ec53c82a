// Token files from one form to another: nothing is lost, nothing is overwritten, nothing is shown.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_CONVERT_PROGRAM

TEST_CASE("convert is tested where it is built", "[convert]")
{
    SKIP("the examples are not built");
}

#else

#include "example_support.hpp"

#include <raida/client/journal.hpp>
#include <raida/client/transfer_file.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/token_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace program_support;

namespace {

outcome convert(const std::string& arguments, const scratch_folder& folder)
{
    return run(std::string{RAIDA_CONVERT_PROGRAM} + " " + arguments, folder);
}

raida::token_file read(const scratch_folder& folder, const std::string& name)
{
    const std::string bytes = folder.read(name);
    return raida::read_token_file({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                                  {.name = name});
}

std::string bin(const raida::token_file& file)
{
    const auto bytes = raida::write_token_file(file, raida::token_format::bin);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

raida::token_file in_limbo(std::size_t count)
{
    raida::token_file file{.tokens = raida::testing::make_tokens(count)};
    for (const raida::token& fresh : raida::testing::make_tokens(count, 5))
        file.new_numbers.push_back(fresh.numbers);
    return file;
}

bool is_for_owner_alone(const std::string& path)
{
    using std::filesystem::perms;
    return std::filesystem::status(path).permissions() == (perms::owner_read | perms::owner_write);
}

void expect_refusal(const outcome& shown, std::string_view complaint)
{
    CAPTURE(shown.err);
    CHECK(shown.code == 2);
    CHECK(shown.out.empty());
    CHECK(shown.err.starts_with("convert: "));
    CHECK(shown.err.find(complaint) != std::string::npos);
    CHECK(occurrences(shown.err, "\n") == 1);
}

} // namespace

TEST_CASE("tokens are the same in every form, in files for their owner alone", "[convert]")
{
    const scratch_folder folder;
    auto tokens = raida::testing::make_tokens(45);
    std::erase_if(tokens, [](const raida::token& one) { return one.denomination.value != 0; }); // see .stack
    const std::string before = csv(tokens);
    folder.write("a.csv", before);
    std::string last = folder / "a.csv";
    for (const char* next : {"b.bin", "c.stack", "d.bin", "e.csv"}) {
        const outcome shown = convert(last + " " + (folder / next), folder);
        CAPTURE(next, shown.err);
        REQUIRE(shown.code == 0);
        CHECK(shown.err.empty());
        CHECK(shown.out == "3 tokens worth 3: " + (folder / next) + "\n");
        CHECK(is_for_owner_alone(folder / next));
        CHECK_FALSE(tells_secrets(shown, tokens));
        last = folder / next;
    }
    CHECK(csv(read(folder, "e.csv").tokens) == before);
    CHECK(folder.read("b.bin") == folder.read("d.bin"));
    CHECK(folder.read("a.csv") == before);
    CHECK(convert("--to csv " + last + " " + (folder / "f.bin"), folder).code == 0);
    CHECK(folder.read("f.bin") == folder.read("e.csv"));
}

TEST_CASE("in a folder files have the names that wallets give them", "[convert]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(12);
    const std::string many = folder.write("many.csv", csv(tokens)),
                      one = folder.write("one.csv", csv(std::span{tokens}.first(1)));
    std::filesystem::create_directory(folder / "keys");
    std::filesystem::create_directory(folder / "bins");

    REQUIRE(convert("--to key " + many + " " + (folder / "keys"), folder).code == 0);
    std::vector<raida::token> read_back;
    for (const raida::token& token : tokens) {
        const std::string name = "keys/" + to_string(raida::key_file_name{6, token.id()});
        CHECK(is_for_owner_alone(folder / name));
        read_back.push_back(read(folder, name).tokens.at(0));
    }
    CHECK(csv(read_back) == csv(tokens));

    CHECK(convert("--to bin " + one + " " + (folder / "bins"), folder).code == 0);
    CHECK(csv(read(folder, "bins/" + raida::bin_file_name(tokens[0].id())).tokens) ==
          csv(std::span{tokens}.first(1)));
    CHECK(convert("--to bin --tag mine " + many + " " + (folder / "bins"), folder).code == 0);
    CHECK(csv(read(folder, "bins/" + raida::bin_file_name(tokens, "mine")).tokens) == csv(tokens));
    expect_refusal(convert("--to csv " + many + " " + (folder / "bins"), folder),
                   "is a folder: name the file");
    expect_refusal(convert(one + " " + (folder / "00060000000000.key"), folder),
                   "call it " + to_string(raida::key_file_name{6, tokens[0].id()}));
}

TEST_CASE("a pown in limbo keeps both numbers of each token, in .bin and in a journal", "[convert]")
{
    for (const std::size_t count : {1U, 4U}) {
        const scratch_folder folder;
        const auto file = in_limbo(count);
        const std::string before = bin(file);
        const std::string limbo = folder.write("limbo.bin", before);
        const outcome shown = convert(limbo + " " + (folder / "pown.journal"), folder);
        REQUIRE(shown.code == 0);
        CHECK(shown.says(", a pown in limbo with old and new numbers: "));
        CHECK(is_for_owner_alone(folder / "pown.journal"));
        const auto record = raida::parse_journal(folder.read("pown.journal"));
        CHECK(csv(record.tokens) == csv(file.tokens));
        CHECK(record.new_numbers == file.new_numbers);
        CHECK_FALSE(record.finished);
        CHECK(record.coin == 6);

        REQUIRE(convert((folder / "pown.journal") + " " + (folder / "again.bin"), folder).code == 0);
        CHECK(folder.read("again.bin") == before);
        for (const char* other : {"x.csv", "x.key", "x.stack"}) {
            for (const char* from : {"limbo.bin", "pown.journal"})
                expect_refusal(convert((folder / from) + " " + (folder / other), folder),
                               "only bin and journal keep both numbers of each token");
            CHECK_FALSE(std::filesystem::exists(folder / other));
        }
        expect_refusal(convert((folder / "pown.journal") + " " + (folder / "copy.journal"), folder),
                       "is a journal already");
        expect_refusal(convert("--coin-id 9 " + (folder / "pown.journal") + " " + (folder / "x.bin"), folder),
                       "is of coin 6");
    }
}

TEST_CASE("no file is overwritten unasked, and some never are", "[convert]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(2), others = raida::testing::make_tokens(1, 9);
    const std::string in = folder.write("in.csv", csv(tokens)), out = folder.write("out.bin", "mine");
    const std::string limbo = folder.write("limbo.bin", bin(in_limbo(1)));

    expect_refusal(convert(in + " " + out, folder), "out.bin' exists already: --replace replaces it");
    CHECK(folder.read("out.bin") == "mine");
    CHECK(convert("--replace " + in + " " + out, folder).code == 0);
    CHECK(csv(read(folder, "out.bin").tokens) == csv(tokens));
    CHECK(is_for_owner_alone(out));

    std::filesystem::create_symlink(out, folder / "link.bin");
    std::filesystem::create_symlink(in, folder / "in_again.csv");
    folder.write("kept.bin", "mine");
    folder.write("kept.bin.part", "mine too");
    REQUIRE(convert(limbo + " " + (folder / "pown.journal"), folder).code == 0);
    std::filesystem::copy_file(folder / "pown.journal", folder / "journal.bin");
    const std::pair<const char*, const char*> never[] = {
        {"in.csv", "is read: name another file to write"},
        {"in_again.csv", "is read: name another file to write"},
        {"link.bin", "is no plain file, and is not replaced"},
        {"kept.bin", "kept.bin.part' is in the way"},
        {"journal.bin", "is the journal of a pown, and is not replaced"}};
    for (const auto& [name, complaint] : never) {
        const std::string before = folder.read(name);
        expect_refusal(convert("--replace " + in + " " + (folder / name), folder), complaint);
        CHECK(folder.read(name) == before);
    }
    CHECK(folder.read("kept.bin.part") == "mine too");
    expect_refusal(convert("--replace " + limbo + " " + (folder / "pown.journal"), folder),
                   "is the journal of a pown");
}

TEST_CASE("forms that do not say what tokens are worth are told", "[convert]")
{
    const scratch_folder folder;
    raida::token_file file{.tokens = raida::testing::make_tokens(1)};
    file.tokens[0].denomination.value = 0;
    const auto bytes = raida::write_token_file(file, raida::token_format::stack);
    const std::string stack =
        folder.write("t.stack", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const outcome shown = convert("--denomination 2 " + stack + " " + (folder / "t.csv"), folder);
    CAPTURE(shown.err);
    CHECK(shown.code == 0);
    const auto told = read(folder, "t.csv").tokens.at(0);
    CHECK(told.denomination.value == 2);
    CHECK(told.serial == file.tokens[0].serial);
}

TEST_CASE("bad arguments and files of convert are exit code 2 and one line", "[convert]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(2); // one hundred-millionth, and ten of them
    const std::string in = folder.write("in.csv", csv(tokens)), nothing = folder / "nothing.csv";
    const std::pair<std::string, std::string> cases[] = {
        {"", "from what, to what?"},
        {in, "from what, to what?"},
        {in + " ''", "from what, to what?"},
        {in + " " + nothing + " more", "unexpected argument 'more'"},
        {"--colour " + in + " " + nothing, "unknown option '--colour'"},
        {in + " " + (folder / "out"), "to what? --to takes csv, bin, key, stack or journal"},
        {in + " " + (folder / "out.zip"), "not 'zip'"},
        {"--to zip " + in + " " + nothing, "not 'zip'"},
        {"--denomination 7 " + in + " " + nothing, "--denomination takes a whole number from -8 to 6"},
        {"--coin-id x " + in + " " + nothing, "--coin-id takes a whole number"},
        {(folder / "missing") + " " + nothing, "cannot read '"},
        {folder.write("zip", "PK") + " " + nothing, "a ZIP (unpack it first)"},
        {folder.write("cut.journal", "raida-journal,2,25\n") + " " + nothing, "cut.journal: line"},
        {in + " " + (folder / "x.journal"), "holds no pown in limbo"},
        {in + " " + (folder / "x.key"), "cannot be written as .key: more tokens than"},
        {in + " " + (folder / "x.stack"), "cannot be written as .stack: denomination out of range (-8 to 6)"},
        {in + " " + (folder / "no/such/folder.bin"), "cannot write '"},
    };
    for (const auto& [arguments, complaint] : cases) {
        INFO(arguments);
        const outcome shown = convert(arguments, folder);
        expect_refusal(shown, complaint);
        CHECK_FALSE(tells_secrets(shown, tokens));
    }
    CHECK_FALSE(std::filesystem::exists(nothing));
    CHECK_FALSE(std::filesystem::exists(folder / "x.key"));
    const outcome help = convert("--help", folder);
    CHECK(help.code == 0);
    for (const char* option : {"--to FORMAT", "--replace", "--tag TEXT", "--denomination N", "--coin-id N",
                               "-h, --help", "--version"})
        CHECK(help.says(option));
}

#endif
