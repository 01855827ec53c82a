#include <raida/client/detail/checks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/testing/tokens.hpp>

#include <cstddef>
#include <system_error>
#include <utility>

namespace {

using raida::errc;
using raida::detail::check_new_numbers;

raida::transfer_record<> good(std::size_t tokens)
{
    raida::transfer_record<> record{.tokens = raida::testing::make_tokens(tokens)};
    for (const auto& one : raida::testing::make_tokens(tokens, 2))
        record.new_numbers.push_back(one.numbers);
    return record;
}

template <class Change>
std::error_code after(Change change)
{
    auto record = good(3);
    change(record);
    return check_new_numbers(record);
}

} // namespace

TEST_CASE("new numbers that are new are fine, also where an old one is missing", "[new_numbers]")
{
    CHECK_FALSE(check_new_numbers(good(0)));
    CHECK_FALSE(check_new_numbers(good(1)));
    CHECK_FALSE(check_new_numbers(good(40)));
    CHECK_FALSE(after([](auto& record) { record.tokens[1].numbers[7] = {}; }));
}

TEST_CASE("one set of new numbers per token, no more and no fewer", "[new_numbers]")
{
    CHECK(after([](auto& record) { record.new_numbers.pop_back(); }) == errc::invalid_authenticity);
    CHECK(after([](auto& record) { record.new_numbers.clear(); }) == errc::invalid_authenticity);
    CHECK(after([](auto& record) { record.tokens.pop_back(); }) == errc::invalid_authenticity);
}

TEST_CASE("a new number that is zero or the old one is refused, wherever it stands", "[new_numbers]")
{
    for (const auto& [token, server] : {std::pair{0U, 0U}, std::pair{1U, 12U}, std::pair{2U, 24U}}) {
        CAPTURE(token, server);
        const std::size_t t = token, s = server;
        CHECK(after([&](auto& record) { record.new_numbers[t][s] = {}; }) == errc::invalid_authenticity);
        CHECK(after([&](auto& record) { record.new_numbers[t][s] = record.tokens[t].numbers[s]; }) ==
              errc::invalid_authenticity);
    }
}

TEST_CASE("a new number that is another server's or another token's old one is refused", "[new_numbers]")
{
    const auto old = [](std::size_t token, std::size_t server) {
        return after([&](auto& record) { record.new_numbers[1][12] = record.tokens[token].numbers[server]; });
    };
    CHECK(old(1, 11) == errc::invalid_authenticity);
    CHECK(old(0, 12) == errc::invalid_authenticity);
    CHECK(old(2, 24) == errc::invalid_authenticity);
}

TEST_CASE("old numbers may be equal to each other", "[new_numbers]")
{
    CHECK_FALSE(after([](auto& record) { record.tokens[0].numbers[1] = record.tokens[0].numbers[0]; }));
}

TEST_CASE("a new number given twice is refused, for one token or two, at one server or two", "[new_numbers]")
{
    const auto twice = [](std::size_t token, std::size_t server) {
        return after([&](auto& record) { record.new_numbers[token][server] = record.new_numbers[0][0]; });
    };
    CHECK_FALSE(twice(0, 0));
    CHECK(twice(0, 24) == errc::invalid_authenticity);
    CHECK(twice(2, 0) == errc::invalid_authenticity);
    CHECK(twice(2, 24) == errc::invalid_authenticity);
}
