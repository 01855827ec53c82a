// Encryption for programs that can also be built without OpenSSL. They are built with it where
// RAIDA_EXAMPLES_CRYPTO is defined.
#ifndef RAIDA_EXAMPLES_SEALING_HPP
#define RAIDA_EXAMPLES_SEALING_HPP

#include "bad_input.hpp"

#include <raida/client/codec.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/wire/token.hpp>

#ifdef RAIDA_EXAMPLES_CRYPTO
#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>
#endif

namespace support {

#ifdef RAIDA_EXAMPLES_CRYPTO

inline constexpr bool can_encrypt = true;

using sealing = raida::sealed;

// For the embedded servers.
[[nodiscard]] inline raida::testing::body_cipher make_body_cipher()
{
    return raida::testing::make_body_cipher();
}

#else

inline constexpr bool can_encrypt = false;

// Cannot be made: nothing that should have been encrypted leaves in the clear.
struct sealing : raida::plain
{
    explicit sealing(const raida::token&) { throw bad_input{"this program was built without OpenSSL"}; }
};

[[nodiscard]] inline raida::testing::body_cipher make_body_cipher()
{
    return {};
}

#endif

} // namespace support

#endif // RAIDA_EXAMPLES_SEALING_HPP
