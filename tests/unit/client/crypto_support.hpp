// A server's side of encryption types 1 and 2, written down once more, and what the codec's tests share.
#ifndef RAIDA_TESTS_CRYPTO_SUPPORT_HPP
#define RAIDA_TESTS_CRYPTO_SUPPORT_HPP

#include <raida/client/crypto.hpp>
#include <raida/testing/seeded_random.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

namespace crypto_support {

using bytes = std::vector<std::uint8_t>;
using raida::counter_habit;
using raida::testing::seeded_random;

// Two servers, and randomness that is the same in every run.
using builder = raida::commands<2, seeded_random>;
using codec = raida::basic_sealed<2, seeded_random>;

inline raida::authenticity_number number(std::string_view digits)
{
    return raida::authenticity_number::from_hex(digits).value();
}

inline raida::basic_token<2> key()
{
    return {{-2},
            {1'023'999},
            {number("2B7E151628AED2A6ABF7158809CF4F3C"), number("11111111111111111111111111111111")}};
}

inline codec make_codec(std::uint64_t seed = 1)
{
    return codec{key(), raida::serial_limit, seeded_random{seed}};
}

inline std::vector<raida::basic_token<2>> tokens(std::size_t count)
{
    std::vector<raida::basic_token<2>> batch(count);
    for (std::size_t i = 0; i < count; ++i)
        batch[i] = {{0}, {static_cast<std::uint32_t>(i)}, key().numbers};
    return batch;
}

// A missing one would never be sent.
inline std::vector<raida::authenticity_numbers<2>> new_numbers(std::size_t count)
{
    return std::vector<raida::authenticity_numbers<2>>(count, key().numbers);
}

inline raida::requests<2> sealed(codec& by, raida::requests<2> packets)
{
    std::error_code error;
    by.seal(packets, error);
    if (error)
        throw std::system_error{error};
    return packets;
}

// Encrypts or decrypts as a server with this habit does its answers.
inline void crypt(const raida::authenticity_number& key, raida::bytes_view request, counter_habit habit,
                  std::span<std::uint8_t> data)
{
    raida::detail::aes_counter cipher;
    std::array<std::uint8_t, 16> counter{};
    std::copy_n(request.begin() + 24, 8, counter.begin());
    if (habit == counter_habit::goes_on) // body length field, without the terminator, in blocks
        raida::detail::store_big<2>(counter.data() + 14,
                                    (raida::detail::load_big<2>(request.data() + 22) - 2 + 15) / 16);
    if (!cipher.set_key(key.bytes()) || !cipher.run(counter, data))
        throw std::runtime_error{"no AES"};
}

// A server's whole answer. `plain` is encrypted as it is, sensible or not.
inline bytes answer(const raida::requests<2>& asked, std::size_t server, raida::status status, bytes plain,
                    counter_habit habit)
{
    const auto& [request, expected] = asked[server];
    raida::response_header header;
    header.server = static_cast<std::uint8_t>(server);
    header.status = status;
    header.group = request[4];
    header.echo = raida::request_header::parse(request)->echo();
    header.signature = expected.value();
    header.body_size = static_cast<std::uint32_t>(plain.empty() ? 0 : plain.size() + 2);
    bytes datagram(32);
    header.write(datagram.data());
    crypt(key().numbers[server], request, habit, plain);
    datagram.insert(datagram.end(), plain.begin(), plain.end());
    datagram.insert(datagram.end(), plain.empty() ? 0 : 2, raida::terminator_byte);
    return datagram;
}

inline bytes text(std::string_view from)
{
    return {from.begin(), from.end()};
}

} // namespace crypto_support

#endif // RAIDA_TESTS_CRYPTO_SUPPORT_HPP
