#include <raida/client/transfer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/testing/tokens.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>

namespace {

using raida::holding;
using raida::transfer_outcome;

raida::transfer<> fresh(std::size_t tokens)
{
    raida::transfer_record<> record{.tokens = raida::testing::make_tokens(tokens)};
    for (const auto& one : raida::testing::make_tokens(tokens, 2))
        record.new_numbers.push_back(one.numbers);
    return raida::transfer<>{std::move(record)};
}

// So many servers hold this from `first` on.
void hold(raida::transfer<>& of, std::size_t token, holding what, std::size_t first, std::size_t count)
{
    for (std::size_t server = first; server < first + count; ++server)
        of.set(token, server, what);
}

} // namespace

TEST_CASE("of a transfer that nobody has heard of nothing is known", "[transfer]")
{
    const auto none = fresh(2);
    CHECK(none.token_count() == 2);
    CHECK(none.count(1, holding::unknown) == 25);
    CHECK(none.outcome(1) == transfer_outcome::unknown);
    CHECK_FALSE(none.complete());
    CHECK_FALSE(none.record().finished);
    for (std::size_t server = 0; server < 25; ++server)
        CHECK(none.token_now(1).numbers[server] == none.record().tokens[1].numbers[server]);
}

TEST_CASE("12 servers of 25 decide nothing, 13 do", "[transfer]")
{
    using enum holding;
    for (const auto& [what, expected] : {std::pair{new_number, transfer_outcome::transferred},
                                         std::pair{old_number, transfer_outcome::not_transferred},
                                         std::pair{neither, transfer_outcome::taken}}) {
        auto one = fresh(1);
        hold(one, 0, what, 0, 12);
        CHECK(one.outcome(0) == transfer_outcome::unknown);
        one.set(0, 12, what);
        CHECK(one.outcome(0) == expected);
        CHECK(one.count(expected) == 1);
        CHECK(one.outcome(0, 14) == transfer_outcome::unknown);
        CHECK_FALSE(one.complete());
    }
}

TEST_CASE("a token is split when all is known and no quorum holds the same, and unknown before", "[transfer]")
{
    auto one = fresh(1);
    hold(one, 0, holding::new_number, 0, 12);
    hold(one, 0, holding::old_number, 12, 12);
    CHECK(one.outcome(0) == transfer_outcome::unknown);
    one.set(0, 24, holding::neither);
    CHECK(one.outcome(0) == transfer_outcome::split);
    CHECK(one.complete());
}

TEST_CASE("a quorum that was set holds for every outcome", "[transfer]")
{
    auto record = fresh(1).record();
    raida::transfer<> strict{record, 15};
    CHECK(strict.quorum() == 15);
    CHECK(raida::transfer<>{record}.quorum() == 13);
    CHECK(raida::transfer<3>{}.quorum() == 2);
    hold(strict, 0, holding::new_number, 0, 14);
    CHECK(strict.outcome(0) == transfer_outcome::unknown);
    CHECK(strict.outcome(0, 13) == transfer_outcome::transferred);
    CHECK(strict.token_now(0).numbers[24] == record.tokens[0].numbers[24]); // not sure enough to guess
    strict.set(0, 14, holding::new_number);
    CHECK(strict.outcome(0) == transfer_outcome::transferred);
}

TEST_CASE("what nobody can ask does not keep a transfer open", "[transfer]")
{
    auto one = fresh(1);
    hold(one, 0, holding::not_asked, 0, 13);
    hold(one, 0, holding::new_number, 13, 11);
    CHECK(one.outcome(0) == transfer_outcome::unknown);
    CHECK_FALSE(one.complete());
    one.set(0, 24, holding::new_number);
    CHECK(one.complete());
    CHECK(one.outcome(0) == transfer_outcome::split); // 12 hold it, and nobody else ever will
}

TEST_CASE("the token after a transfer has the new number where that is held or likely", "[transfer]")
{
    auto one = fresh(1);
    hold(one, 0, holding::new_number, 0, 12);
    hold(one, 0, holding::old_number, 12, 1);
    hold(one, 0, holding::neither, 13, 1);
    const auto& before = one.record().tokens[0].numbers;
    const auto& after = one.record().new_numbers[0];
    auto now = one.token_now(0).numbers;
    CHECK(now[11] == after[11]);
    CHECK(now[12] == before[12]);
    CHECK(now[13] == before[13]);
    CHECK(now[24] == before[24]); // unknown, and not transferred
    one.set(0, 14, holding::new_number);
    now = one.token_now(0).numbers;
    CHECK(now[12] == before[12]);
    CHECK(now[13] == before[13]);
    CHECK(now[24] == after[24]); // unknown, of a token that is
}

TEST_CASE("a number that was missing stays missing, whatever is known of the others", "[transfer]")
{
    raida::transfer_record<> record = fresh(1).record();
    record.tokens[0].numbers[24] = {};
    raida::transfer<> one{std::move(record)};
    hold(one, 0, holding::new_number, 0, 24);
    CHECK(one.outcome(0) == transfer_outcome::transferred);
    CHECK(one.token_now(0).numbers[24].is_zero());
}

TEST_CASE("a record that comes back has what was known, and room for what was not", "[transfer]")
{
    auto record = fresh(3).record();
    record.holdings.resize(1);
    record.holdings[0].fill(holding::new_number);
    const raida::transfer<> one{record};
    CHECK(one.outcome(0) == transfer_outcome::transferred);
    CHECK(one.outcome(2) == transfer_outcome::unknown);
    CHECK(one.count(transfer_outcome::transferred) == 1);
    CHECK(one.count(transfer_outcome::unknown) == 2);
}

TEST_CASE("a transfer's indices out of range are refused", "[transfer]")
{
    auto one = fresh(1);
    CHECK_THROWS_AS(one.at(1, 0), std::out_of_range);
    CHECK_THROWS_AS(one.at(0, 25), std::out_of_range);
    CHECK_THROWS_AS(one.set(0, 25, holding::neither), std::out_of_range);
    CHECK_THROWS_AS(one.outcome(1), std::out_of_range);
    CHECK_THROWS_AS(one.token_now(1), std::out_of_range);
    CHECK_THROWS_AS(raida::transfer<>{}.count(0, holding::neither), std::out_of_range);
    CHECK(raida::transfer<>{}.complete());
}

TEST_CASE("how long both numbers must be kept, and whether the last answer has come, is in the result",
          "[transfer]")
{
    auto one = fresh(1);
    const auto when = raida::transfer<>::clock::time_point{std::chrono::hours{1}};
    one.keep_both_until(when);
    one.mark_finished();
    const auto moved = std::move(one);
    CHECK(moved.keep_both_until() == when);
    CHECK(moved.record().finished);
}
