#include <raida/wire/status.hpp>

#include <raida/base/errc.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <system_error>

namespace {

using raida::status;
using numbers = std::set<int>;

// The numbers that the protocol names.
const numbers named{0,   1,   2,   3,   4,   5,   6,   7,   8,   15,  16,  17,  18,  20,  25,  27,
                    33,  34,  36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  49,
                    50,  51,  52,  89,  90,  148, 149, 150, 152, 153, 154, 160, 167, 168, 169, 177,
                    178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193,
                    194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209,
                    210, 211, 212, 213, 214, 215, 216, 241, 242, 243, 250, 252, 253, 254, 255};

// All of the 256 numbers for which `holds` is true.
template <class Predicate>
numbers where(Predicate holds)
{
    numbers found;
    for (int number = 0; number < 256; ++number)
        if (holds(static_cast<status>(number)))
            found.insert(number);
    return found;
}

static_assert(static_cast<int>(status::all_pass) == 241 && static_cast<int>(status::routing) == 255);
static_assert(raida::to_string(status::all_pass) == "all pass");
static_assert(raida::to_string(static_cast<status>(99)) == "unknown status");
static_assert(raida::is_verdict(status::mixed) && !raida::is_verdict(status::success));

} // namespace

TEST_CASE("every number of the protocol has a name, and no other has", "[status]")
{
    CHECK(where(raida::is_known) == named);
    for (int number = 0; number < 256; ++number)
        CHECK((raida::to_string(static_cast<status>(number)) == "unknown status") == !named.contains(number));
}

TEST_CASE("no two statuses share a name", "[status]")
{
    std::set<std::string_view> names;
    for (const int number : named)
        names.insert(raida::to_string(static_cast<status>(number)));
    CHECK(names.size() == named.size());
}

TEST_CASE("all of the 256 numbers are shown as what they are", "[status]")
{
    for (int number = 0; number < 256; ++number)
        CHECK(raida::describe(static_cast<status>(number)).ends_with(" (" + std::to_string(number) + ")"));
    CHECK(raida::describe(status::all_pass) == "all pass (241)");
    CHECK(raida::describe(status::invalid_coin_id) == "invalid coin id (7)");
    CHECK(raida::describe(static_cast<status>(99)) == "unknown status (99)");
}

TEST_CASE("the kinds of status hold exactly their numbers", "[status]")
{
    CHECK(where(raida::is_verdict) == numbers{241, 242, 243});
    CHECK(where(raida::is_find_result) == numbers{208, 209, 210, 211});
    CHECK(where(raida::is_signed_answer) == numbers{208, 209, 210, 211, 241, 242, 243, 250});
    CHECK(where(raida::is_header_error) == numbers{1, 2, 3, 4, 5, 6, 7, 18, 255});
    CHECK(where(raida::is_key_error) == numbers{25, 34});
    CHECK(where(raida::is_worth_retry) == numbers{17,  20,  42,  47,  48,  49,  150, 160, 167,
                                                  178, 180, 181, 183, 186, 187, 188, 189, 194,
                                                  197, 204, 205, 206, 207, 252, 253, 254});
}

TEST_CASE("whatever is no answer to a question is an error", "[status]")
{
    const numbers errors = where(raida::is_error);
    CHECK(errors.size() == 248);
    CHECK(errors.contains(0));  // "no error" answers nothing that is asked
    CHECK(errors.contains(99)); // nor does a number that nobody knows
    for (const int number : where(raida::is_signed_answer))
        CHECK_FALSE(errors.contains(number));
}

TEST_CASE("a status travels as an error code with its number and its name", "[status]")
{
    const std::error_code error = status::invalid_coin_id;

    CHECK(error);
    CHECK(error.value() == 7);
    CHECK(error == status::invalid_coin_id);
    CHECK(error != status::coin_not_found);
    CHECK(error != raida::errc::oversize);
    CHECK(error.message() == "invalid coin id (7)");
    CHECK(std::string{error.category().name()} == "raida.status");
    CHECK(&error.category() == &raida::status_category());
    CHECK_FALSE(make_error_code(status::no_error));
}

TEST_CASE("an error code that no server can have sent is shown as what it is", "[status]")
{
    CHECK(raida::status_category().message(99) == "unknown status (99)");
    CHECK(raida::status_category().message(256) == "no status (256)");
    CHECK(raida::status_category().message(-1) == "no status (-1)");
}
