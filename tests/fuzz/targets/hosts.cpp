// For libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -Iinclude
// tests/fuzz/targets/hosts.cpp
#include "../hosts.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::hosts({data, size});
    return 0;
}
