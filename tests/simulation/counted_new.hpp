// Every form of operator new is counted in the program of this folder, and fails when a test wants it to.
#ifndef RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP
#define RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP

#include <cstddef>

namespace tests {

/// How often memory was allocated so far, by any thread.
std::size_t allocations() noexcept;

/// How much of it is not freed yet.
std::size_t live_allocations() noexcept;

/// While it lives, the nth allocation from its beginning fails, once.
class failing_allocation
{
  public:
    explicit failing_allocation(std::size_t nth) noexcept;
    ~failing_allocation();
    failing_allocation(const failing_allocation&) = delete;
    failing_allocation& operator=(const failing_allocation&) = delete;

    [[nodiscard]] bool happened() const noexcept;
};

/// While it lives, no allocation is counted towards the one that is to fail: for what a test does itself.
class allocations_succeed
{
  public:
    allocations_succeed() noexcept;
    ~allocations_succeed();
    allocations_succeed(const allocations_succeed&) = delete;
    allocations_succeed& operator=(const allocations_succeed&) = delete;

  private:
    std::size_t left_;
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_COUNTED_NEW_HPP
