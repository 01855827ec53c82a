// Any text may be given as a server list.
#ifndef RAIDA_TESTS_FUZZ_HOSTS_HPP
#define RAIDA_TESTS_FUZZ_HOSTS_HPP

#include "check.hpp"
#include "token_csv.hpp"

#include <raida/wire/hosts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

inline std::string written(const raida::host_list<3>& list)
{
    std::string text;
    const auto add = [&](const auto& of, const char* role) {
        for (std::size_t i = 0; i < of.size(); ++i)
            if (of[i])
                text += "[" + of[i]->host + "]:" + std::to_string(of[i]->port) + " " + std::to_string(i) +
                        role + "\n";
    };
    add(list.primary, "-0-0-P");
    add(list.mirror, "-0-0-M");
    return text;
}

/// Read as a list of three servers. True if it is one.
inline bool hosts(raida::bytes_view input)
{
    const std::string_view text{reinterpret_cast<const char*>(input.data()), input.size()};
    raida::parse_error error;
    const auto list = raida::parse_servers<3>(text, error);
    const auto count = std::count_if(list.primary.begin(), list.primary.end(),
                                     [](const auto& one) { return one.has_value(); });
    const bool told = error.code == raida::errc::missing_server;
    check((count == 3 && !error) || (count == 2 && told) || (count == 0 && error && !told),
          "there are all servers, or most, or an error");
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    check(error.line <= lines, "an error is in a line that exists");
    check(longest_hex(error.message()) < 8, "an error tells no secret");
    if (count == 0)
        return false;
    raida::parse_error again;
    check(raida::parse_servers<3>(written(list), again) == list && again.code == error.code,
          "what is read can be written");
    return true;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_HOSTS_HPP
