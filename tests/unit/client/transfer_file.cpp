// A pown in limbo as a .bin file with proposed numbers and as a journal: no number is lost on the way.
#include <raida/client/journal.hpp>
#include <raida/client/transfer_file.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/token_file.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <vector>

namespace {

using raida::errc;
using raida::holding;
using raida::token_file;

std::vector<raida::authenticity_numbers<>> new_numbers(std::size_t count)
{
    std::vector<raida::authenticity_numbers<>> sets;
    for (const raida::token& fresh : raida::testing::make_tokens(count, 5))
        sets.push_back(fresh.numbers);
    return sets;
}

token_file in_limbo(std::size_t count)
{
    return {.tokens = raida::testing::make_tokens(count), .new_numbers = new_numbers(count)};
}

bool same_tokens(const std::vector<raida::token>& left, const std::vector<raida::token>& right)
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const raida::token& one, const raida::token& other) {
                          return one.id() == other.id() && one.numbers == other.numbers;
                      });
}

raida::transfer_record<> record_of(const token_file& file)
{
    std::error_code error;
    auto record = raida::to_transfer_record(file, error);
    REQUIRE_FALSE(error);
    return record;
}

} // namespace

TEST_CASE("a file in limbo is a record of which nothing is known, and back", "[transfer_file]")
{
    auto file = in_limbo(3);
    file.coin = 9;
    file.tokens[1].numbers[4] = {};
    const auto record = record_of(file);
    CHECK(same_tokens(record.tokens, file.tokens));
    CHECK(record.new_numbers == file.new_numbers);
    CHECK(record.coin == 9);
    CHECK_FALSE(record.finished);
    CHECK(record.servers == decltype(record.servers){});
    REQUIRE(record.holdings.size() == 3);
    for (std::size_t token = 0; token < 3; ++token)
        for (std::size_t server = 0; server < 25; ++server)
            CHECK(record.holdings[token][server] ==
                  (token == 1 && server == 4 ? holding::not_asked : holding::unknown));

    const auto again = raida::to_token_file(record);
    CHECK(same_tokens(again.tokens, file.tokens));
    CHECK(again.new_numbers == file.new_numbers);
    CHECK(again.coin == 9);
    CHECK(raida::to_token_file({.tokens = file.tokens}).coin == raida::default_coin);
}

TEST_CASE("bytes of a .bin in limbo survive the way through a journal", "[transfer_file]")
{
    const auto before = raida::write_token_file(in_limbo(2), raida::token_format::bin);
    const auto journal =
        raida::write_journal(record_of(raida::read_token_file({before.data(), before.size()})));
    const auto after = raida::write_token_file(raida::to_token_file(raida::parse_journal(journal.text())),
                                               raida::token_format::bin);
    CHECK(
        std::equal(before.data(), before.data() + before.size(), after.data(), after.data() + after.size()));
}

TEST_CASE("what is not in limbo is no record", "[transfer_file]")
{
    const auto refusal = [](const token_file& file) {
        std::error_code error;
        const auto record = raida::to_transfer_record(file, error);
        CHECK(record.tokens.empty() == static_cast<bool>(error));
        CHECK(record.new_numbers.size() == record.tokens.size());
        return error;
    };
    CHECK(refusal({}) == errc::no_tokens);
    CHECK(refusal({.new_numbers = new_numbers(1)}) == errc::no_tokens);
    CHECK(refusal({.tokens = raida::testing::make_tokens(2)}) == errc::invalid_authenticity);
    CHECK(refusal({.tokens = raida::testing::make_tokens(2), .new_numbers = new_numbers(1)}) ==
          errc::invalid_authenticity);
    CHECK(refusal({.tokens = raida::testing::make_tokens(2), .new_numbers = new_numbers(3)}) ==
          errc::invalid_authenticity);
    CHECK_FALSE(refusal(in_limbo(1)));
}
