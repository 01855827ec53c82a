// How bodies are sealed on their way: the seam between the client and encryption. `plain` does nothing.
#ifndef RAIDA_CLIENT_CODEC_HPP
#define RAIDA_CLIENT_CODEC_HPP

#include <raida/wire/bitfield.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/request.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <bitset>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <system_error>

namespace raida::inline v1 {

/// Are status and body (without terminator) an answer to what was asked?
using answer_reader = std::function<bool(status, bytes_view)>;

/// What a codec must know about a batch to tell a sensible answer from a wrong reading of one.
struct sealed_batch
{
    std::size_t token_count = 0;                              ///< tokens asked about
    raida::bit_order bit_order = raida::bit_order::lsb_first; ///< of MIXED bodies
    const answer_reader* reads = nullptr; ///< of a command that the library has no words for
};

/// How bodies are sealed and opened: see basic_plain.
template <class Codec, std::size_t N>
concept codec_for = std::move_constructible<Codec> &&
                    requires(Codec& codec, const Codec& seen, requests<N>& packets, std::error_code& error,
                             std::size_t server, const request_view& asked, replies<N>& answers,
                             const sealed_batch& batch, command_code what) {
                        { Codec::encrypts } -> std::convertible_to<bool>;
                        codec.seal(packets, error);
                        { codec.open(server, asked, answers, batch) } -> std::convertible_to<bool>;
                        { seen.most_tokens(server, what) } -> std::convertible_to<std::size_t>;
                        codec.forget(server);
                        { seen.key_token() } -> std::convertible_to<std::optional<token_id>>;
                    };

/// Requests and answers travel as they are (encryption type 0). Good for everything but pown, whose new
/// authenticity numbers anybody on the way could read.
template <std::size_t N = server_count>
class basic_plain
{
  public:
    static constexpr bool encrypts = false; ///< a pown may not use it, unless told otherwise

    /// Seals complete requests in place, and says what their answers must carry.
    void seal(requests<N>&, std::error_code& error) noexcept { error = {}; }

    /// Opens the answer of `server` to `asked` in place; one that is open stays as it is. False if its body
    /// can be read in two ways: then it is no vote, and may be readable once another answer of that server
    /// was read.
    bool open(std::size_t, const request_view&, replies<N>&, const sealed_batch&) noexcept { return true; }

    /// The same for all servers; returns those whose answer can be read in two ways.
    std::bitset<N> open(const requests<N>&, replies<N>&, const sealed_batch&) noexcept { return {}; }

    /// Learns from answers to version requests how the servers that were asked seal theirs.
    void learn(const requests<N>&, replies<N>&) noexcept {}

    /// How many tokens one request to `server` may carry, as far as sealing limits them.
    [[nodiscard]] std::size_t most_tokens(std::size_t, command_code) const noexcept
    {
        return (std::numeric_limits<std::size_t>::max)();
    }

    /// Another machine answers in the name of `server` from now on: drops what was learnt about the former.
    void forget(std::size_t) noexcept {}

    /// The token whose authenticity numbers are the keys, if there is one: it must not be changed meanwhile.
    [[nodiscard]] std::optional<token_id> key_token() const noexcept { return std::nullopt; }
};

/// For the 25 servers.
using plain = basic_plain<>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_CODEC_HPP
