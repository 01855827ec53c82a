// A server list from a file, its host names looked up.
#ifndef RAIDA_EXAMPLES_SERVER_FILE_HPP
#define RAIDA_EXAMPLES_SERVER_FILE_HPP

#include "bad_input.hpp"
#include "secret_file.hpp"
#include "terminal.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace support {

// Files are mixed up easily.
[[nodiscard]] inline bool holds_tokens(std::string_view text, const std::string& path)
{
    raida::parse_error error;
    const auto held = raida::read_token_file(
        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, error, {.name = path});
    return !error && !held.tokens.empty();
}

// Runs `io` meanwhile. A name that cannot be resolved spoils only its own server's slot. Throws bad_input.
[[nodiscard]] inline raida::server_list<> read_servers(asio::io_context& io, const std::string& path)
{
    const secret_file file{path};
    raida::parse_error error;
    const auto hosts = raida::parse_servers(file.text(), error);
    if (error.code == raida::errc::missing_server)
        std::cerr << path << ": " << error.message() << '\n';
    else if (error && holds_tokens(file.text(), path))
        throw bad_input{path + ": tokens, where a list of servers is wanted"};
    else if (error)
        throw bad_input{path + ": " + error.message()};
    raida::server_list<> servers;
    raida::async_resolve(
        io, hosts, [&](std::error_code, raida::server_list<> resolved) { servers = std::move(resolved); });
    io.poll();
    if (!io.stopped()) { // names, which may take their time
        const bool shows = terminal::is_stderr();
        std::cerr << (shows ? "looking up the servers of " + path : "") << std::flush;
        io.run();
        std::cerr << (shows ? "\r\x1b[K" : "") << std::flush;
    }
    io.restart();
    return servers;
}

} // namespace support

#endif // RAIDA_EXAMPLES_SERVER_FILE_HPP
