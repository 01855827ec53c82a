// What every program does around its work.
#ifndef RAIDA_EXAMPLES_RUN_PROGRAM_HPP
#define RAIDA_EXAMPLES_RUN_PROGRAM_HPP

#include <exception>
#include <iostream>

namespace support {

/// `read` gives the settings, `work` does what they say and returns the exit code. With --help only the text
/// is shown; bad input, and whatever else is thrown, is one line and exit code 2.
template <class Read, class Work>
int run_program(const char* name, const char* help, Read read, Work work)
{
    try {
        const auto wanted = read();
        if (!wanted.help)
            return work(wanted);
        std::cout << help;
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << name << ": " << problem.what() << '\n';
        return 2;
    }
}

} // namespace support

#endif // RAIDA_EXAMPLES_RUN_PROGRAM_HPP
