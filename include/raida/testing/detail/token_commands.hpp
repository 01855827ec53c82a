// detect, pown and find over a ledger: payload in, status and body out.
#ifndef RAIDA_TESTING_DETAIL_TOKEN_COMMANDS_HPP
#define RAIDA_TESTING_DETAIL_TOKEN_COMMANDS_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::testing::detail {

inline constexpr std::size_t token_id_size = 5;
inline constexpr std::size_t detect_record_size = token_id_size + authenticity_number::size;
inline constexpr std::size_t pown_record_size = detect_record_size + authenticity_number::size; // find's too

// One token of a payload. The caller has checked that the record is whole.
struct token_record
{
    const std::uint8_t* bytes;

    [[nodiscard]] token_id id() const noexcept
    {
        return {{static_cast<std::int8_t>(bytes[0])}, {raida::detail::load_big<4>(bytes + 1)}};
    }
    [[nodiscard]] authenticity_number number() const noexcept { return number_at(token_id_size); }
    [[nodiscard]] authenticity_number new_number() const noexcept { return number_at(detect_record_size); }

  private:
    [[nodiscard]] authenticity_number number_at(std::size_t offset) const noexcept
    {
        return authenticity_number{std::span<const std::uint8_t, authenticity_number::size>{
            bytes + offset, authenticity_number::size}};
    }
};

// The payload's length judged as real servers do: too short for one token is a wrong packet, a remainder a
// wrong record.
inline status check_records(bytes_view payload, std::size_t record_size) noexcept
{
    if (payload.size() < record_size)
        return status::invalid_packet_length;
    return payload.size() % record_size == 0 ? status::no_error : status::invalid_token_record_length;
}

// Runs `passes(record)` for every token and leaves the bits in `body` if the result is mixed.
template <class Passes>
status verdict(bytes_view payload, std::size_t record_size, std::vector<std::uint8_t>& body, Passes passes)
{
    if (const status error = check_records(payload, record_size); error != status::no_error)
        return error;
    const std::size_t count = payload.size() / record_size;
    std::size_t passed = 0;
    body.assign((count + 7) / 8, 0);
    for (std::size_t i = 0; i < count; ++i) {
        if (!passes(token_record{payload.data() + i * record_size}))
            continue;
        ++passed;
        body[i / 8] = static_cast<std::uint8_t>(body[i / 8] | 1U << (i % 8));
    }
    if (passed != 0 && passed != count)
        return status::mixed;
    body.clear();
    return passed != 0 ? status::all_pass : status::all_fail;
}

inline bool is_held(const ledger& tokens, token_record record) noexcept
{
    const authenticity_number* held = tokens.find(record.id());
    return held != nullptr && !tokens.is_distrusted(record.id()) && *held == record.number();
}

inline status detect(bytes_view payload, const ledger& tokens, std::vector<std::uint8_t>& body)
{
    return verdict(payload, detect_record_size, body,
                   [&](token_record record) { return is_held(tokens, record); });
}

inline status pown(bytes_view payload, ledger& tokens, page_race& race, std::vector<std::uint8_t>& body,
                   time_point now)
{
    if (const status error = check_records(payload, pown_record_size); error != status::no_error)
        return error;
    for (std::size_t at = 0; at < payload.size(); at += pown_record_size)
        race.enter(token_record{payload.data() + at}.id(), tokens, now);
    return verdict(payload, pown_record_size, body, [&](token_record record) {
        if (!is_held(tokens, record))
            return false;
        race.note(record.id(), record.number(), now);
        tokens.change(record.id(), record.new_number(), now);
        return true;
    });
}

inline status find(bytes_view payload, const ledger& tokens, std::vector<std::uint8_t>& body)
{
    if (const status error = check_records(payload, pown_record_size); error != status::no_error)
        return error;
    const std::size_t count = payload.size() / pown_record_size;
    std::size_t by_answer[3] = {};
    body.assign(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
        const token_record record{payload.data() + i * pown_record_size};
        const authenticity_number* held = tokens.find(record.id());
        if (held == nullptr) { // one unknown token spoils the batch
            body.clear();
            return status::invalid_serial_or_denomination;
        }
        if (!tokens.is_distrusted(record.id()))
            body[i] = *held == record.number() ? 1 : *held == record.new_number() ? 2 : 0;
        ++by_answer[body[i]];
    }
    constexpr status unanimous[3] = {status::find_neither, status::find_all_authenticity,
                                     status::find_all_new_authenticity};
    for (std::size_t answer = 0; answer < 3; ++answer) {
        if (by_answer[answer] == count) {
            body.clear();
            return unanimous[answer];
        }
    }
    return status::find_mixed;
}

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_TOKEN_COMMANDS_HPP
