// One server's side of the protocol without sockets: request bytes in, response bytes out, quirks included.
#ifndef RAIDA_TESTING_DETAIL_RESPONDER_HPP
#define RAIDA_TESTING_DETAIL_RESPONDER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/testing/detail/envelope.hpp>
#include <raida/testing/detail/heal_commands.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/testing/detail/token_commands.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// What a server's record of a request still holds when the next one comes in. Each check that a request
// passes overwrites a part; an error answer is written from whatever is in here at that moment, which is why
// errors found early carry the echo and signature of an earlier request (protocol.md, measured).
struct request_memory
{
    std::uint8_t group = 0;
    std::uint8_t encryption = 0; // above 2: answers get the 48-byte header of newer encryption types
    std::uint16_t echo = 0;
    raida::signature signature{};

    [[nodiscard]] bool is_wide() const noexcept { return encryption > 2; }
};

// The order of the checks and the moments at which the memory changes are those of the deployed servers.
class responder
{
  public:
    static constexpr std::size_t wide_header_size = 48;
    static constexpr std::uint8_t last_group = 15;

    responder(std::uint8_t server, server_rules rules, std::uint64_t seed)
        : server_{server}, rules_{std::move(rules)}, random_{seed}
    {
        instruct();
        response_.reserve(2048);
        body_.reserve(1024);
    }

    // The answer, valid until the next call; empty for silence. Never allocates once warm.
    [[nodiscard]] bytes_view respond(bytes_view request, time_point now = {})
    {
        return answer(request.first((std::min)(request.size(), rules_.datagram_limit)), now);
    }

    // Over a connection, which has a memory of its own and no datagram limit: first the header, whose refusal
    // needs no body (empty: it is fine), then the whole request.
    [[nodiscard]] bytes_view refuse_alone(bytes_view request, status forced = status::no_error)
    {
        body_.clear();
        const auto header = request_header::parse(request);
        if (!header)
            return {};
        const request_memory kept = std::exchange(memory_, {});
        const status result = forced == status::no_error ? admit(*header) : forced;
        const request_memory found = std::exchange(memory_, kept);
        return result == status::no_error ? bytes_view{} : write(result, found);
    }
    [[nodiscard]] bytes_view respond_alone(bytes_view request, time_point now = {})
    {
        const request_memory kept = std::exchange(memory_, {});
        const bytes_view result = answer(request, now);
        memory_ = kept;
        return result;
    }

    // How long the server is at work before it acts on a request. Only a fix takes its time: others are
    // asked.
    [[nodiscard]] time_point::duration work(bytes_view request, time_point now)
    {
        const auto header = request_header::parse(request);
        if (peers_ == nullptr || !header || header->what != fix_command)
            return {};
        const bytes_view body = request.subspan(header_size);
        const std::size_t size = header->body_size;
        if (body.size() < size || size < challenge_size + terminator_size ||
            envelope_.address(*header, tokens_) != status::no_error)
            return {};
        const auto plain = envelope_.open(body.first(size - terminator_size));
        fix_parts parts;
        if (!plain ||
            fix_parts::split(plain->subspan(challenge_size), peers_->count(), parts) != status::no_error)
            return {};
        return peers_->begin_fix(server_, parts.tickets, now);
    }

    // An error answer on demand: the request is read, but not acted on.
    [[nodiscard]] bytes_view refuse(bytes_view request, const forced_answer& answer)
    {
        body_.clear();
        const auto header = request_header::parse(request);
        if (!header)
            return {};
        const request_memory before = memory_;
        memory_ = {header->what.group, 0, header->echo(), right_signature(*header, request)};
        request_memory shown = answer.echo == provenance::stale ? before : memory_;
        shown.encryption = answer.wide ? wide_type : std::uint8_t{0};
        shown.echo = choose(answer.echo, memory_.echo, before.echo,
                            static_cast<std::uint16_t>(memory_.echo ^ 0xFFFFU));
        signature inverted = memory_.signature;
        for (std::uint8_t& byte : inverted)
            byte = static_cast<std::uint8_t>(~byte);
        shown.signature = choose(answer.signature, memory_.signature, before.signature, inverted);
        return write(answer.status, shown);
    }

