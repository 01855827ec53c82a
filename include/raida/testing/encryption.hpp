// Encryption types 1 and 2 for the embedded servers. Needs OpenSSL: link the CMake target raida::crypto.
#ifndef RAIDA_TESTING_ENCRYPTION_HPP
#define RAIDA_TESTING_ENCRYPTION_HPP

#include <raida/client/detail/aes_counter.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/testing/fleet_controls.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace raida::inline v1::testing {

/// AES-128-CTR by OpenSSL. Copies share their state: not for several threads at once.
[[nodiscard]] inline body_cipher make_body_cipher()
{
    const auto cipher = std::make_shared<raida::detail::aes_counter>();
    return [cipher](std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t, 8> nonce,
                    std::uint64_t skipped, std::span<std::uint8_t> data) {
        return cipher->set_key(key) && cipher->apply(nonce, skipped, data);
    };
}

/// From now on the servers understand encryption types 1 (the key is a token that was given to them) and 2
/// (a locker, see fleet_controls::add_locker), each counting as its `server_rules::counter_goes_on` says.
///
///     raida::testing::fleet servers{io};
///     raida::testing::enable_encryption(servers);
///     servers.add(key);
///     raida::sealed codec{key};
template <std::size_t N, class Core>
void enable_encryption(fleet_controls<N, Core>& servers)
{
    servers.set_cipher(make_body_cipher());
}

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_ENCRYPTION_HPP
