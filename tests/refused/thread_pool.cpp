// Must not compile, and the compiler must say: give it a strand of the pool, asio::make_strand(pool)
#include <raida/raida.hpp>

#include <asio/thread_pool.hpp>

void use(asio::thread_pool& pool)
{
    raida::client client{pool, raida::loopback()};
}
