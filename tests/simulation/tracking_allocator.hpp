// An allocator that knows what is still allocated.
#ifndef RAIDA_TESTS_SIMULATION_TRACKING_ALLOCATOR_HPP
#define RAIDA_TESTS_SIMULATION_TRACKING_ALLOCATOR_HPP

#include <cstddef>
#include <memory>

namespace tests {

struct ledger
{
    std::size_t blocks = 0, bytes = 0, made = 0;
};

template <class T>
class tracking_allocator
{
  public:
    using value_type = T;

    explicit tracking_allocator(ledger& book) noexcept : book_{&book} {}
    template <class U>
    tracking_allocator(const tracking_allocator<U>& other) noexcept : book_{other.book_}
    {}

    T* allocate(std::size_t count)
    {
        ++book_->blocks;
        ++book_->made;
        book_->bytes += count * sizeof(T);
        return std::allocator<T>{}.allocate(count);
    }
    void deallocate(T* memory, std::size_t count) noexcept
    {
        --book_->blocks;
        book_->bytes -= count * sizeof(T);
        std::allocator<T>{}.deallocate(memory, count);
    }
    template <class U>
    friend bool operator==(const tracking_allocator& a, const tracking_allocator<U>& b) noexcept
    {
        return a.book_ == b.book_;
    }

  private:
    template <class>
    friend class tracking_allocator;
    ledger* book_;
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_TRACKING_ALLOCATOR_HPP
