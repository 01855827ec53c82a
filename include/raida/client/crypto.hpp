// Encryption types 1 and 2: AES-128-CTR under the authenticity number that each server holds for a key token.
// Needs OpenSSL: link the CMake target raida::crypto.
#ifndef RAIDA_CLIENT_CRYPTO_HPP
#define RAIDA_CLIENT_CRYPTO_HPP

#include <raida/base/errc.hpp>
#include <raida/base/random_source.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/detail/aes_counter.hpp>
#include <raida/client/detail/sealed_body.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/request.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// How a server counts when it encrypts its answer: some begin again at the request's counter, some go on
/// after the request's blocks (measured: it depends on the CPU they run on).
enum class counter_habit : std::uint8_t
{
    unknown,
    restarts,
    goes_on
};

/// A locker as a key: each server holds one number for it, whose first five bytes name the locker there
/// (measured: the names differ from server to server).
template <std::size_t N = server_count>
struct locker_key
{
    authenticity_numbers<N> numbers{}; ///< zero: that server is not asked
};

/// The codec that encrypts. Nonces are fresh per server and request; each server's habit of counting is
/// remembered once it is certain.
///
/// What a listener learns. Where a server restarts its counter, its answer's body shares a keystream with the
/// request's challenge, and the answer's signature is that challenge XOR the key: each byte of a body that
/// can be guessed is a byte of the key, and the challenge's CRC removes 32 bits of doubt more. So on servers
/// that restart, or might, bodies are kept to `most_guessable` bytes: with the default of 2, 128 - 16 - 32 =
/// 80 bits stay in doubt (16 tokens for detect and pown, 2 for find). A version is never asked for sealed.
/// Two answers are longer. A heal's ticket is four bytes more, which servers tell each other in the clear: to
/// who listens there, too, 48 bits stay in doubt, so replace the key after a heal. And of the answer to a
/// custom command b bytes that can be guessed, of the first 16, leave 96 - 8 b bits: ask so nothing whose
/// answer is known, or only servers whose habit() is to go on.
/// What cannot be mended here: the signature does not cover the status, so whoever can change 13 answers on
/// their way can turn fail into pass, sealed or not.
///
/// The key's numbers are copied, never printed, and wiped when this dies; OpenSSL wipes its own copies. A
/// server for which the key has no number (zero) is not asked: everybody knows that number.
/// Move-only; a moved-from codec seals nothing. Warm, sealing and opening allocate nothing.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count, random_source Random = system_random>
class basic_sealed
{
  public:
    static constexpr bool encrypts = true; ///< a pown may use it

    /// Type 1: a token of the caller's, whose number at server i is the key for server i. Its serial number
    /// has to be under `limit`, as those of a batch: others name the same record once more.
    explicit basic_sealed(const basic_token<N>& key, std::uint32_t limit = serial_limit, Random random = {})
        : type_{encryption_type::token_key},
          key_token_{key.id()},
          numbers_{key.numbers},
          random_{std::move(random)}
    {
        if (!key.denomination.is_valid())
            refused_ = errc::invalid_denomination;
        else if (!key.serial.is_valid(limit))
            refused_ = errc::invalid_serial_number;
        key_id_[0] = static_cast<std::uint8_t>(key.denomination.value);
        detail::store_big<4>(key_id_.data() + 1, key.serial.value);
    }

    /// Type 2: a locker.
    explicit basic_sealed(const locker_key<N>& key, Random random = {})
        : type_{encryption_type::locker_key}, numbers_{key.numbers}, random_{std::move(random)}
    {}

    basic_sealed(basic_sealed&&) = default;
    basic_sealed& operator=(basic_sealed&&) = default;
    ~basic_sealed() = default;

    /// Seals complete plain requests in place: header, nonce, body, and the signature that the answer must
    /// carry. Empty ones stay empty.
    ///
    /// Errors: errc::malformed_packet for what is no plain request (one that is sealed already, too),
    /// invalid_denomination and invalid_serial_number for the key, no_randomness, encryption_failed. Then all
    /// requests are empty: none may leave in the clear.
    void seal(requests<N>& packets, std::error_code& error)
    {
        std::array<std::uint8_t, fresh_size> fresh{};
        error = refused_;
        if (!error)
            random_.fill(fresh, error);
        const auto first = detail::load_big<fresh_size, std::uint64_t>(fresh.data());
        for (std::size_t server = 0; server < N && !error; ++server)
            if (!packets[server].bytes.empty())
                error = seal_one(packets, server, first + server);
        if (error)
            packets = {};
    }

