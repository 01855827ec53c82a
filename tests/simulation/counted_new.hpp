// Every form of operator new is counted in the program of this folder.
#ifndef RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP
#define RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP

#include <cstddef>

namespace tests {

/// How often memory was allocated so far, by any thread.
std::size_t allocations() noexcept;

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP
