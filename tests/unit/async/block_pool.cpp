#include <raida/async/detail/block_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

using raida::detail::block_pool;
using raida::detail::pool_allocator;

TEST_CASE("a block that was given back is used again", "[block_pool]")
{
    block_pool memory;
    for (const std::size_t size : {1U, 63U, 64U, 65U, 2047U, 2048U}) {
        void* const first = memory.allocate(size);
        memory.deallocate(first, size);
        CHECK(memory.allocate(size) == first);
        memory.deallocate(first, size);
    }
}

TEST_CASE("sizes of one step share blocks, others do not", "[block_pool]")
{
    block_pool memory;
    void* const first = memory.allocate(10);
    memory.deallocate(first, 10);
    void* const larger = memory.allocate(65);
    CHECK(larger != first);
    void* const same = memory.allocate(64);
    CHECK(same == first);
    memory.deallocate(larger, 65);
    memory.deallocate(same, 64);
}

TEST_CASE("blocks never overlap, and are aligned, at any size", "[block_pool]")
{
    block_pool memory;
    std::mt19937 random{5};
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    for (int step = 0; step < 5'000; ++step) {
        if (random() % 2 == 0 || blocks.empty()) {
            const std::size_t size = 1 + random() % 3000; // beyond the largest list, too
            auto* const block = static_cast<unsigned char*>(memory.allocate(size));
            REQUIRE(reinterpret_cast<std::uintptr_t>(block) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
            std::memset(block, static_cast<int>(blocks.size() % 251), size);
            block[0] = static_cast<unsigned char>(size % 256);
            blocks.emplace_back(block, size);
        } else {
            std::swap(blocks[random() % blocks.size()], blocks.back());
            const auto [block, size] = blocks.back();
            REQUIRE(block[0] == size % 256);
            if (size > 2)
                REQUIRE(block[1] == block[size - 1]);
            memory.deallocate(block, size);
            blocks.pop_back();
        }
    }
    for (const auto& [block, size] : blocks)
        memory.deallocate(block, size);
}

TEST_CASE("as an allocator it serves any type, and is equal to its copies", "[block_pool]")
{
    block_pool memory, other;
    const pool_allocator<int> numbers{memory};
    const pool_allocator<double> doubles{numbers};
    CHECK(numbers == doubles);
    CHECK(!(numbers == pool_allocator<int>{other}));
    std::vector<double, pool_allocator<double>> values{doubles};
    for (int i = 0; i < 1000; ++i)
        values.push_back(i);
    CHECK(values[999] == 999);
    const auto shared = std::allocate_shared<int>(numbers, 7);
    CHECK(*shared == 7);
}
