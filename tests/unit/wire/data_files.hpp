// The files in tests/data: invented ones, of every form that people have.
#ifndef RAIDA_TESTS_UNIT_WIRE_DATA_FILES_HPP
#define RAIDA_TESTS_UNIT_WIRE_DATA_FILES_HPP

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace tests {

/// "tokens/9_single.bin" as it is on the disk.
inline std::string data_file(const std::string& name)
{
    const auto folder = std::filesystem::path{__FILE__}.parent_path() / ".." / ".." / "data";
    std::ifstream file{folder / name, std::ios::binary};
    if (!file)
        throw std::runtime_error{"no tests/data/" + name};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace tests

#endif // RAIDA_TESTS_UNIT_WIRE_DATA_FILES_HPP
