// What every program does around its work.
#ifndef RAIDA_EXAMPLES_RUN_PROGRAM_HPP
#define RAIDA_EXAMPLES_RUN_PROGRAM_HPP

#include "arguments.hpp"

#include <raida/base/version.hpp>

#include <exception>
#include <iostream>

namespace support {

/// `read` gives the settings, `work` does what they say and returns the exit code. Asked for help or for the
/// version it shows that; bad input, and whatever else is thrown, is one line and exit code 2.
template <class Read, class Work>
int run_program(const char* name, const char* help, Read read, Work work)
{
    try {
        return work(read());
    } catch (wanted_text which) {
        constexpr auto version = raida::version;
        if (which == wanted_text::help)
            std::cout << help;
        else
            std::cout << name << " (raida) " << version.major << '.' << version.minor << '.' << version.patch
                      << '\n';
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << name << ": " << problem.what() << '\n';
        return 2;
    }
}

} // namespace support

#endif // RAIDA_EXAMPLES_RUN_PROGRAM_HPP
