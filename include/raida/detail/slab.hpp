// Small blocks used again and again: memory for the handlers that wait, so that a warm engine allocates
// nothing.
#ifndef RAIDA_DETAIL_SLAB_HPP
#define RAIDA_DETAIL_SLAB_HPP

#include <raida/version.hpp>

#include <array>
#include <cstddef>
#include <new>

namespace raida::inline v1::detail {

/// Free lists by size. Not thread safe: used on one engine's executor only.
class slab
{
  public:
    slab() = default;
    slab(const slab&) = delete;
    slab& operator=(const slab&) = delete;

    ~slab()
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

/// The slab as an allocator.
template <class T>
class slab_allocator
{
  public:
    using value_type = T;

    explicit slab_allocator(slab& from) noexcept : from_{&from} {}

    template <class U>
    slab_allocator(const slab_allocator<U>& other) noexcept : from_{&other.source()}
    {}

    [[nodiscard]] T* allocate(std::size_t count)
    {
        static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
        return static_cast<T*>(from_->allocate(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept { from_->deallocate(memory, count * sizeof(T)); }

    template <class U>
    friend bool operator==(const slab_allocator& a, const slab_allocator<U>& b) noexcept
    {
        return &a.source() == &b.source();
    }

    [[nodiscard]] slab& source() const noexcept { return *from_; }

  private:
    slab* from_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_SLAB_HPP
