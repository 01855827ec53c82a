// For libFuzzer: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -Iinclude
// tests/fuzz/targets/sealed_body.cpp
#include "../sealed_body.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::sealed_body({data, size});
    return 0;
}
