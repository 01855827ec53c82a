// A copyable callable without its type: stored inside the object up to 64 bytes, on the heap beyond.
#ifndef RAIDA_BASE_INLINE_FUNCTION_HPP
#define RAIDA_BASE_INLINE_FUNCTION_HPP

#include <raida/base/version.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

namespace raida::inline v1 {

template <class Signature>
class inline_function;

/// A copyable callable, or nothing. std::function keeps only 16 bytes inline: it would allocate for every
/// fan-out with a lambda of some size.
template <class Result, class... Arguments>
class inline_function<Result(Arguments...)>
{
  public:
    static constexpr std::size_t inline_size = 64; ///< bytes; larger callables are allocated

    constexpr inline_function() noexcept = default;
    /// Nothing to call.
    constexpr inline_function(std::nullptr_t) noexcept {}

    /// Keeps a copy. A null pointer, or an empty std::function, is nothing to call.
    template <class Callable>
    requires(!std::same_as<std::decay_t<Callable>, inline_function> &&
             std::is_invocable_r_v<Result, std::decay_t<Callable>&, Arguments...> &&
             std::copy_constructible<std::decay_t<Callable>>)
    inline_function(Callable&& callable)
    {
        using stored = std::decay_t<Callable>;
        if constexpr (may_be_empty<stored> && !std::is_function_v<std::remove_reference_t<Callable>>)
            if (!static_cast<bool>(callable))
                return;
        if constexpr (is_inline<stored>)
            ::new (static_cast<void*>(memory_)) stored(std::forward<Callable>(callable));
        else
            ::new (static_cast<void*>(memory_)) stored*(new stored(std::forward<Callable>(callable)));
        operations_ = &operations_for<stored>;
    }

    inline_function(const inline_function& other) : operations_(other.operations_)
    {
        if (operations_ != nullptr)
            operations_->copy(memory_, other.memory_);
    }

    inline_function(inline_function&& other) noexcept : operations_(std::exchange(other.operations_, nullptr))
    {
        if (operations_ != nullptr)
            operations_->relocate(memory_, other.memory_);
    }

    inline_function& operator=(inline_function other) noexcept
    {
        reset();
        operations_ = std::exchange(other.operations_, nullptr);
        if (operations_ != nullptr)
            operations_->relocate(memory_, other.memory_);
        return *this;
    }

    ~inline_function() { reset(); }

    explicit operator bool() const noexcept { return operations_ != nullptr; }

    /// There must be something to call.
    Result operator()(Arguments... arguments)
    {
        return operations_->call(memory_, std::forward<Arguments>(arguments)...);
    }

    /// Nothing to call from now on.
    void reset() noexcept
    {
        if (operations_ != nullptr)
            std::exchange(operations_, nullptr)->destroy(memory_);
    }

  private:
    // Pointers and std::function: an empty one is no callable.
    template <class Stored>
    static constexpr bool may_be_empty =
        std::is_constructible_v<bool, const Stored&> && std::is_constructible_v<Stored, std::nullptr_t>;

    template <class Stored>
    static constexpr bool is_inline = sizeof(Stored) <= inline_size && alignof(Stored) <= alignof(void*) &&
                                      std::is_nothrow_move_constructible_v<Stored>;

    struct operations
    {
        Result (*call)(void*, Arguments&&...);
        void (*copy)(void* to, const void* from);
        void (*relocate)(void* to, void* from) noexcept;
        void (*destroy)(void*) noexcept;
    };

    template <class Stored>
    static Stored& get(void* memory) noexcept
    {
        if constexpr (is_inline<Stored>)
            return *std::launder(static_cast<Stored*>(memory));
        else
            return **std::launder(static_cast<Stored**>(memory));
    }

    template <class Stored>
    static constexpr operations operations_for{
        [](void* memory, Arguments&&... arguments) -> Result {
            if constexpr (std::is_void_v<Result>)
                std::invoke(get<Stored>(memory), std::forward<Arguments>(arguments)...);
            else
                return std::invoke(get<Stored>(memory), std::forward<Arguments>(arguments)...);
        },
        [](void* to, const void* from) {
            const Stored& source = get<Stored>(const_cast<void*>(from));
            if constexpr (is_inline<Stored>)
                ::new (to) Stored(source);
            else
                ::new (to) Stored*(new Stored(source));
        },
        [](void* to, void* from) noexcept {
            if constexpr (is_inline<Stored>) {
                ::new (to) Stored(std::move(get<Stored>(from)));
                get<Stored>(from).~Stored();
            } else {
                ::new (to) Stored*(&get<Stored>(from));
            }
        },
        [](void* memory) noexcept {
            if constexpr (is_inline<Stored>)
                get<Stored>(memory).~Stored();
            else
                delete &get<Stored>(memory);
        }};

    const operations* operations_ = nullptr;
    alignas(void*) std::byte memory_[inline_size];
};

} // namespace raida::inline v1

#endif // RAIDA_BASE_INLINE_FUNCTION_HPP
