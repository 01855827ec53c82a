// A well-formed response of any status and body.
#ifndef RAIDA_TESTS_FUZZ_DATAGRAM_HPP
#define RAIDA_TESTS_FUZZ_DATAGRAM_HPP

#include <raida/base/bytes.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fuzz {

inline std::vector<std::uint8_t> datagram(raida::status what, raida::bytes_view body = {})
{
    const std::size_t after = body.empty() ? 0 : body.size() + raida::terminator_size;
    std::vector<std::uint8_t> made(raida::header_size + after, raida::terminator_byte);
    raida::response_header{.status = what, .body_size = static_cast<std::uint32_t>(after)}.write(made.data());
    std::copy(body.begin(), body.end(), made.begin() + raida::header_size);
    return made;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_DATAGRAM_HPP
