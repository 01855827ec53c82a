// What stdout can show: a terminal has colours, blocks and a width; a pipe gets plain ASCII.
#ifndef RAIDA_EXAMPLES_TERMINAL_HPP
#define RAIDA_EXAMPLES_TERMINAL_HPP

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#if !defined(_WIN32)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace support {

enum class colour
{
    none,
    dim,
    red,
    green,
    yellow
};

struct terminal
{
    bool interactive = false; // lines can be drawn again
    bool colours = false;
    bool unicode = false;
    std::size_t columns = 80, rows = 24;

    [[nodiscard]] static terminal of_stdout()
    {
        terminal result;
#if !defined(_WIN32)
        if (!is_capable(STDOUT_FILENO))
            return result;
        result.interactive = true;
        result.colours = variable("NO_COLOR").empty();
        result.unicode = has_unicode();
        winsize size{};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0) {
            result.columns = size.ws_col;
            result.rows = size.ws_row;
        }
#endif
        return result;
    }

    // Can a line on stderr be taken back?
    [[nodiscard]] static bool is_stderr()
    {
#if !defined(_WIN32)
        return is_capable(STDERR_FILENO);
#else
        return false;
#endif
    }

    // Characters to a line.
    [[nodiscard]] std::size_t room() const
    {
        return interactive ? columns : std::numeric_limits<std::size_t>::max();
    }

    [[nodiscard]] std::string paint(std::string_view text, colour how) const
    {
        static constexpr std::string_view codes[] = {"", "2", "31", "32", "33"};
        const std::string_view code = codes[static_cast<std::size_t>(how)];
        if (!colours || code.empty())
            return std::string{text};
        return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
    }

  private:
#if !defined(_WIN32)
    [[nodiscard]] static bool is_capable(int file)
    {
        const std::string_view kind = variable("TERM");
        return isatty(file) != 0 && kind != "dumb" && !kind.empty();
    }
#endif

    [[nodiscard]] static std::string_view variable(const char* name)
    {
        const char* const value = std::getenv(name);
        return value != nullptr ? value : "";
    }

    [[nodiscard]] static bool has_unicode()
    {
        for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
            if (const std::string_view locale = variable(name); !locale.empty())
                return locale.ends_with("UTF-8") || locale.ends_with("utf8");
        return false;
    }
};

} // namespace support

#endif // RAIDA_EXAMPLES_TERMINAL_HPP
