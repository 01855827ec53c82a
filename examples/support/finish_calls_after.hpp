// A signal that is handled must not spoil what is just being written.
#ifndef RAIDA_EXAMPLES_FINISH_CALLS_AFTER_HPP
#define RAIDA_EXAMPLES_FINISH_CALLS_AFTER_HPP

#include <csignal>

namespace support {

/// After the handler of `signal` system calls go on. As Asio installs it they fail with EINTR: a stream that
/// was writing to a slow terminal would be bad from then on. (Only newer versions of Asio can be told to.)
inline void finish_calls_after([[maybe_unused]] int signal)
{
#if !defined(_WIN32)
    struct sigaction how = {};
    if (sigaction(signal, nullptr, &how) == 0) {
        how.sa_flags |= SA_RESTART;
        sigaction(signal, &how, nullptr);
    }
#endif
}

} // namespace support

#endif // RAIDA_EXAMPLES_FINISH_CALLS_AFTER_HPP
