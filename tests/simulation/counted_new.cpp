// Apart from what uses it: inlined there, g++ takes malloc and free for a mismatched pair.
#include "simulation/counted_new.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> live{0};
std::atomic<std::size_t> until_failure{0}; // 0: none is to fail

// True for the allocation whose turn it is to fail.
bool fails() noexcept
{
    std::size_t left = until_failure.load(std::memory_order_relaxed);
    while (left != 0 && !until_failure.compare_exchange_weak(left, left - 1, std::memory_order_relaxed))
        ;
    return left == 1;
}

void* allocate(std::size_t size, std::size_t alignment)
{
    count.fetch_add(1, std::memory_order_relaxed);
    if (fails())
        throw std::bad_alloc{};
    void* memory = nullptr;
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__)
        memory = std::malloc(size == 0 ? 1 : size);
    else if (posix_memalign(&memory, alignment, size) != 0)
        memory = nullptr;
    if (memory == nullptr)
        throw std::bad_alloc{};
    live.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void release(void* memory) noexcept
{
    live.fetch_sub(memory == nullptr ? 0 : 1, std::memory_order_relaxed);
    std::free(memory);
}

} // namespace

std::size_t tests::allocations() noexcept
{
    return count.load(std::memory_order_relaxed);
}

std::size_t tests::live_allocations() noexcept
{
    return live.load(std::memory_order_relaxed);
}

tests::failing_allocation::failing_allocation(std::size_t nth) noexcept
{
    until_failure.store(nth, std::memory_order_relaxed);
}

tests::failing_allocation::~failing_allocation()
{
    until_failure.store(0, std::memory_order_relaxed);
}

bool tests::failing_allocation::happened() const noexcept
{
    return until_failure.load(std::memory_order_relaxed) == 0;
}

tests::allocations_succeed::allocations_succeed() noexcept
    : left_{until_failure.exchange(0, std::memory_order_relaxed)}
{}

tests::allocations_succeed::~allocations_succeed()
{
    until_failure.store(left_, std::memory_order_relaxed);
}

// The other forms (arrays, nothrow) come down to these.
void* operator new(std::size_t size)
{
    return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept
{
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    release(memory);
}

#ifdef __GLIBC__
// Asio's own memory comes from here, where there is such a function. Who frees it is not seen.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    void* memory = nullptr;
    count.fetch_add(1, std::memory_order_relaxed);
    if (fails() || posix_memalign(&memory, alignment, size) != 0)
        return nullptr;
    return memory;
}
#endif
