// Bytes on the heap that are wiped before their memory is given back.
#ifndef RAIDA_BASE_SECRET_BYTES_HPP
#define RAIDA_BASE_SECRET_BYTES_HPP

#include <raida/base/detail/bytes.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace raida::inline v1 {

/// A byte array of fixed size, wiped when it dies or is assigned to. A move takes the memory along, so that
/// views of it stay valid. The allocator has no state; tests bring one that looks at what comes back.
template <class Allocator = std::allocator<std::uint8_t>>
class basic_secret_bytes
{
  public:
    basic_secret_bytes() noexcept = default;
    /// `size` zeros.
    explicit basic_secret_bytes(std::size_t size) : basic_secret_bytes{size, uninitialised{}}
    {
        std::fill_n(memory_, size_, std::uint8_t{0});
    }
    /// A copy of any contiguous bytes. Whoever owns the original wipes it.
    template <class Bytes>
    requires(std::convertible_to<const Bytes&, bytes_view> && !std::same_as<Bytes, basic_secret_bytes>)
    basic_secret_bytes(const Bytes& bytes) : basic_secret_bytes{bytes_view{bytes}, uninitialised{}}
    {}

    basic_secret_bytes(const basic_secret_bytes& other)
        : basic_secret_bytes{bytes_view{other.memory_, other.size_}, uninitialised{}}
    {}
    basic_secret_bytes(basic_secret_bytes&& other) noexcept
        : memory_{std::exchange(other.memory_, nullptr)}, size_{std::exchange(other.size_, 0)}
    {}
    // What this held dies here, not with the operand: in a template, clang never destroys that of `bytes =
    // {}`.
    basic_secret_bytes& operator=(basic_secret_bytes other) noexcept
    {
        const basic_secret_bytes held{std::move(*this)};
        memory_ = std::exchange(other.memory_, nullptr);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    ~basic_secret_bytes()
    {
        if (memory_ == nullptr)
            return;
        detail::wipe(memory_, size_);
        Allocator{}.deallocate(memory_, size_);
    }

    [[nodiscard]] std::uint8_t* data() noexcept { return memory_; }
    [[nodiscard]] const std::uint8_t* data() const noexcept { return memory_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::uint8_t* begin() noexcept { return memory_; }
    [[nodiscard]] std::uint8_t* end() noexcept { return memory_ + size_; }
    [[nodiscard]] const std::uint8_t* begin() const noexcept { return memory_; }
    [[nodiscard]] const std::uint8_t* end() const noexcept { return memory_ + size_; }
    [[nodiscard]] std::uint8_t& operator[](std::size_t at) noexcept { return memory_[at]; }
    [[nodiscard]] const std::uint8_t& operator[](std::size_t at) const noexcept { return memory_[at]; }

  private:
    struct uninitialised
    {};
    basic_secret_bytes(std::size_t size, uninitialised)
        : memory_{size != 0 ? Allocator{}.allocate(size) : nullptr}, size_{size}
    {}
    basic_secret_bytes(bytes_view bytes, uninitialised) : basic_secret_bytes{bytes.size(), uninitialised{}}
    {
        std::copy(bytes.begin(), bytes.end(), memory_);
    }

    std::uint8_t* memory_ = nullptr;
    std::size_t size_ = 0;
};

/// From the default heap.
using secret_bytes = basic_secret_bytes<>;

} // namespace raida::inline v1

#endif // RAIDA_BASE_SECRET_BYTES_HPP
