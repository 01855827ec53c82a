// One program, two kinds of Asio: each half asks 25 servers of its own.
#include <cstddef>
#include <cstdio>

std::ptrdiff_t answers_on_boost();
std::ptrdiff_t answers_on_standalone();

int main()
{
    const auto standalone = answers_on_standalone();
    const auto boost = answers_on_boost();
    std::printf("%td answers on standalone Asio, %td on Boost.Asio\n", standalone, boost);
    return standalone == 25 && boost == 25 ? 0 : 1;
}
