// For libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -Iinclude
// tests/fuzz/targets/exchange_machine.cpp
#include "../exchange_machine.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::exchange_machine({data, size});
    return 0;
}
