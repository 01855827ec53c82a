// A class that misses anything that a codec needs is none.
#include <raida/client/codec.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <optional>
#include <system_error>

namespace {

struct no_seal : raida::plain
{
    void seal(raida::requests<25>&, std::error_code&) = delete;
};
struct no_open : raida::plain
{
    bool open(std::size_t, const raida::request_view&, raida::replies<25>&,
              const raida::sealed_batch&) = delete;
};
struct open_says_nothing : raida::plain
{
    void open(std::size_t, const raida::request_view&, raida::replies<25>&, const raida::sealed_batch&) {}
};
struct no_most_tokens : raida::plain
{
    std::size_t most_tokens(std::size_t, raida::command_code) const = delete;
};
struct no_forget : raida::plain
{
    void forget(std::size_t) = delete;
};
struct no_key_token : raida::plain
{
    std::optional<raida::token_id> key_token() const = delete;
};
struct key_of_another_kind : raida::plain
{
    [[nodiscard]] const char* key_token() const { return ""; }
};
struct no_move : raida::plain
{
    no_move(no_move&&) = delete;
};
struct says_not_whether_it_encrypts
{
    void seal(raida::requests<25>&, std::error_code&) {}
    bool open(std::size_t, const raida::request_view&, raida::replies<25>&, const raida::sealed_batch&)
    {
        return true;
    }
    [[nodiscard]] std::size_t most_tokens(std::size_t, raida::command_code) const { return 1; }
    void forget(std::size_t) {}
    [[nodiscard]] std::optional<raida::token_id> key_token() const { return {}; }
};

template <class... Types>
constexpr bool none_is_a_codec = (!raida::codec_for<Types, 25> && ...);

} // namespace

TEST_CASE("a codec has every member that the client calls", "[codec]")
{
    STATIC_CHECK(raida::codec_for<raida::plain, 25>);
    STATIC_CHECK(raida::codec_for<raida::basic_plain<5>, 5>);
    STATIC_CHECK_FALSE(raida::codec_for<raida::basic_plain<5>, 25>);
    STATIC_CHECK(none_is_a_codec<int, no_seal, no_open, open_says_nothing, no_most_tokens, no_forget,
                                 no_key_token, key_of_another_kind, no_move, says_not_whether_it_encrypts>);
}
