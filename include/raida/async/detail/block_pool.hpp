// Small blocks used again and again: memory for the handlers that wait, so that a warm engine allocates
// nothing.
#ifndef RAIDA_ASYNC_DETAIL_BLOCK_POOL_HPP
#define RAIDA_ASYNC_DETAIL_BLOCK_POOL_HPP

#include <raida/base/version.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace raida::inline v1::detail {

/// Free lists by size. Not thread safe: used on one engine's executor only.
class block_pool
{
  public:
    block_pool() = default;
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;

    ~block_pool()
    {
        for (block*& list : free_)
            while (list != nullptr) {
                block* const next = list->next;
                ::operator delete(list);
                list = next;
            }
    }

    [[nodiscard]] void* allocate(std::size_t size)
    {
        const std::size_t which = (size - 1) / step;
        if (which >= free_.size())
            return ::operator new(size);
        if (block* const found = free_[which]; found != nullptr) {
            free_[which] = found->next;
            return found;
        }
        return ::operator new((which + 1) * step);
    }

    void deallocate(void* memory, std::size_t size) noexcept
    {
        const std::size_t which = (size - 1) / step;
        if (which >= free_.size())
            return ::operator delete(memory);
        free_[which] = ::new (memory) block{free_[which]};
    }

  private:
    struct block
    {
        block* next;
    };

    static constexpr std::size_t step = 64; // bytes; 32 sizes up to 2,048
    std::array<block*, 32> free_{};
};

/// The pool as an allocator.
template <class T>
class pool_allocator
{
  public:
    using value_type = T;

    explicit pool_allocator(block_pool& from) noexcept : from_{&from} {}

    template <class U>
    pool_allocator(const pool_allocator<U>& other) noexcept : from_{&other.source()}
    {}

    [[nodiscard]] T* allocate(std::size_t count)
    {
        static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
        return static_cast<T*>(from_->allocate(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept { from_->deallocate(memory, count * sizeof(T)); }

    template <class U>
    friend bool operator==(const pool_allocator& a, const pool_allocator<U>& b) noexcept
    {
        return &a.source() == &b.source();
    }

    [[nodiscard]] block_pool& source() const noexcept { return *from_; }

  private:
    block_pool* from_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ASYNC_DETAIL_BLOCK_POOL_HPP
