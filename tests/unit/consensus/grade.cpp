#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/grade.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support.hpp"

#include <cstddef>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using raida::grade;
using raida::token_grade;

// "13p 12f" as a pown string.
std::string letters(std::string_view counts)
{
    std::string text;
    std::size_t count = 0;
    for (const char c : counts) {
        if (c >= '0' && c <= '9')
            count = count * 10 + static_cast<std::size_t>(c - '0');
        else if (c != ' ')
            text.append(std::exchange(count, 0), c);
    }
    return text;
}

} // namespace

TEST_CASE("tokens are sorted as wallets sort them, the first rule that fits", "[grade]")
{
    const std::pair<const char*, token_grade> cases[] = {
        {"25p", token_grade::bank},           {"13p 12n", token_grade::bank},
        {"13p 6n 6e", token_grade::bank},     {"13p 11n 1f", token_grade::fracked},
        {"13p 12f", token_grade::fracked},    {"12p 13f", token_grade::counterfeit},
        {"25f", token_grade::counterfeit},    {"12p 13e", token_grade::errored},
        {"12f 13e", token_grade::errored},    {"12p 13n", token_grade::limbo},
        {"12f 13n", token_grade::limbo},      {"12p 7n 6d", token_grade::limbo},
        {"12p 13b", token_grade::bad_key},    {"12f 13b", token_grade::bad_key},
        {"12p 12f 1n", token_grade::limbo},   {"12p 12f 1d", token_grade::limbo},
        {"12e 12b 1n", token_grade::limbo},   {"12p 12f 1e", token_grade::fracked},
        {"12p 1f 12b", token_grade::fracked}, {"12p 12b 1e", token_grade::bad_key},
        {"12p 12e 1u", token_grade::errored}, {"12p 13u", token_grade::errored},
        {"25u", token_grade::errored},
    };
    for (const auto& [counts, expected] : cases) {
        CAPTURE(counts);
        std::string text = letters(counts);
        REQUIRE(text.size() == 25);
        CHECK(to_string(grade(text)) == to_string(expected));
        CHECK(grade(std::string{text.rbegin(), text.rend()}) == expected); // the order says nothing
    }
}

TEST_CASE("grades have names of their own", "[grade]")
{
    std::set<std::string_view> names;
    for (const auto one : {token_grade::bank, token_grade::fracked, token_grade::counterfeit,
                           token_grade::limbo, token_grade::errored, token_grade::bad_key})
        names.insert(to_string(one));
    CHECK(names.size() == 6);
}

TEST_CASE("a tally's tokens have grades, and so have a batch's", "[grade]")
{
    auto answers = tests::silence<5>();
    for (std::size_t server = 0; server < 3; ++server)
        answers.answer(server, tests::judgement("pf"));
    auto votes = raida::aggregate(answers, 2);
    CHECK(grade(votes, 0) == token_grade::bank);
    CHECK(grade(votes, 1) == token_grade::counterfeit);
    CHECK_THROWS_AS(grade(votes, 2), std::out_of_range);
    raida::batch_tally<5> batch;
    batch.add(0, votes);
    batch.add(2, std::move(votes));
    CHECK(grade(batch, 3) == token_grade::counterfeit);
    CHECK_THROWS_AS(grade(batch, 4), std::out_of_range);
}
