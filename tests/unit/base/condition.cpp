#include <raida/base/condition.hpp>
#include <raida/base/detail/system_error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/error.hpp>

#include <cerrno>
#include <set>
#include <string>
#include <system_error>
#include <vector>

using raida::condition;
using raida::errc;

namespace {

const std::vector<condition> all{condition::refused,   condition::unreachable, condition::timed_out,
                                 condition::cancelled, condition::not_asked,   condition::unknown_host,
                                 condition::unusable};

// As a module of the program has it whose symbols are hidden.
class twin final : public std::error_category
{
  public:
    explicit twin(const std::error_category& of) : of_{of} {}
    [[nodiscard]] const char* name() const noexcept override { return of_.name(); }
    [[nodiscard]] std::string message(int value) const override { return of_.message(value); }
    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override
    {
        return of_.default_error_condition(value);
    }

  private:
    const std::error_category& of_;
};

// Which of all conditions hold: one or none.
std::set<condition> holding_for(std::error_code error)
{
    std::set<condition> which;
    for (const condition one : all)
        if (error == one)
            which.insert(one);
    return which;
}

using only = std::set<condition>;

} // namespace

TEST_CASE("an error of the system is what it is, whoever wraps it", "[condition]")
{
    struct pair
    {
        std::error_code asio;
        std::errc standard;
        condition expected;
    };
    const std::vector<pair> pairs{
        {asio::error::connection_refused, std::errc::connection_refused, condition::refused},
        {asio::error::connection_reset, std::errc::connection_reset, condition::refused},
        {asio::error::host_unreachable, std::errc::host_unreachable, condition::unreachable},
        {asio::error::network_unreachable, std::errc::network_unreachable, condition::unreachable},
        {asio::error::network_down, std::errc::network_down, condition::unreachable},
        {asio::error::access_denied, std::errc::permission_denied, condition::unreachable},
        {asio::error::timed_out, std::errc::timed_out, condition::timed_out},
        {asio::error::operation_aborted, std::errc::operation_canceled, condition::cancelled}};
    for (const auto& [asio, standard, expected] : pairs) {
        CAPTURE(asio.message());
        CHECK(holding_for(asio) == only{expected});
        CHECK(holding_for(std::make_error_code(standard)) == only{expected});
        CHECK(holding_for({asio.value(), std::system_category()}) == only{expected});
        CHECK(holding_for({asio.value(), twin{asio.category()}}) == only{expected});
    }
    // What has no kind, but is asked for by name: a full queue, an address that is gone.
    for (const auto& [asio, standard, expected] :
         std::vector<pair>{{asio::error::no_buffer_space, std::errc::no_buffer_space, {}},
                           {asio::error::would_block, std::errc::operation_would_block, {}},
                           {asio::error::message_size, std::errc::message_size, {}},
                           {asio::error::not_connected, std::errc::not_connected, {}},
                           {asio::error::bad_descriptor, std::errc::bad_file_descriptor, {}},
                           {asio::error::invalid_argument, std::errc::invalid_argument, {}}}) {
        CAPTURE(asio.message());
        CHECK(raida::detail::is_system_error(asio, standard));
        CHECK(raida::detail::is_system_error({asio.value(), std::system_category()}, standard));
        CHECK(holding_for(asio).empty());
    }
#ifdef EHOSTDOWN
    CHECK(holding_for({EHOSTDOWN, asio::error::get_system_category()}) == only{condition::unreachable});
#endif
}

TEST_CASE("the library's own errors have conditions", "[condition]")
{
    CHECK(holding_for(errc::timed_out) == only{condition::timed_out});
    CHECK(holding_for(errc::engine_stopped) == only{condition::cancelled});
    for (const errc one : {errc::skipped, errc::no_endpoint, errc::isolated, errc::overloaded})
        CHECK(holding_for(one) == only{condition::not_asked});
    for (const errc one : {errc::oversize, errc::malformed_response})
        CHECK(holding_for(one) == only{condition::unusable});
    CHECK(holding_for({static_cast<int>(errc::skipped), twin{raida::error_category()}}) ==
          only{condition::not_asked});
}

TEST_CASE("names without an address, and streams that end", "[condition]")
{
    CHECK(holding_for(asio::error::host_not_found) == only{condition::unknown_host});
    CHECK(holding_for(asio::error::service_not_found) == only{condition::unknown_host});
    CHECK(holding_for(asio::error::eof) == only{condition::refused});
    CHECK(holding_for(asio::error::already_open).empty());
}

TEST_CASE("what is of no kind, and a number that is none, equals no condition", "[condition]")
{
    CHECK(holding_for({}).empty());
    CHECK(holding_for(errc::pending).empty());
    CHECK(holding_for(errc::not_awaited).empty());
    CHECK(holding_for(std::make_error_code(std::errc::not_enough_memory)).empty());
    CHECK(std::error_code{} != condition{});
    CHECK(make_error_code(errc::pending) != condition{});
    CHECK(make_error_code(errc::timed_out) != static_cast<condition>(99));
}

TEST_CASE("conditions have texts", "[condition]")
{
    std::set<std::string> texts;
    for (const condition one : all)
        CHECK(texts.insert(make_error_condition(one).message()).second);
    CHECK(!texts.contains("unknown condition"));
    CHECK(raida::condition_category().message(99) == "unknown condition");
    CHECK(std::string{raida::condition_category().name()} == "raida.condition");
}