    // From now on encryption types 1 and 2 are understood.
    void cipher(body_cipher by) { envelope_.cipher(std::move(by)); }

    // The network that it asks about tickets; without one no fix is understood.
    void peers(ticket_peers& others) noexcept { peers_ = &others; }
    [[nodiscard]] ticket_office& office() noexcept { return office_; }

    [[nodiscard]] ledger& tokens() noexcept { return tokens_; }
    [[nodiscard]] const ledger& tokens() const noexcept { return tokens_; }

    [[nodiscard]] const server_rules& rules() const noexcept { return rules_; }
    void rules(server_rules rules)
    {
        rules_ = std::move(rules);
        instruct();
    }

    // The process has ended: what was not written to disk is gone.
    void forget(time_point now)
    {
        tokens_.forget(now);
        race_.clear();
        office_.clear();
        memory_ = {};
        has_crashed_ = false;
    }

    // The last request was too much for it.
    [[nodiscard]] bool has_crashed() const noexcept { return has_crashed_; }

  private:
    static constexpr std::uint8_t wide_type = 4;

    void instruct() noexcept
    {
        tokens_.alias_serials(rules_.alias_serials);
        tokens_.flush_every(rules_.flush_interval);
        race_.window(rules_.page_race);
    }

    bytes_view answer(bytes_view request, time_point now)
    {
        body_.clear();
        const auto header = request_header::parse(request);
        if (!header)
            return {};
        status result = admit(*header);
        if (result == status::no_error)
            result = envelope_.address(*header, tokens_);
        bytes_view payload;
        const bool has_body = header->body_size != 0;
        if (result == status::no_error && has_body)
            result = open(request.subspan(header_size), header->body_size, payload);
        if (has_crashed_)
            return {};
        if (result == status::no_error)
            result = run(header->what, payload, has_body, now);
        if (!envelope_.seal(body_, rules_.counter_goes_on))
            return {};
        return write(result, memory_);
    }

    // What this server's answer to a good request carries; zeros if it cannot tell.
    signature right_signature(const request_header& header, bytes_view request)
    {
        if (header.encryption == encryption_type::none)
            return implied_signature(request).value_or(signature{});
        if (request.size() < header_size + challenge_size ||
            envelope_.address(header, tokens_) != status::no_error)
            return {};
        const auto challenge = envelope_.open(request.subspan<header_size, challenge_size>());
        return challenge ? envelope_.sign(challenge->first<challenge_size>()) : signature{};
    }

    template <class Value>
    static Value choose(provenance from, const Value& right, const Value& stale, const Value& wrong) noexcept
    {
        switch (from) {
        case provenance::stale:
            return stale;
        case provenance::zero:
            return Value{};
        case provenance::wrong:
            return wrong;
        case provenance::right:
            break;
        }
        return right;
    }

    [[nodiscard]] bool is_command(command_code what) const noexcept
    {
        return what == echo_command || what == version_command || what == detect_command ||
               what == pown_command || what == find_command || what == get_ticket_command ||
               (what == fix_command && peers_ != nullptr);
    }

    // The header's checks. The memory learns the group with the command, the echo only when all is well.
    status admit(const request_header& header) noexcept
    {
        if (header.version != 1)
            return status::routing;
        if (header.split_id != 0)
            return status::invalid_split_id;
        if (header.server != server_)
            return status::invalid_raida_id;
        if (header.what.group > last_group)
            return status::invalid_command_group;
        if (header.shard != 0)
            return status::invalid_shard_id;
        if (!is_command(header.what))
            return status::invalid_command;
        memory_.group = header.what.group;
        if (header.coin != rules_.coin)
            return status::invalid_coin_id;
        memory_.encryption = static_cast<std::uint8_t>(header.encryption);
        if (memory_.is_wide())
            return status::invalid_encryption_code;
        memory_.echo = header.echo();
        const bool is_understood = header.encryption == encryption_type::none || envelope_.has_cipher();
        return is_understood ? status::no_error : status::invalid_encryption;
    }

