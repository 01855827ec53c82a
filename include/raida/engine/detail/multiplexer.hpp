// The engine's decisions: which request leaves when, which slot a datagram fills, what is due, what is
// finished. Bytes and times are handed in; there is no socket, no clock and no executor here.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/engine/detail/matching.hpp>
#include <raida/engine/detail/open_rounds.hpp>
#include <raida/engine/transport.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

template <std::size_t N>
class multiplexer
{
  public:
    using lane_set = std::bitset<N>;

    explicit multiplexer(const limits& allowed, std::size_t max_packet = max_datagram)
        : open_{allowed}, matching_{open_.rounds()}, max_packet_{max_packet}
    {}

    // ---- requests

    /// Why these packets cannot be asked, or empty. Changes nothing.
    [[nodiscard]] std::error_code check(const std::array<packet_view, N>& packets,
                                        const request_options<N>& options)
    {
        if (active() >= allowed().fanouts)
            return errc::queue_full;
        if (const auto error = options.check())
            return error;
        for (std::size_t server = 0; server < N; ++server)
            if (const auto error = check_packet(server, packets[server], options.retry.attempts > 1))
                return error;
        return {};
    }

    /// Takes a checked fan-out in; `answers` is filled as they come. When memory is short it throws
    /// std::bad_alloc, and nothing has changed.
    round<N>& admit(const std::array<packet_view, N>& packets, request_options<N>&& options,
                    replies<N>& answers, const lane_set& reachable, round_owner* owner, time_point now)
    {
        return open_.admit(packets, std::move(options), answers, reachable, owner, now);
    }

    /// Ends a round now: what is settled stays, every other slot ends with `reason`.
    void finish(round<N>& which, std::error_code reason, time_point now) { open_.finish(which, reason, now); }

    /// Gives a finished round's place back. Its packets are wiped.
    void release(round<N>& which) noexcept { open_.release(which); }

    // ---- sending

    /// Lanes in which a request may leave now.
    [[nodiscard]] const lane_set& sendable() const noexcept { return open_.sendable(); }

    /// What may leave on this lane, oldest first; nothing is changed until sent().
    std::size_t next_batch(std::size_t server, std::span<outgoing> batch)
    {
        auto& from = lane_of(server);
        const std::size_t most = allowed().in_flight_per_lane;
        const std::size_t places = (std::min)(most - (std::min)(most, from.in_flight()), batch.size());
        byte_window window = from.window; // as it will be
        std::size_t count = 0;
        for (auto index = from.first_waiting();
             index != no_round && count < places && window.has_room() && window.has_credit();
             index = from.at(index).next) {
            const round<N>& of = rounds()[index];
            window.on_sent(from.size_of(index));
            batch[count++] = {of.packets.packet(server),
                              static_cast<request_id>(std::uint64_t{of.serial} << 32 | of.index)};
        }
        return count;
    }

    /// These requests of a batch have left, as one packet maybe. Those that were settled meanwhile are passed
    /// over: a transport may report an error while it sends.
    void sent(std::size_t server, std::span<const outgoing> batch, time_point now, bool as_one = false)
    {
        std::uint32_t companion = no_round;
        auto& from = lane_of(server);
        from.history.advance(now, open_.longest_timeout());
        if (!batch.empty())
            known().asked(server, now);
        counts().servers[server].sent += batch.size();
        for (const outgoing& request : batch) {
            const auto index = matching_.open(server, request.id);
            if (index == no_round) {
                from.history.mark(echo_of(request.bytes));
                events().sent_settled(server, request, now);
                continue;
            }
            open_.sent(server, index, now);
            if (as_one && companion != no_round)
                from.join(companion, index);
            companion = index;
        }
        open_.update_sendable(server, now);
    }

    /// This request of a batch cannot be sent at all.
    void fail_unsent(std::size_t server, const outgoing& request, std::error_code error, time_point now)
    {
        const auto index = matching_.open(server, request.id);
        if (index == no_round)
            return;
        ++counts().servers[server].refused;
        open_.fail(server, index, error, now);
    }

    // ---- sockets

    /// The one to send through.
    [[nodiscard]] std::uint8_t generation(std::size_t server) noexcept
    {
        return lane_of(server).sockets.current();
    }

    /// This lane moves to a fresh socket. Returns the one to be closed before, if any.
    std::optional<std::uint8_t> renew(std::size_t server) noexcept
    {
        retiring_.set(server);
        return lane_of(server).sockets.renew();
    }

