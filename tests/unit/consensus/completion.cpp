#include <raida/consensus/completion.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace {

using raida::completion;
using raida::errc;
using raida::status;

template <std::size_t N>
void vote(raida::replies<N>& so_far, std::size_t server, status what, bool verified = true)
{
    std::vector<std::uint8_t> whole(raida::header_size);
    raida::response_header{.server = static_cast<std::uint8_t>(server), .status = what, .group = 1}.write(
        whole.data());
    so_far.answer(server, whole, verified);
}

} // namespace

TEST_CASE("by default all slots are awaited", "[completion]")
{
    CHECK(completion<>{}.waits_for_all());
    CHECK(completion<>{raida::when_all()}.waits_for_all());
    CHECK(!completion<>{}.check());
    CHECK(!completion<>{raida::when_quorum()}.waits_for_all());
}

TEST_CASE("a quorum at or under half, or over all, is refused", "[completion]")
{
    for (const std::size_t bad : {1U, 11U, 12U, 26U, 1000U})
        CHECK(completion<25>{raida::when_quorum(bad)}.check() == errc::invalid_quorum);
    for (const std::size_t good : {0U, 13U, 20U, 25U})
        CHECK(!completion<25>{raida::when_quorum(good)}.check());
    CHECK(completion<4>{raida::when_quorum(2)}.check() == errc::invalid_quorum);
    CHECK(!completion<4>{raida::when_quorum(3)}.check());
    CHECK(!completion<1>{raida::when_quorum(1)}.check());
}

TEST_CASE("a decision without tokens, or by an impossible quorum, is refused", "[completion]")
{
    CHECK(completion<25>{raida::when_decided(0)}.check() == errc::no_tokens);
    CHECK(completion<25>{raida::when_decided(1, {.quorum = 12})}.check() == errc::invalid_quorum);
    CHECK(completion<25>{raida::when_decided(1, {.quorum = 20, .margin = 6})}.check() ==
          errc::invalid_quorum);
    CHECK(!completion<25>{raida::when_decided(1, {.quorum = 20, .margin = 5})}.check());
}

TEST_CASE("an assigned rule brings its own check along", "[completion]")
{
    completion<25> rule{raida::when_quorum(3)};
    CHECK(rule.check());
    rule = raida::when_quorum(13);
    CHECK(!rule.check());
    const completion<25> copy = rule;
    CHECK(!copy.waits_for_all());
}

TEST_CASE("a quorum is reached by verified equal votes", "[completion]")
{
    completion<5> rule{raida::when_quorum()};
    raida::replies<5> so_far;
    CHECK(!rule(so_far));
    vote(so_far, 4, status::all_pass);
    vote(so_far, 2, status::all_fail);
    vote(so_far, 1, status::all_pass);
    CHECK(!rule(so_far));
    vote(so_far, 0, status::all_pass, false); // proves nothing
    CHECK(!rule(so_far));
    vote(so_far, 3, status::all_pass);
    CHECK(rule(so_far));
}

TEST_CASE("a decision is reached when nobody can change it", "[completion]")
{
    completion<5> rule{raida::when_decided(3)};
    raida::replies<5> so_far;
    vote(so_far, 0, status::all_pass);
    vote(so_far, 1, status::all_pass);
    CHECK(!rule(so_far));
    so_far.fail(2, errc::timed_out);
    CHECK(!rule(so_far));
    vote(so_far, 3, status::all_pass);
    CHECK(rule(so_far));
}

TEST_CASE("any callable is a rule", "[completion]")
{
    raida::replies<5> so_far;
    completion<5> two{[](const raida::replies<5>& all) { return all.answered() >= 2; }};
    CHECK(!two.check());
    CHECK(!two(so_far));
    vote(so_far, 0, status::success);
    vote(so_far, 1, status::success);
    CHECK(two(so_far));
    std::array<std::size_t, 40> many{};
    many[39] = 2;
    completion<5> large{[many](const raida::replies<5>& all) { return all.answered() >= many[39]; }};
    CHECK(large(so_far));
    const completion<5> none{std::function<bool(const raida::replies<5>&)>{}};
    CHECK(none.waits_for_all());
}