    // The body's checks: `rest` is what came after the header, maybe more than `size`. The memory learns the
    // signature before the CRC is judged.
    status open(bytes_view rest, std::size_t size, bytes_view& payload) noexcept
    {
        if (rest.size() < size || size < terminator_size)
            return status::invalid_packet_length;
        if (rest[size - 2] != terminator_byte || rest[size - 1] != terminator_byte)
            return status::invalid_terminator;
        if (size < challenge_size + terminator_size)
            return status::invalid_packet_length;
        const auto plain = envelope_.open(rest.first(size - terminator_size));
        if (!plain)
            return status::invalid_encryption;
        if (envelope_.is_sealed() && overruns(plain->size()) && random_.chance(rules_.overrun_kills))
            has_crashed_ = true;
        const auto challenge = plain->first<challenge_size>();
        memory_.signature = envelope_.sign(challenge); // with a wrong key both are noise
        if (!is_valid_challenge(challenge))
            return status::invalid_crc;
        payload = plain->subspan(challenge_size);
        return status::no_error;
    }

    // The last block is decrypted whole: 10 bytes or more beyond its end.
    static bool overruns(std::size_t body) noexcept { return body % 16 >= 1 && body % 16 <= 6; }

    status run(command_code what, bytes_view payload, bool has_body, time_point now)
    {
        if (what == version_command)
            body_.assign(rules_.version.begin(), rules_.version.end());
        if (what == version_command || what == echo_command)
            return status::success;
        if (!has_body)
            return status::empty_request;
        if (what == detect_command)
            return detect(payload, tokens_, body_);
        if (what == pown_command)
            return pown(payload, tokens_, race_, body_, now);
        if (what == find_command)
            return find(payload, tokens_, body_);
        if (what == get_ticket_command)
            return get_ticket(payload, tokens_, office_, random_, body_);
        return fix(payload, server_, *peers_, tokens_, body_, now);
    }

    bytes_view write(status result, const request_memory& memory)
    {
        if (memory.is_wide())
            return write_wide(result, memory);
        response_header header;
        header.server = server_;
        header.status = result;
        header.group = memory.group;
        header.echo = memory.echo;
        header.body_size = static_cast<std::uint32_t>(body_.empty() ? 0 : body_.size() + terminator_size);
        header.execution_time = draw_execution_time();
        header.signature = memory.signature;
        response_.assign(header_size, 0);
        header.write(response_.data());
        if (!body_.empty()) {
            response_.insert(response_.end(), body_.begin(), body_.end());
            response_.insert(response_.end(), terminator_size, terminator_byte);
        }
        return response_;
    }

    // The newer header has neither echo nor signature where the usual one has them; it ends with a fresh
    // nonce.
    bytes_view write_wide(status result, const request_memory& memory)
    {
        response_.assign(wide_header_size, 0);
        response_[0] = server_;
        response_[2] = static_cast<std::uint8_t>(result);
        response_[3] = memory.group;
        raida::detail::store_big<4>(response_.data() + 4, draw_execution_time().count());
        response_[16] = memory.encryption;
        random_.fill({response_.data() + 24, 22});
        return response_;
    }

    std::chrono::microseconds draw_execution_time() noexcept
    {
        const auto least = rules_.least_execution_time.count();
        const auto range = rules_.most_execution_time.count() - least;
        const auto extra = range > 0 ? random_.below(static_cast<std::uint64_t>(range) + 1) : 0;
        return std::chrono::microseconds{least + static_cast<std::int64_t>(extra)};
    }

    std::uint8_t server_;
    server_rules rules_;
    ledger tokens_;
    page_race race_;
    ticket_office office_;
    ticket_peers* peers_ = nullptr;
    seeded_random random_;
    request_memory memory_;
    envelope envelope_;
    bool has_crashed_ = false;
    std::vector<std::uint8_t> response_, body_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_RESPONDER_HPP