    /// Has the lane's socket had its share of requests, or of silences, or been given up?
    [[nodiscard]] bool is_worn(std::size_t server) noexcept
    {
        return lane_of(server).sockets.is_worn(open_.allowed().requests_per_port);
    }

    /// The lane's socket cannot send any more. False if it has to stay.
    [[nodiscard]] bool give_up(std::size_t server) noexcept { return lane_of(server).sockets.give_up(); }

    /// Calls `close(server, generation)` for each socket that nobody needs any more.
    template <class Close>
    void close_retired(Close&& close)
    {
        for (std::size_t server = 0; retiring_.any() && server < N; ++server)
            if (retiring_[server])
                if (const auto old = lane_of(server).sockets.take_closable()) {
                    retiring_.reset(server);
                    close(server, *old);
                }
    }

    // ---- receiving

    void on_datagram(std::size_t server, std::uint8_t generation, const incoming& arrived, time_point now)
    {
        ++counts().servers[server].received;
        lane_of(server).history.advance(now, open_.longest_timeout());
        if (arrived.id != request_id::unknown)
            return on_only_answer(server, arrived, now);

        const auto header = response_header::parse(arrived.bytes);
        const auto size = arrived.bytes.size();
        const bool oversize = is_oversize(arrived);
        const auto shape = oversize ? response_shape::malformed : shape_of(arrived.bytes);
        if (!header || (shape == response_shape::malformed && !oversize))
            return drop(server, drop_reason::malformed, size, now);
        if (header->server != server) { // or the complaint of one that was asked under a wrong number
            if (oversize || !is_header_error(header->status) ||
                !give_hint(server, generation, header->status, size, now))
                drop(server, drop_reason::foreign, size, now);
            return;
        }

        if (known().on_response(server, *header, generation, now))
            lane_of(server).sockets.heard(generation);
        const match found = matching_.find(lane_of(server), server, generation, *header);
        const auto index =
            found.verified != no_round ? found.verified : matching_.unsigned_only(server, found);
        if (oversize) {
            drop(server, drop_reason::oversize, size, now);
            if (index != no_round)
                open_.fail(server, index, errc::oversize, now);
        } else if (index != no_round && shape == response_shape::well_formed) {
            open_.answer(server, index, arrived.bytes, found.verified != no_round, now);
        } else {
            on_unverified(server, generation, *header, arrived.bytes, found, now);
        }
    }

    void on_error(std::size_t server, std::uint8_t generation, std::error_code error, bytes_view quoted,
                  request_id id, time_point now)
    {
        auto& on = lane_of(server);
        const auto blamed = id != request_id::unknown ? matching_.sent(server, id)
                                                      : matching_.quoted(on, server, generation, quoted);
        if (blamed == no_round) {
            ++counts().servers[server].unattributed;
            return;
        }
        if (id == request_id::unknown && !matching_.is_proof(quoted))
            return on.suspect(blamed, error); // told at its deadline: a better answer may still come
        const bool all = matching_.quotes_companions(on, server, blamed, quoted);
        for (auto next = on.companion_of(blamed); all && next != no_round; next = on.companion_of(blamed))
            refuse(server, next, error, now);
        refuse(server, blamed, error, now);
    }

    /// Does an open slot wait for this request's answer?
    [[nodiscard]] bool is_awaited(std::size_t server, request_id id) noexcept
    {
        return matching_.sent(server, id) != no_round;
    }

    // ---- time

    /// No later than the next thing to do; time_point::max() when there is nothing.
    [[nodiscard]] time_point next_due() noexcept { return open_.next_due(); }

    /// Lanes whose sockets must be drained before expire(), since a deadline there is over.
    [[nodiscard]] lane_set lanes_due(time_point now) { return open_.when().servers_due(now); }
    void expire(time_point now) { open_.expire(now); }

    // ---- results

    /// The next slot that somebody wants to see. After telling, call notified().
    [[nodiscard]] settled_slot<N> next_settled() noexcept { return open_.told().next_settled(); }
    void notified(round<N>& of, time_point now) { open_.notified(of, now); }

    /// The next finished round, or null.
    [[nodiscard]] round<N>* next_finished() noexcept { return open_.told().next_finished(); }
    [[nodiscard]] std::size_t finished_count() noexcept { return open_.told().finished_count(); }
    [[nodiscard]] bool has_results() noexcept { return !open_.told().empty(); }

    // ---- what there is

