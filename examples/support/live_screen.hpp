// A screen of its own, drawn again and again; afterwards the terminal is as it was before.
#ifndef RAIDA_EXAMPLES_LIVE_SCREEN_HPP
#define RAIDA_EXAMPLES_LIVE_SCREEN_HPP

#include "terminal.hpp"

#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>

namespace support {

// Where stdout is no terminal each text is printed after the last, and nothing else.
class live_screen
{
  public:
    explicit live_screen(const terminal& screen) : interactive_{screen.interactive}
    {
        if (interactive_)
            std::cout << "\x1b[?1049h\x1b[?25l\x1b[?7l" << std::flush; // no cursor, long lines cut
    }
    live_screen(const live_screen&) = delete;
    live_screen& operator=(const live_screen&) = delete;
    ~live_screen()
    {
        if (interactive_)
            std::cout << "\x1b[?7h\x1b[?25h\x1b[?1049l" << std::flush;
    }

    // Lines that do not fit below each other are left out.
    void show(std::string_view text) const
    {
        if (!interactive_) {
            std::cout << text << std::flush;
            return;
        }
        std::string drawn = "\x1b[H";
        std::size_t lines = terminal::of_stdout().rows; // it may have been resized
        for (; !text.empty() && lines != 0; --lines) {
            const std::size_t end = text.find('\n');
            drawn += std::string{text.substr(0, end)} + "\x1b[K" + (lines == 1 ? "" : "\r\n");
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        std::cout << drawn << "\x1b[J" << std::flush;
    }

  private:
    bool interactive_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_LIVE_SCREEN_HPP
