// How encryption gets into the embedded servers, whose own headers do not need OpenSSL.
#ifndef RAIDA_TESTING_BODY_CIPHER_HPP
#define RAIDA_TESTING_BODY_CIPHER_HPP

#include <raida/base/version.hpp>

#include <cstdint>
#include <functional>
#include <span>

namespace raida::inline v1::testing {

/// AES-128-CTR in place: the first counter block is the nonce and eight zero bytes, plus `skipped` blocks.
/// False if that failed. enable_encryption() in testing/encryption.hpp gives one to a fleet.
using body_cipher =
    std::function<bool(std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t, 8> nonce,
                       std::uint64_t skipped, std::span<std::uint8_t> data)>;

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_BODY_CIPHER_HPP
