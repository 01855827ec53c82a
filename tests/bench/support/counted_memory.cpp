// Every form of operator new, and the C functions that give memory (see counters.hpp), counted.
#include "counters.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

extern "C" {

void* __real_malloc(std::size_t);
void* __wrap_malloc(std::size_t size)
{
    bench::count_allocation();
    return __real_malloc(size);
}

void* __real_calloc(std::size_t, std::size_t);
void* __wrap_calloc(std::size_t count, std::size_t size)
{
    bench::count_allocation();
    return __real_calloc(count, size);
}

void* __real_realloc(void*, std::size_t);
void* __wrap_realloc(void* memory, std::size_t size)
{
    bench::count_allocation();
    return __real_realloc(memory, size);
}

void* __real_aligned_alloc(std::size_t, std::size_t);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size)
{
    bench::count_allocation();
    return __real_aligned_alloc(alignment, size);
}

int __real_posix_memalign(void**, std::size_t, std::size_t);
int __wrap_posix_memalign(void** memory, std::size_t alignment, std::size_t size)
{
    bench::count_allocation();
    return __real_posix_memalign(memory, alignment, size);
}

} // extern "C"

namespace {

void* take(std::size_t size)
{
    bench::count_allocation();
    if (void* const memory = __real_malloc(size != 0 ? size : 1))
        return memory;
    throw std::bad_alloc{};
}

void* take(std::size_t size, std::align_val_t alignment)
{
    bench::count_allocation();
    const auto align = static_cast<std::size_t>(alignment);
    if (void* const memory = __real_aligned_alloc(align, (size + align - 1) / align * align))
        return memory;
    throw std::bad_alloc{};
}

} // namespace

// The others, nothrow and array, come to these in the standard library.
void* operator new(std::size_t size)
{
    return take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return take(size, alignment);
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}
