// A list of servers, as people write it, with names to look up; and errors by what they mean.
#include <raida/raida.hpp>

#include <iostream>

const char* const text = R"(# server 2 is not listed
localhost:18000 r0
127.0.0.1:18001 r1
)";

int main()
{
    raida::parse_error wrong;
    const auto hosts = raida::parse_servers<3>(text, wrong);
    if (wrong.code == raida::errc::missing_server) // the others can be used
        std::cout << "note: " << wrong.message() << '\n';
    else if (wrong)
        return std::cerr << wrong.message() << '\n', 2; // "line 2, port: ..."

    asio::io_context io;
    raida::async_resolve(io, hosts, [&](std::error_code, const raida::server_list<3>& servers) {
        for (std::size_t i = 0; i < servers.size(); ++i)
            if (const auto* where = servers.endpoint(i))
                std::cout << "server " << i << " is at " << *where << '\n';
            else if (servers.error(i) == raida::condition::unknown_host)
                std::cout << "server " << i << " has a name that nobody knows\n";
            else
                std::cout << "server " << i << ": " << servers.error(i).message() << '\n';
    });
    io.run();
}
