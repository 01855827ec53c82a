// Must not compile, and the compiler must say: sealed_client
#include <raida/raida.hpp>

using mine = raida::sealed_client; // of raida/crypto.hpp
