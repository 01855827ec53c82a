#include <raida/base/errc.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <system_error>

using raida::errc;

TEST_CASE("every error has its own text, and none is empty", "[errc]")
{
    std::set<std::string> texts;
    int value = 1;
    for (; std::string{raida::error_category().message(value)} != "unknown raida error"; ++value) {
        const std::error_code error{value, raida::error_category()};
        CHECK(!error.message().empty());
        CHECK(texts.insert(error.message()).second);
    }
    CHECK(value > static_cast<int>(errc::no_randomness));
    CHECK(static_cast<int>(errc::pending) == 1); // 0 would be no error
}

TEST_CASE("a number that is no error says so", "[errc]")
{
    for (const int value : {0, -1, 1'000'000})
        CHECK(raida::error_category().message(value) == "unknown raida error");
}

TEST_CASE("errors convert to std::error_code by themselves", "[errc]")
{
    const std::error_code error = errc::timed_out;
    CHECK(error == errc::timed_out);
    CHECK(error != errc::overloaded);
    CHECK(error);
    CHECK(error.category() == raida::error_category());
    CHECK(std::string{error.category().name()} == "raida");
    CHECK(&raida::error_category() == &raida::error_category());
}

TEST_CASE("portable code may ask with std::errc", "[errc]")
{
    CHECK(make_error_code(errc::timed_out) == std::errc::timed_out);
    CHECK(make_error_code(errc::oversize) == std::errc::message_size);
    CHECK(make_error_code(errc::packet_too_large) == std::errc::message_size);
    CHECK(make_error_code(errc::overloaded) == std::errc::resource_unavailable_try_again);
    CHECK(make_error_code(errc::queue_full) == std::errc::resource_unavailable_try_again);
    CHECK(make_error_code(errc::no_endpoint) == std::errc::destination_address_required);
    CHECK(make_error_code(errc::malformed_response) == std::errc::bad_message);
    CHECK(make_error_code(errc::not_idempotent) == std::errc::operation_not_permitted);
    CHECK(make_error_code(errc::journal_in_use) == std::errc::device_or_resource_busy);
    CHECK(make_error_code(errc::unsupported_format) == std::errc::not_supported);
    for (const errc one : {errc::wrong_packet_count, errc::invalid_deadline, errc::invalid_quorum,
                           errc::no_tokens, errc::duplicate_token, errc::invalid_server, errc::key_in_batch})
        CHECK(make_error_code(one) == std::errc::invalid_argument);
    CHECK(make_error_code(errc::skipped) != std::errc::timed_out);
    CHECK(make_error_code(errc::skipped) != std::errc::invalid_argument);
    CHECK(make_error_code(errc::not_awaited).default_error_condition().category() == raida::error_category());
}

TEST_CASE("an error is itself in every module of a program, hidden symbols or not", "[errc]")
{
    class other_module final : public std::error_category
    {
      public:
        [[nodiscard]] const char* name() const noexcept override { return "raida"; }
        [[nodiscard]] std::string message(int) const override { return {}; }
    };
    class other_library final : public std::error_category
    {
      public:
        [[nodiscard]] const char* name() const noexcept override { return "other"; }
        [[nodiscard]] std::string message(int) const override { return {}; }
    };
    const other_module module_category;
    const other_library library_category;
    const int value = static_cast<int>(errc::timed_out);
    CHECK(std::error_code{value, module_category} == errc::timed_out);
    CHECK(errc::timed_out == std::error_code{value, module_category});
    CHECK(std::error_code{value, module_category} != errc::pending);
    CHECK(std::error_code{value, library_category} != errc::timed_out);
}
