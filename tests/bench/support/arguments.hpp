// The command line: `--flag`, `--name value`.
#ifndef RAIDA_BENCH_ARGUMENTS_HPP
#define RAIDA_BENCH_ARGUMENTS_HPP

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

class arguments
{
  public:
    arguments(int count, char** values) : words_{values + 1, values + count} {}

    [[nodiscard]] bool has(const std::string& flag) const
    {
        for (const std::string& word : words_)
            if (word == flag)
                return true;
        return false;
    }

    [[nodiscard]] std::string value(const std::string& name, std::string fallback) const
    {
        for (std::size_t i = 0; i + 1 < words_.size(); ++i)
            if (words_[i] == name)
                return words_[i + 1];
        return fallback;
    }

    [[nodiscard]] long number(const std::string& name, long fallback) const
    {
        const std::string text = value(name, {});
        if (text.empty())
            return fallback;
        std::size_t end = 0;
        const long result = std::stol(text, &end);
        if (end != text.size())
            throw std::invalid_argument{name + " takes a number"};
        return result;
    }

  private:
    std::vector<std::string> words_;
};

} // namespace bench

#endif // RAIDA_BENCH_ARGUMENTS_HPP
