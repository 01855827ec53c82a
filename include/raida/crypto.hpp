// Encryption, for which OpenSSL must be linked (CMake target raida::crypto).
#ifndef RAIDA_CRYPTO_HPP
#define RAIDA_CRYPTO_HPP

#include <raida/client/crypto.hpp>
#include <raida/client/sealed_client.hpp>

#endif // RAIDA_CRYPTO_HPP