    /// Opens, in place, the body of the answer of `server`, if it carries the signature of its request
    /// `asked`. An opened answer's signature is zero, so that opening it once more does nothing.
    ///
    /// Never guesses. Where both habits give a sensible reading and the server's is not known, the body stays
    /// sealed, the slot is no longer `verified`, so that nobody takes it for a vote, and the result is false;
    /// once another answer has shown the habit, opening it again succeeds. A body without a sensible reading
    /// ends its slot with errc::malformed_response, and what was believed of that server's habit is
    /// forgotten.
    bool open(std::size_t server, const request_view& asked, replies<N>& answers, const sealed_batch& batch)
    {
        return !is_sealed(server, asked, answers[server], batch) ||
               open_one(server, asked.bytes, answers, batch);
    }

    /// The same for all servers; returns those whose answer can be read in two ways.
    std::bitset<N> open(const requests<N>& asked, replies<N>& answers, const sealed_batch& batch)
    {
        std::bitset<N> unclear;
        for (std::size_t server = 0; server < N; ++server)
            unclear[server] = !open(server, asked[server], answers, batch);
        return unclear;
    }

    /// Learns from answers to sealed version requests, which are eight digits, and opens them. The client
    /// never asks so: whoever knows the version and listens then knows half of the key.
    void learn(const requests<N>& asked, replies<N>& answers) { static_cast<void>(open(asked, answers, {})); }

    /// How many tokens one request to `server` may carry: on servers that restart their counter, or might,
    /// few enough to keep the key.
    [[nodiscard]] std::size_t most_tokens(std::size_t server, command_code what) const noexcept
    {
        constexpr std::size_t detect = 64, pown = 35, find = 32; // none of which kills a server (cutting.hpp)
        if (habits_[server] == counter_habit::goes_on)
            return what == detect_command ? detect : what == pown_command ? pown : find;
        const std::size_t padding = habits_[server] == counter_habit::unknown ? 5 : 0; // shows the habit
        return std::max<std::size_t>(1,
                                     what == find_command ? most_guessable_ : 8 * most_guessable_ - padding);
    }

    /// Bytes of a body that may be guessed on servers that restart their counter. See above.
    void most_guessable(std::size_t bytes) noexcept
    {
        most_guessable_ = std::clamp<std::size_t>(bytes, 1, 8);
    }

    /// Servers that have answered with a body under a restarted counter: for them the key is used, since
    /// every further body is one more guess for a listener. Replace it (pown the key token) when convenient.
    [[nodiscard]] const std::bitset<N>& used() const noexcept { return used_; }

    /// Another machine answers in the name of `server` from now on: its habit has to be learnt afresh.
    void forget(std::size_t server) noexcept { habits_[server] = counter_habit::unknown; }

    /// What is known of one server.
    [[nodiscard]] counter_habit habit(std::size_t server) const noexcept { return habits_[server]; }

    /// The token whose authenticity numbers are the keys; nothing for lockers.
    [[nodiscard]] std::optional<token_id> key_token() const noexcept { return key_token_; }

  private:
    static constexpr std::size_t overhead = header_size + challenge_size + terminator_size;
    // Of a nonce: its last two bytes are the echo. Drawn once per call and counted up from server to server:
    // a nonce must not come twice under one key, and each server has a key of its own.
    static constexpr std::size_t fresh_size = 6;

    static bool is_plain(bytes_view packet) noexcept
    {
        return packet.size() >= overhead && packet[16] == static_cast<std::uint8_t>(encryption_type::none) &&
               detail::load_big<2, std::size_t>(packet.data() + 22) == packet.size() - header_size;
    }

