// Get ticket and fix over a ledger: payload in, status and body out, and what other servers have to do with
// it.
#ifndef RAIDA_TESTING_DETAIL_HEAL_COMMANDS_HPP
#define RAIDA_TESTING_DETAIL_HEAL_COMMANDS_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/testing/detail/token_commands.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

class ticket_office
{
  public:
    static constexpr std::size_t slots = 512; // measured: never given back

    // None if there is no slot.
    ticket issue(std::vector<token_id> tokens, seeded_random& random)
    {
        if (issued_.size() == slots)
            return ticket::none;
        ticket number;
        do
            number = static_cast<ticket>(random.below(std::uint64_t{1} << 32));
        while (number == ticket::none || find(number) != nullptr);
        issued_.push_back({number, std::move(tokens), {}});
        return number;
    }

    // What a ticket says to server `by`; null if it is unknown, or that server has asked before.
    const std::vector<token_id>* claim(ticket number, std::size_t by)
    {
        entry* const found = find(number);
        if (found == nullptr || found->claimed_by[by])
            return nullptr;
        found->claimed_by.set(by);
        return &found->tokens;
    }

    void clear() noexcept { issued_.clear(); }

  private:
    struct entry
    {
        ticket number;
        std::vector<token_id> tokens; // as they were listed, twice if twice
        std::bitset<256> claimed_by;
    };

    entry* find(ticket number) noexcept
    {
        const auto found = std::find_if(issued_.begin(), issued_.end(),
                                        [&](const entry& one) { return one.number == number; });
        return found == issued_.end() ? nullptr : &*found;
    }

    std::vector<entry> issued_;
};

// The other servers, as one that fixes sees them.
class ticket_peers
{
  public:
    [[nodiscard]] virtual std::size_t count() const noexcept = 0;

    // Server `by` begins to ask those whose tickets it has: how long that takes.
    virtual time_point::duration begin_fix(std::size_t by, bytes_view tickets, time_point now) = 0;

    // What server `of` says about a ticket of its own: null if nothing.
    virtual const std::vector<token_id>* claim(std::size_t of, ticket number, std::size_t by) = 0;

  protected:
    ~ticket_peers() = default;
};

inline ticket ticket_at(bytes_view tickets, std::size_t server) noexcept
{
    return static_cast<ticket>(raida::detail::load_big<4>(tickets.data() + 4 * server));
}

inline bool are_valid_denominations(bytes_view payload, std::size_t record_size) noexcept
{
    for (std::size_t at = 0; at < payload.size(); at += record_size)
        if (!token_record{payload.data() + at}.id().denomination.is_valid())
            return false;
    return true;
}

inline status get_ticket(bytes_view payload, const ledger& tokens, ticket_office& office,
                         seeded_random& random, std::vector<std::uint8_t>& body)
{
    if (const status error = check_records(payload, detect_record_size); error != status::no_error)
        return error;
    if (!are_valid_denominations(payload, detect_record_size))
        return status::invalid_serial_or_denomination;
    std::vector<token_id> passed;
    const status result = verdict(payload, detect_record_size, body, [&](token_record record) {
        const bool passes = is_held(tokens, record);
        if (passes)
            passed.push_back(record.id());
        return passes;
    });
    if (passed.empty())
        return result;
    const ticket given = office.issue(std::move(passed), random);
    if (given == ticket::none) {
        body.clear();
        return status::no_ticket_slot;
    }
    std::uint8_t bytes[4];
    raida::detail::store_big<4>(bytes, static_cast<std::uint32_t>(given));
    body.insert(body.end(), bytes, bytes + 4);
    return result;
}

// A fix's payload in its parts.
struct fix_parts
{
    static constexpr std::size_t seed_size = authenticity_number::size;

    bytes_view ids;
    bytes_view seed;
    bytes_view tickets;

    // Too short for one token is a wrong packet, a remainder a wrong record.
    static status split(bytes_view payload, std::size_t servers, fix_parts& into) noexcept
    {
        const std::size_t tail = seed_size + 4 * servers;
        if (payload.size() < token_id_size + tail)
            return status::invalid_packet_length;
        const std::size_t ids = payload.size() - tail;
        into = {payload.first(ids), payload.subspan(ids, seed_size), payload.last(4 * servers)};
        if (ids % token_id_size != 0)
            return status::invalid_token_record_length;
        return are_valid_denominations(into.ids, token_id_size) ? status::no_error
                                                                : status::invalid_serial_or_denomination;
    }
};

// More than half of the servers must confirm a token, itself left out. What it holds is not looked at.
inline status fix(bytes_view payload, std::size_t server, ticket_peers& peers, ledger& tokens,
                  std::vector<std::uint8_t>& body, time_point now)
{
    fix_parts parts;
    if (const status error = fix_parts::split(payload, peers.count(), parts); error != status::no_error)
        return error;
    std::vector<token_id> confirmed; // as often as it was
    for (std::size_t peer = 0; peer < peers.count(); ++peer) {
        const ticket number = ticket_at(parts.tickets, peer);
        if (peer == server || number == ticket::none)
            continue;
        if (const auto* passed = peers.claim(peer, number, server))
            confirmed.insert(confirmed.end(), passed->begin(), passed->end());
    }
    const authenticity_number seed{parts.seed.first<fix_parts::seed_size>()};
    return verdict(parts.ids, token_id_size, body, [&](token_record record) {
        const token_id id = record.id();
        if (static_cast<std::size_t>(std::count(confirmed.begin(), confirmed.end(), id)) <= peers.count() / 2)
            return false;
        tokens.change(id, fixed_number(static_cast<std::uint8_t>(server), id, seed), now);
        return true;
    });
}

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_HEAL_COMMANDS_HPP