    [[nodiscard]] std::size_t active() noexcept { return rounds().active(); }
    [[nodiscard]] round_pool<N>& rounds() noexcept { return open_.rounds(); }
    [[nodiscard]] lane<N>& lane_of(std::size_t server) noexcept { return open_.lane_of(server); }
    [[nodiscard]] const limits& allowed() const noexcept { return open_.allowed(); }
    [[nodiscard]] fanout_statistics<N>& counts() noexcept { return open_.counts(); }
    [[nodiscard]] server_knowledge<N>& known() noexcept { return open_.known(); }
    [[nodiscard]] event_log<N>& events() noexcept { return open_.events(); }

  private:
    [[nodiscard]] std::error_code check_packet(std::size_t server, const packet_view& packet, bool retried)
    {
        const bytes_view bytes = packet.bytes;
        if (bytes.empty())
            return {};
        if (bytes.size() > max_packet_)
            return errc::packet_too_large;
        if (bytes.size() < header_size + terminator_size)
            return errc::malformed_packet;
        if (retried && !is_idempotent(command_of(bytes)))
            return errc::not_idempotent;
        if (matching_.is_ambiguous(lane_of(server), server, packet))
            return errc::indistinguishable;
        return {};
    }

    void on_only_answer(std::size_t server, const incoming& arrived, time_point now)
    {
        // A connection brings one answer to one request: nothing better can replace it, so it ends the slot
        // in any case. Servers send header errors with echo and signature zero there (measured).
        const auto index = matching_.sent(server, arrived.id);
        const auto size = arrived.bytes.size();
        if (index == no_round)
            return drop(server, drop_reason::late, size, now);
        if (is_oversize(arrived)) {
            drop(server, drop_reason::oversize, size, now);
            return open_.fail(server, index, errc::oversize, now);
        }
        const auto header = response_header::parse(arrived.bytes);
        if (!header || header->server != server || shape_of(arrived.bytes) == response_shape::malformed) {
            drop(server, drop_reason::malformed, size, now);
            return open_.fail(server, index, errc::malformed_response, now);
        }
        const bool verified = matching_.is_verified(index, server, *header);
        if (verified || !lane_of(server).at(index).is_signed || is_error(header->status))
            return open_.answer(server, index, arrived.bytes, verified, now);
        drop(server, drop_reason::forged, size, now);
        open_.fail(server, index, errc::malformed_response, now);
    }

    void on_unverified(std::size_t server, std::uint8_t generation, const response_header& header,
                       bytes_view bytes, const match& found, time_point now)
    {
        // A complaint whose echo is right and was not used lately is kept, in case that nothing better comes;
        // all else is counted and dropped.
        auto& in = lane_of(server);
        const bool is_complaint = is_error(header.status);
        if (is_complaint && found.candidates == 1 && in.at(found.candidate).fresh_echo != 0) {
            if (in.at(found.candidate).state != slot_state::in_flight)
                drop(server, drop_reason::late, bytes.size(),
                     now); // the first complaint is the one that is kept
            else
                (void)open_.hold(server, found.candidate, bytes, now);
            return;
        }
        if (is_complaint && give_hint(server, generation, header.status, bytes.size(), now))
            return;
        const bool late = in.history.recent(header.echo) && !found.other_group;
        drop(server,
             found.candidates != 0 ? drop_reason::forged
             : late                ? drop_reason::late
                                   : drop_reason::foreign,
             bytes.size(), now);
    }

    bool give_hint(std::size_t server, std::uint8_t generation, status seen, std::size_t size, time_point now)
    {
        // Only when a single request is in flight can an error with a stranger's echo be about it.
        const auto index = lane_of(server).sole_in_flight(generation);
        if (index == no_round || !is_error(seen))
            return false;
        rounds()[index].answers->hint(server, seen);
        drop(server, drop_reason::hint, size, now);
        return true;
    }

    void drop(std::size_t server, drop_reason why, std::size_t size, time_point now) noexcept
    {
        ++(counts().servers[server].*counter_of(why));
        events().dropped(server, why, size, now);
    }

    void refuse(std::size_t server, std::uint32_t index, std::error_code error, time_point now)
    {
        // "Too long for the path" is told of the first alone: the system has learned how to send the others.
        if (is_system_error(error, std::errc::message_size) && open_.ask_again(server, index, now))
            return;
        ++counts().servers[server].refused;
        open_.fail(server, index, error, now);
    }

    [[nodiscard]] bool is_oversize(const incoming& arrived) const noexcept
    {
        return arrived.truncated || arrived.bytes.size() > open_.allowed().max_reply;
    }

    open_rounds<N> open_;
    matching<N> matching_;
    std::size_t max_packet_; // bytes of the longest request
    lane_set retiring_;      // with an earlier socket still open
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_HPP
