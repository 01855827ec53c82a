// Reads a file that may hold secrets, and leaves no copy of it in memory.
#ifndef RAIDA_EXAMPLES_SECRET_FILE_HPP
#define RAIDA_EXAMPLES_SECRET_FILE_HPP

#include "bad_input.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace support {

// Memory that is wiped before it is given back, also where a vector moves to a larger block.
template <class Value>
struct wiping_allocator
{
    using value_type = Value;

    wiping_allocator() = default;
    template <class Other>
    explicit constexpr wiping_allocator(const wiping_allocator<Other>&) noexcept
    {}

    Value* allocate(std::size_t count) { return std::allocator<Value>{}.allocate(count); }
    void deallocate(Value* memory, std::size_t count) noexcept
    {
        volatile auto* byte = reinterpret_cast<volatile unsigned char*>(memory);
        for (std::size_t i = 0; i < count * sizeof(Value); ++i)
            byte[i] = 0;
        std::allocator<Value>{}.deallocate(memory, count);
    }

    friend bool operator==(const wiping_allocator&, const wiping_allocator&) = default;
};

class secret_file
{
  public:
    static constexpr std::size_t largest = 256U << 20;

    // Reads the whole file, which may be a pipe. Throws bad_input.
    explicit secret_file(const std::string& path)
    {
        errno = 0;
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                                   std::fclose};
        if (!file)
            refuse(path);
        std::setvbuf(file.get(), nullptr, _IONBF, 0); // no second copy
        std::size_t used = 0;
        for (std::size_t got = 1; got != 0; used += got) {
            if (used > largest)
                throw bad_input{path + ": larger than 256 MiB"};
            bytes_.resize(used + std::max(used, std::size_t{65536}));
            got = std::fread(bytes_.data() + used, 1, bytes_.size() - used, file.get());
        }
        if (std::ferror(file.get()) != 0)
            refuse(path);
        bytes_.resize(used);
    }

    // Valid as long as this object.
    [[nodiscard]] std::string_view text() const noexcept { return {bytes_.data(), bytes_.size()}; }

  private:
    [[noreturn]] static void refuse(const std::string& path)
    {
        const std::error_code why{errno != 0 ? errno : EIO, std::generic_category()};
        throw bad_input{"cannot read " + support::quoted(path) + ": " + why.message()};
    }

    std::vector<char, wiping_allocator<char>> bytes_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_SECRET_FILE_HPP
