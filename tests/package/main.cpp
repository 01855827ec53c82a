// What matters to a package, and compiles fast: a header of raida's, Asio through it, and the version that
// CMake promised.
#include <raida/transport/server_list.hpp>

#include <asio/io_context.hpp>

#if defined(EXPECT_OWN_ASIO) && !defined(FROM_OWN_ASIO)
#error "raida did not take the asio::asio that was there"
#endif

int main()
{
    asio::io_context io;
    io.run();
    return raida::version.major == RAIDA_VERSION_MAJOR && raida::loopback().size() == 25 ? 0 : 1;
}