    std::error_code seal_one(requests<N>& packets, std::size_t server, std::uint64_t fresh)
    {
        const auto packet = packets.writable(server);
        if (!is_plain(packet))
            return errc::malformed_packet;
        if (numbers_[server].is_zero()) {
            packets.skip(server);
            return {};
        }
        packet[16] = static_cast<std::uint8_t>(type_);
        const auto id = type_ == encryption_type::locker_key ? numbers_[server].bytes().template first<5>()
                                                             : std::span<const std::uint8_t, 5>{key_id_};
        std::copy(id.begin(), id.end(), packet.begin() + 17);
        detail::store_big<fresh_size>(packet.data() + 24, fresh);
        const auto body = packet.subspan(header_size, packet.size() - header_size - terminator_size);
        packets.expect(server, sign(body.template first<challenge_size>(), numbers_[server].bytes()));
        return apply(server, packet, 0, body) ? std::error_code{} : errc::encryption_failed;
    }

    bool is_sealed(std::size_t server, const request_view& asked, const reply& got,
                   const sealed_batch& batch) const noexcept
    {
        if (got.body().empty() || !detail::is_body_read(got.status(), batch))
            return false;
        return asked.bytes.size() >= overhead && asked.bytes[16] == static_cast<std::uint8_t>(type_) &&
               asked.expected_signature && !numbers_[server].is_zero() &&
               equal_constant_time(got.header().signature, *asked.expected_signature);
    }

    // False if there are two readings. A version answer is always read in both ways, since it proves one.
    bool open_one(std::size_t server, bytes_view asked, replies<N>& answers, const sealed_batch& batch)
    {
        using enum counter_habit;
        const status what = answers[server].status();
        const counter_habit known = habits_[server];
        const auto sense_if = [&](counter_habit habit) {
            const bool is_tried = known == unknown || known == habit || what == status::success;
            if (!is_tried || !read(server, habit, asked, answers[server].body()))
                return detail::sense::none;
            return detail::sense_of(what, reading(habit), batch);
        };
        const detail::sense restarting = sense_if(restarts), going_on = sense_if(goes_on);
        if (restarting == detail::sense::none && going_on == detail::sense::none) {
            forget(server);
            answers.fail(server, errc::malformed_response, answers[server].latency, answers[server].attempts);
            return true;
        }
        counter_habit right = restarting > going_on ? restarts : goes_on;
        if (restarting == going_on)
            right = known;
        answers.verify(server, right != unknown);
        if (right != unknown)
            accept(server, right, answers.writable(server));
        return right != unknown;
    }

    // Decrypts a copy of the body into the habit's buffer.
    bool read(std::size_t server, counter_habit habit, bytes_view asked, bytes_view body)
    {
        const std::uint64_t blocks = detail::counter_blocks(asked.size() - header_size - terminator_size);
        reading(habit).assign(body.begin(), body.end());
        return apply(server, asked, habit == counter_habit::goes_on ? blocks : 0, reading(habit));
    }

    void accept(std::size_t server, counter_habit right, std::span<std::uint8_t> datagram)
    {
        habits_[server] = right;
        if (right == counter_habit::restarts)
            used_.set(server);
        std::copy(reading(right).begin(), reading(right).end(), datagram.begin() + header_size);
        const auto signed_by = datagram.template subspan<16, challenge_size>();
        std::fill(signed_by.begin(), signed_by.end(), std::uint8_t{});
    }

    [[nodiscard]] std::vector<std::uint8_t>& reading(counter_habit habit) noexcept
    {
        return readings_[habit == counter_habit::goes_on ? 1 : 0];
    }

    // Keys are set up once per server: that costs as much as encrypting a small request.
    bool apply(std::size_t server, bytes_view request, std::uint64_t skipped, std::span<std::uint8_t> data)
    {
        auto& cipher = ciphers_[server];
        if (!cipher && !cipher.emplace().set_key(numbers_[server].bytes()))
            return false;
        return cipher->apply(request.template subspan<24, 8>(), skipped, data);
    }

    encryption_type type_;
    std::optional<token_id> key_token_;
    std::array<std::uint8_t, 5> key_id_{};
    authenticity_numbers<N> numbers_;
    std::error_code refused_; // why this key cannot be used
    std::array<std::optional<detail::aes_counter>, N> ciphers_{};
    std::array<counter_habit, N> habits_{};
    std::bitset<N> used_;
    std::size_t most_guessable_ = 2;
    std::array<std::vector<std::uint8_t>, 2> readings_; // kept for their memory
    Random random_;
};

/// For the 25 servers.
using sealed = basic_sealed<>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_CRYPTO_HPP
