// Encryption types 1 and 2: AES-128-CTR under the authenticity number that each server holds for a key token.
// Needs OpenSSL: link the CMake target raida::crypto.
#ifndef RAIDA_CRYPTO_HPP
#define RAIDA_CRYPTO_HPP

#include <raida/challenge.hpp>
#include <raida/codec.hpp>
#include <raida/commands.hpp>
#include <raida/detail/aes_counter.hpp>
#include <raida/detail/random.hpp>
#include <raida/errc.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace raida::inline v1 {

/// How a server counts when it encrypts its answer: some begin again at the request's counter, some go on
/// after the request's blocks (measured: it depends on the CPU they run on).
enum class counter_habit : std::uint8_t
{
    unknown,
    restarts,
    goes_on
};

/// A locker as a key: the first five bytes of its key name it, and each server holds one authenticity number
/// for it.
template <std::size_t N = server_count>
struct locker_key
{
    std::array<std::uint8_t, 5> name{};
    authenticity_numbers<N> numbers{};
};

/// The codec that encrypts. Nonces are fresh per server and request; each server's habit of counting is
/// remembered once it is certain. Keys are wiped on destruction.
///
/// Errors: seal() sets errc::no_randomness or errc::encryption_failed, and then the requests must not be
/// sent. Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count>
class basic_sealed
{
  public:
    static constexpr bool encrypts = true;

    /// Type 1: a token of the caller's, whose number at server i is the key for server i.
    explicit basic_sealed(const basic_token<N>& key)
        : type_{encryption_type::token_key}, key_token_{key.id()}, numbers_{key.numbers}
    {
        key_id_[0] = static_cast<std::uint8_t>(key.denomination.value);
        detail::store_big<4>(key_id_.data() + 1, key.serial.value);
    }

    /// Type 2: a locker.
    explicit basic_sealed(const locker_key<N>& key)
        : type_{encryption_type::locker_key}, key_id_{key.name}, numbers_{key.numbers}
    {}

    /// Seals complete plain requests in place: header, nonce, body, and the signature that the answer must
    /// carry.
    void seal(requests<N>& packets, std::error_code& error)
    {
        std::array<std::uint8_t, 6 * N> fresh{}; // the last two bytes of a nonce are the echo
        random_.fill(fresh, error);
        for (std::size_t server = 0; server < N && !error; ++server)
            if (const auto packet = packets.writable(server); packet.size() >= overhead)
                packets.expect(server, seal_one(server, packet, fresh.data() + 6 * server, error));
    }

    /// Opens verified answers with a body in place. Never guesses: where both habits give a sensible reading,
    /// the body is left sealed and the server is in the result.
    std::bitset<N> open(const requests<N>& asked, replies<N>& answers, const sealed_batch& batch)
    {
        std::bitset<N> unclear;
        for (std::size_t server = 0; server < N; ++server)
            if (answers[server] && answers[server].verified && !answers[server].body().empty())
                unclear[server] = !open_one(server, asked[server].bytes, answers, batch);
        return unclear;
    }

    /// Learns from answers to sealed version requests, which are eight digits.
    void learn(const requests<N>& asked, replies<N>& answers) { static_cast<void>(open(asked, answers, {})); }

    [[nodiscard]] std::optional<token_id> key_token() const noexcept { return key_token_; }
    [[nodiscard]] counter_habit habit(std::size_t server) const noexcept { return habits_[server]; }

  private:
    static constexpr std::size_t overhead = header_size + challenge_size + terminator_size;

    signature seal_one(std::size_t server, std::span<std::uint8_t> packet, const std::uint8_t* fresh,
                       std::error_code& error)
    {
        packet[16] = static_cast<std::uint8_t>(type_);
        std::copy(key_id_.begin(), key_id_.end(), packet.begin() + 17);
        std::copy_n(fresh, 6, packet.begin() + 24);
        const auto body = packet.subspan(header_size, packet.size() - header_size - terminator_size);
        const signature expected = sign(body.template first<challenge_size>(), numbers_[server].bytes());
        if (!cipher(server).apply(nonce_of(packet), 0, body))
            error = errc::encryption_failed;
        return expected;
    }

    // False if there are two readings. A body that has none stays as it is, and will be no answer to anybody.
    bool open_one(std::size_t server, bytes_view asked, replies<N>& answers, const sealed_batch& batch)
    {
        const status what = answers[server].status();
        const auto sealed = answers.writable(server).subspan(header_size, answers[server].body().size());
        if (asked.size() < overhead || sealed.size() > readings_[0].size())
            return true;
        const std::uint64_t blocks_of_request = (asked.size() - header_size - terminator_size + 15) / 16;
        std::array<bool, 2> sensible{};
        for (const auto habit : {counter_habit::restarts, counter_habit::goes_on}) {
            if (habits_[server] != counter_habit::unknown && habits_[server] != habit)
                continue;
            const auto reading = this->reading(habit).first(sealed.size());
            std::copy(sealed.begin(), sealed.end(), reading.begin());
            const auto skipped = habit == counter_habit::goes_on ? blocks_of_request : 0;
            sensible[index_of(habit)] =
                cipher(server).apply(nonce_of(asked), skipped, reading) && makes_sense(what, reading, batch);
        }
        if (sensible[0] && sensible[1])
            return false;
        for (const auto habit : {counter_habit::restarts, counter_habit::goes_on})
            if (sensible[index_of(habit)]) {
                habits_[server] = habit;
                std::copy_n(this->reading(habit).begin(), sealed.size(), sealed.begin());
            }
        return true;
    }

    static bool makes_sense(status what, bytes_view body, const sealed_batch& batch) noexcept
    {
        switch (what) {
        case status::mixed: {
            const bitfield bits{body, batch.token_count, batch.bit_order};
            return bits.is_well_formed() && bits.is_mixed();
        }
        case status::find_mixed:
            return parse_find(what, body, batch.token_count).has_value();
        case status::success:
            return body.size() == 8 &&
                   std::all_of(body.begin(), body.end(), [](std::uint8_t c) { return c >= '0' && c <= '9'; });
        default:
            return false;
        }
    }

    static std::span<const std::uint8_t, 8> nonce_of(bytes_view packet) noexcept
    {
        return packet.subspan<24, 8>();
    }
    static std::size_t index_of(counter_habit habit) noexcept
    {
        return habit == counter_habit::restarts ? 0 : 1;
    }
    [[nodiscard]] std::span<std::uint8_t> reading(counter_habit habit) noexcept
    {
        return readings_[index_of(habit)];
    }

    // Keys are set up once per server: that costs as much as encrypting a small request.
    [[nodiscard]] detail::aes_counter& cipher(std::size_t server)
    {
        if (!ciphers_[server])
            ciphers_[server].emplace(numbers_[server].bytes());
        return *ciphers_[server];
    }

    encryption_type type_;
    std::optional<token_id> key_token_;
    std::array<std::uint8_t, 5> key_id_{};
    authenticity_numbers<N> numbers_;
    std::array<std::optional<detail::aes_counter>, N> ciphers_{};
    std::array<counter_habit, N> habits_{};
    std::array<std::array<std::uint8_t, 8192>, 2> readings_{};
    detail::random_bytes random_;
};

using sealed = basic_sealed<>;

} // namespace raida::inline v1

#endif // RAIDA_CRYPTO_HPP
