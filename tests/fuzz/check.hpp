// What harnesses say when a property does not hold: libFuzzer and Catch2 both stop at an exception.
#ifndef RAIDA_TESTS_FUZZ_CHECK_HPP
#define RAIDA_TESTS_FUZZ_CHECK_HPP

#include <stdexcept>

namespace fuzz {

inline void check(bool holds, const char* property)
{
    if (!holds)
        throw std::logic_error{property};
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_CHECK_HPP
