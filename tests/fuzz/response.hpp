// Any datagram may arrive at a client or a server: headers, shapes, bodies and typed answers.
#ifndef RAIDA_TESTS_FUZZ_RESPONSE_HPP
#define RAIDA_TESTS_FUZZ_RESPONSE_HPP

#include "check.hpp"

#include <raida/wire/answers.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace fuzz {

inline void check_request_header(raida::bytes_view packet)
{
    const auto header = raida::request_header::parse(packet);
    check(header.has_value() == (packet.size() >= 32), "a request header is there from 32 bytes on");
    if (!header)
        return;
    std::array<std::uint8_t, 32> written{};
    header->write(written.data());
    check(std::equal(written.begin(), written.end(), packet.begin()),
          "a request header is written as parsed");
    const auto implied = raida::implied_signature(packet);
    check(implied.has_value() == (packet.size() >= 50 && packet[16] == 0), "who implies a signature");
    if (implied)
        check(std::equal(implied->begin(), implied->end(), packet.begin() + 32),
              "the challenge is the signature");
}

inline void check_answers(const raida::response_header& header, raida::bytes_view body)
{
    if (const auto text = raida::parse_version(body))
        check(text->size() == body.size(), "a version is the whole body");
    const std::size_t count = body.empty() ? 3 : body.size();
    const auto answers = raida::parse_find(header.status, body, count);
    if (answers) {
        check(raida::is_find_result(header.status), "only find statuses answer a find");
        for (std::size_t i = 0; i < answers->size(); ++i)
            check(static_cast<unsigned>((*answers)[i]) <= 2, "a find answer is 0..2");
    }
}

/// True if the datagram is a well-formed response.
inline bool response(raida::bytes_view datagram)
{
    check_request_header(datagram);
    const auto header = raida::response_header::parse(datagram);
    check(header.has_value() == (datagram.size() >= 32), "a response header is there from 32 bytes on");
    const raida::bytes_view body = raida::response_body(datagram);
    const auto shape = raida::shape_of(datagram);
    if (!header || shape == raida::response_shape::malformed) {
        check(body.empty() && (header || shape == raida::response_shape::malformed),
              "no body in what is malformed");
        return false;
    }
    std::array<std::uint8_t, 32> written{};
    header->write(written.data());
    written[8] = datagram[8]; // reserved
    check(std::equal(written.begin(), written.end(), datagram.begin()),
          "a response header is written as parsed");
    check(!raida::describe(header->status).empty(), "every status is shown");
    if (shape == raida::response_shape::wide_error) {
        check(datagram.size() == 48 && header->body_size == 0 && body.empty(), "what a wide error is");
        return false;
    }
    check(datagram.size() == 32 + header->body_size, "the size field counts body and terminator");
    check(body.empty() ? datagram.size() <= 34 : body.size() + 34 == datagram.size(),
          "the body is all but frame");
    check_answers(*header, body);
    return true;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_RESPONSE_HPP
