// How wallets sort tokens.
#ifndef RAIDA_CONSENSUS_GRADE_HPP
#define RAIDA_CONSENSUS_GRADE_HPP

#include <raida/base/printing.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raida::inline v1 {

/// The folder into which wallets put a token.
enum class token_grade : std::uint8_t
{
    bank,        ///< most servers passed it, none failed it
    fracked,     ///< some failed it: to be healed if most passed it
    counterfeit, ///< most servers failed it
    limbo,       ///< some did not answer: ask again
    errored,     ///< too many errors, or nobody was asked
    bad_key      ///< some did not accept the key that encrypted the request
};

/// "bank", "fracked", ...
[[nodiscard]] constexpr std::string_view to_string(token_grade grade) noexcept
{
    using enum token_grade;
    return detail::name_of(grade, "errored",
                           {{bank, "bank"},
                            {fracked, "fracked"},
                            {counterfeit, "counterfeit"},
                            {limbo, "limbo"},
                            {bad_key, "bad key"}});
}

/// Sorts by what each server said, a letter per server as tally::pown_string() has them. The first that fits:
/// most (more than half) passed it: fracked if any failed it, else bank; most failed it: counterfeit; most
/// errors: errored; most without an answer (n, d): limbo; most refused the key: bad key; any without an
/// answer: limbo; any failed it: fracked; any refused the key: bad key; else errored.
/// A grade is coarser than a verdict, and of no more weight: limbo says nothing of a token.
[[nodiscard]] constexpr token_grade grade(std::string_view pown_string) noexcept
{
    const auto count = [&](char letter) {
        return static_cast<std::size_t>(std::count(pown_string.begin(), pown_string.end(), letter));
    };
    const std::size_t most = pown_string.size() / 2 + 1;
    const std::size_t failed = count('f'), silent = count('n') + count('d'), refused = count('b');
    if (count('p') >= most)
        return failed != 0 ? token_grade::fracked : token_grade::bank;
    if (failed >= most)
        return token_grade::counterfeit;
    if (count('e') >= most)
        return token_grade::errored;
    if (silent >= most)
        return token_grade::limbo;
    if (refused >= most)
        return token_grade::bad_key;
    if (silent != 0)
        return token_grade::limbo;
    if (failed != 0)
        return token_grade::fracked;
    return refused != 0 ? token_grade::bad_key : token_grade::errored;
}

/// The same of a token in a tally or batch_tally. An index out of range throws std::out_of_range.
template <class Tally>
[[nodiscard]] token_grade grade(const Tally& of, std::size_t token)
{
    return grade(of.pown_string(token));
}

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_GRADE_HPP
