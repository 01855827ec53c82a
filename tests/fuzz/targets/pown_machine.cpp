// For libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -Iinclude
// tests/fuzz/targets/pown_machine.cpp
#include "../pown_machine.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::pown_machine({data, size});
    return 0;
}
