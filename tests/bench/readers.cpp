// Reading files of 10,000 tokens from memory, against memcpy() of the same bytes.
//
//   --out FOLDER   where readers.json goes   --quick   a fifth of the time
#include "support/alternate.hpp"
#include "support/arguments.hpp"
#include "support/report.hpp"

#include <raida/testing/tokens.hpp>
#include <raida/wire/token_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace {

using namespace bench;

constexpr std::size_t many = 10'000;

void measure(raida::token_format format, double least, int blocks, report& results, table& made)
{
    raida::token_file file;
    file.tokens = raida::testing::make_tokens(many);
    const raida::secret_bytes bytes = raida::write_token_file(file, format);
    const double megabytes = 1e-6 * static_cast<double>(bytes.size());
    std::vector<std::uint8_t> copy(bytes.size());
    const auto taken = alternate({[&] {
                                      const raida::token_file read = raida::read_token_file(bytes);
                                      if (read.tokens.size() != many)
                                          throw std::runtime_error{"tokens were lost"};
                                      keep(*read.tokens.data());
                                  },
                                  [&] {
                                      std::memcpy(copy.data(), bytes.data(), bytes.size());
                                      keep(*copy.data());
                                  }},
                                 blocks, 0.01);
    const double speed = megabytes / median(taken[0]);
    const std::string name{to_string(format)};
    made.row(name, {megabytes, speed, megabytes / median(taken[1]), median_ratio(taken[0], taken[1])});
    results.at_least("reading 10,000 tokens, " + name + ": MB/s", least, speed, 0);
}

} // namespace

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        const int blocks = given.has("--quick") ? 20 : 100;
        report results{"readers"};
        table made{"readers",
                   "Reading a file of 10,000 tokens that is in memory (processor time)",
                   "form",
                   {{"mb", "MB", 1},
                    {"mb_per_second", "MB/s", 0},
                    {"memcpy_mb_per_second", "memcpy, MB/s", 0},
                    {"ratio", "x memcpy's time", 1}}};
        measure(raida::token_format::bin, 500, blocks, results, made);
        measure(raida::token_format::csv, 200, blocks, results, made);
        results.add(std::move(made));
        results.print_targets();
        results.write(given.value("--out", ".") + "/readers.json");
    } catch (const std::exception& error) {
        std::cerr << "readers: " << error.what() << '\n';
        return 2;
    }
}
