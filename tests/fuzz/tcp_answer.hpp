// Any bytes may come over a connection, in pieces of any size.
#ifndef RAIDA_TESTS_FUZZ_TCP_ANSWER_HPP
#define RAIDA_TESTS_FUZZ_TCP_ANSWER_HPP

#include "check.hpp"
#include "input.hpp"

#include <raida/transport/detail/tcp_answer.hpp>

#include <algorithm>
#include <cstddef>

namespace fuzz {

inline void check_end(const raida::detail::tcp_answer& answer, std::size_t limit)
{
    using enum raida::detail::tcp_answer::progress;
    const raida::bytes_view got = answer.bytes();
    if (answer.state() == incomplete)
        return;
    const auto announced = raida::detail::load_big<3, std::size_t>(got.data() + 9);
    const bool fits = raida::header_size + announced <= limit;
    check(fits == (answer.state() == complete), "what is longer than allowed is refused");
    check(got.size() == raida::header_size + (fits ? announced : 0) || (announced == 0 && got.size() == 48),
          "an answer ends where it says");
}

/// Two bytes of the limit, then by turns the size of a piece and its bytes. True if an answer is complete.
inline bool tcp_answer(raida::bytes_view bytes)
{
    using progress = raida::detail::tcp_answer::progress;
    input from{bytes};
    const std::size_t limit = 256 * from.next(256) + from.next(256);
    raida::detail::tcp_answer answer{limit};
    check(answer.is_empty() && answer.state() == progress::incomplete, "it begins with nothing");
    while (!from.is_over()) {
        const auto piece = from.take(1 + from.next(256));
        const auto space = answer.space();
        check(space.empty() == (answer.state() != progress::incomplete),
              "there is space while more is wanted");
        check(answer.bytes().size() + space.size() <= std::max<std::size_t>(48, limit),
              "memory is what the limit allows");
        const std::size_t count = std::min(piece.size(), space.size());
        std::copy_n(piece.begin(), count, space.begin());
        const std::size_t before = answer.bytes().size();
        answer.advance(count);
        if (answer.bytes().size() > before) {
            const auto added = answer.bytes().subspan(before);
            check(std::equal(added.begin(), added.end(), piece.begin()), "bytes stay as they came");
        }
        check_end(answer, limit);
    }
    return answer.state() == progress::complete;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_TCP_ANSWER_HPP
