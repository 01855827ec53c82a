// Must not compile, and the compiler must name: .forget
#include <raida/client.hpp>

struct without_forget : raida::plain
{
    void forget(std::size_t) noexcept = delete;
};

void use(raida::basic_client<25, raida::transport::udp, without_forget>&);
