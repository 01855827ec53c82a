#include <raida/client/journal_sink.hpp>

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::journal_done;
using record = raida::transfer_record<3>;
using sink = raida::journal_sink<3>;

// What is told, in order.
struct told
{
    std::vector<std::error_code> all;
    journal_done done()
    {
        return journal_done{[this](std::error_code error) { all.push_back(error); }};
    }
};

std::error_code refuse(const record& one)
{
    return one.finished ? std::error_code{} : make_error_code(std::errc::no_space_on_device);
}

} // namespace

TEST_CASE("a plain journal has taken the record, or not, when it returns", "[journal_sink]")
{
    sink journal = refuse;
    REQUIRE(journal);
    told heard;
    journal.write({}, heard.done());
    CHECK(heard.all == std::vector{make_error_code(std::errc::no_space_on_device)});
    journal.write({.finished = true}, heard.done());
    CHECK(heard.all.size() == 2);
    CHECK_FALSE(heard.all[1]);
}

TEST_CASE("an asynchronous journal says so when it likes, and once", "[journal_sink]")
{
    std::optional<journal_done> later;
    sink journal = [&](const record&, journal_done done) { later = std::move(done); };
    told heard;
    journal.write({}, heard.done());
    CHECK(heard.all.empty());
    const auto copy = *later;
    copy();
    CHECK(heard.all == std::vector{std::error_code{}});
    (*later)(errc::timed_out);
    later.reset();
    CHECK(heard.all.size() == 1);
}

TEST_CASE("a journal that drops what it should call has not taken the record", "[journal_sink]")
{
    sink journal = [](const record&, const journal_done&) {};
    told heard;
    journal.write({}, heard.done());
    CHECK(heard.all == std::vector{make_error_code(errc::journal_failed)});

    sink thrower = [](const record&, const journal_done&) { throw std::runtime_error{"disk"}; };
    CHECK_THROWS_AS(thrower.write({}, heard.done()), std::runtime_error);
    CHECK(heard.all.size() == 2);
}

TEST_CASE("a journal of nothing is none", "[journal_sink]")
{
    CHECK_FALSE(sink{});
    CHECK_FALSE(sink{nullptr});
    CHECK_FALSE(sink{std::function<std::error_code(const record&)>{}});
    CHECK_FALSE(sink{std::function<void(const record&, journal_done)>{}});
    std::error_code (*const missing)(const record&) = nullptr;
    CHECK_FALSE(sink{missing});
    told heard;
    sink{}.write({}, heard.done());
    CHECK(heard.all == std::vector{make_error_code(errc::journal_failed)});
}

TEST_CASE("a generic callable is taken by what it can be called with", "[journal_sink]")
{
    int plain = 0, both = 0;
    sink one = [&](const auto&) {
        ++plain;
        return std::error_code{};
    };
    sink other = [&](const auto&, auto done) {
        ++both;
        done(std::error_code{});
    };
    sink copy = other;
    told heard;
    one.write({}, heard.done());
    other.write({}, heard.done());
    copy.write({}, heard.done());
    CHECK(plain == 1);
    CHECK(both == 2);
    CHECK(heard.all == std::vector<std::error_code>(3));
}
