// For libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -Iinclude
// tests/fuzz/targets/heal_machine.cpp
#include "../heal_machine.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::heal_machine({data, size});
    return 0;
}
