// Any numbers may stand where learned round trips were saved, and anything may be measured after.
#ifndef RAIDA_TESTS_FUZZ_LEARNING_HPP
#define RAIDA_TESTS_FUZZ_LEARNING_HPP

#include "check.hpp"
#include "input.hpp"

#include <raida/engine/deadlines.hpp>
#include <raida/engine/learning.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fuzz {

/// 32 bytes of a round trip, 24 of bounds, then events. True if the bounds are fit for use.
inline bool learning(raida::bytes_view bytes)
{
    using duration = raida::round_trip::duration;
    input from{bytes};
    raida::round_trip loaded;
    for (duration* one : {&loaded.smoothed, &loaded.variation, &loaded.backed_off})
        *one = duration{from.any()};
    const std::int64_t counts = from.any();
    loaded.samples = static_cast<std::uint32_t>(counts);
    loaded.size = static_cast<std::uint32_t>(counts >> 32);

    raida::learned bounds{.shortest = duration{from.any()}};
    bounds.longest = duration{from.any()};
    bounds.unknown = duration{from.any()};
    const bool fit = !raida::deadlines<2>{bounds}.check();
    const raida::deadlines<2> allowed = fit ? bounds : raida::learned{};
    const raida::learned used = fit ? bounds : raida::learned{};

    raida::round_trip known = loaded.checked();
    check(known.checked() == known, "what was checked is fit for use");
    for (bool goes_on = true; goes_on; goes_on = !from.is_over()) {
        check(known == known.checked(), "what is learned stays within bounds");
        check(known.timeout() > duration::zero() && known.timeout() <= 5 * raida::round_trip::longest,
              "a time-out is a time, and an end");
        for (const auto what : {raida::echo_command, raida::detect_command})
            for (const std::size_t size : {std::size_t{50}, std::size_t{1400}}) {
                const auto deadline = allowed.for_server(1, known, what, size);
                check(deadline >= used.shortest && deadline <= used.longest,
                      "deadlines keep to their bounds");
            }
        const std::size_t event = from.next(4);
        const duration time{from.any()};
        if (event == 0)
            known.add_unfinished(time);
        else if (event == 1)
            known.back_off(time);
        else
            known.add(time, static_cast<std::size_t>(from.any()));
    }
    return fit;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_LEARNING_HPP
