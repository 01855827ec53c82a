// Some fan-outs at once through a network that does everything to each datagram.
#ifndef RAIDA_TESTS_SOAK_FAN_OUTS_HPP
#define RAIDA_TESTS_SOAK_FAN_OUTS_HPP

#include "fan_out_model.hpp"
#include "seed.hpp"

#include <raida/fanout.hpp>
#include <raida/testing/simulation.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

class fan_outs
{
  public:
    static constexpr std::size_t n = raida::server_count;

    /// `sees_signatures`: what a forger makes is as good as an answer, which the reference must notice.
    explicit fan_outs(std::uint64_t seed, bool sees_signatures = false)
        : dice_{~seed}, sees_signatures_{sees_signatures}
    {
        for (auto& one : weather_)
            one = dice_.chance(0.4) ? 0.0 : static_cast<double>(dice_.below(10)) / 10;
        raida::limits allowed;
        changes_sockets_ = dice_.chance(0.5);
        allowed.requests_per_port = changes_sockets_ ? 2 : 100;
        if (is_burst_)
            allowed.in_flight_per_lane = 1 + dice_.below(4);
        world_.reads_at_rest = dice_.chance(0.5);
        world_.on_request = [this](const raida::testing::simulated_request& request) { take(request); };
        raida::server_list<n> list;
        for (std::size_t server = 0; server < n; ++server)
            list.set(server, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(18'000 + server)});
        engine_.emplace(raida::testing::simulated_transport{world_}, list, allowed);
    }

    std::uint64_t run()
    {
        const std::size_t count = is_burst_ ? 20 : 1 + dice_.below(3);
        for (std::size_t i = 0; i < count; ++i) {
            calls_.emplace_back();
            world_.after(is_burst_ ? duration{} : dice_.between(0ms, 100ms), [this, i] { ask(i); });
        }
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 600ms), [this] { engine_.reset(); });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 600ms), [this] {
                was_stopped_ = true;
                world_.jump(dice_.between(1ms, 3s));
            });
        world_.run();
        for (const call& one : calls_)
            check(one);
        print_.add(world_.now().time_since_epoch());
        return print_.value();
    }

  private:
    using bytes = std::vector<std::uint8_t>;
    struct call
    {
        std::array<bytes, n> packets{};
        std::array<slot_model, n> slots{};
        bool is_asked = false;
        bool may_end_early = false; ///< by its own rule, or because somebody ends it
        int finished = 0;
        std::error_code error{};
        raida::replies<n> got{};
        time_point until = time_point::max();
        std::array<int, n> shown{};
        asio::cancellation_signal stop{};
    };

    void ask(std::size_t i)
    {
        if (!engine_)
            return;
        call& one = calls_[i];
        const duration deadline = dice_.between(100ms, 500ms);
        const auto echo = static_cast<std::uint16_t>(dice_.below(3)); // so few that they meet
        for (std::size_t server = 0; server < n; ++server) {
            if (dice_.chance(0.05))
                continue;
            one.packets[server] = make_request(i, server, echo);
            one.slots[server].asked = true;
            one.slots[server].deadline = deadline;
        }
        raida::request_options<n> how{.deadline = deadline};
        if (dice_.chance(0.3))
            how.retry = raida::retry_policy::up_to(static_cast<unsigned>(1 + dice_.below(3)));
        if (dice_.chance(0.3))
            how.complete = raida::completion<n>{[most = dice_.below(n)](const raida::replies<n>& so_far) {
                return so_far.answered() > most;
            }};
        one.may_end_early = !how.complete.waits_for_all();
        if (dice_.chance(0.2))
            how.linger = dice_.between(1ms, 50ms);
        if (dice_.chance(0.2)) {
            how.overall = dice_.between(50ms, 700ms);
            one.may_end_early = true;
        }
        if (dice_.chance(0.5))
            how.on_reply = [this, i](const raida::reply& reply) { ++calls_[i].shown.at(reply.server); };
        one.is_asked = true;
        engine_->async_request(one.packets, std::move(how),
                               asio::bind_cancellation_slot(
                                   one.stop.slot(), [this, i](std::error_code error, raida::replies<n> got) {
                                       call& of = calls_[i];
                                       ++of.finished;
                                       of.error = error;
                                       of.got = std::move(got);
                                       of.until = world_.now();
                                   }));
        if (dice_.chance(0.15)) {
            one.may_end_early = true;
            world_.after(dice_.between(0ms, 500ms),
                         [this, i] { calls_[i].stop.emit(asio::cancellation_type::total); });
        }
    }

    // The challenge names the fan-out.
    bytes make_request(std::size_t i, std::size_t server, std::uint16_t echo)
    {
        bytes packet(raida::header_size + raida::challenge_size + dice_.below(40) + raida::terminator_size);
        raida::request_header header{.server = static_cast<std::uint8_t>(server),
                                     .what = raida::echo_command};
        header.body_size = static_cast<std::uint16_t>(packet.size() - raida::header_size);
        header.echo(echo);
        header.write(packet.data());
        std::array<std::uint8_t, 12> random{};
        dice_.source().fill(random);
        random[0] = static_cast<std::uint8_t>(i);
        const auto challenge = raida::make_challenge(random);
        std::copy(challenge.begin(), challenge.end(), packet.begin() + raida::header_size);
        std::fill(packet.end() - raida::terminator_size, packet.end(), raida::terminator_byte);
        return packet;
    }

    // ---- the network

    void take(const raida::testing::simulated_request& request)
    {
        call& of = calls_.at(request.bytes[raida::header_size]);
        slot_model& slot = of.slots[request.server];
        must(std::equal(request.bytes.begin(), request.bytes.end(), of.packets[request.server].begin(),
                        of.packets[request.server].end()),
             "a request leaves as it is");
        must(of.finished == 0, "nothing leaves after the end");
        slot.sent.push_back(world_.now());
        const double storm = weather_[request.server];
        if (!dice_.chance(storm / 2))
            answer(request, slot);
        while (dice_.chance(storm / 2))
            disturb(request, slot);
    }

    void answer(const raida::testing::simulated_request& request, slot_model& slot)
    {
        const bool is_long = dice_.chance(weather_[request.server] / 10);
        for (bool again = true; again; again = dice_.chance(weather_[request.server] / 3)) {
            const auto share = 1 + static_cast<int>(dice_.below(20));
            const auto delay = dice_.between(1ms, 700ms) / share;
            request.reply(delay, make_answer(request, raida::status::success), is_long);
            slot.ends.push_back({is_long ? slot_model::ending::oversize : slot_model::ending::answered,
                                 world_.now() + delay});
        }
    }

    bytes make_answer(const raida::testing::simulated_request& request, raida::status what)
    {
        raida::response_header header;
        header.server = static_cast<std::uint8_t>(request.server);
        header.status = what;
        header.group = request.bytes[4];
        header.echo = raida::detail::load_big<2, std::uint16_t>(request.bytes.data() + 30);
        std::copy_n(request.bytes.begin() + raida::header_size, header.signature.size(),
                    header.signature.begin());
        bytes whole(raida::header_size);
        header.write(whole.data());
        return whole;
    }

    // Something that is no answer to this request, or proves nothing.
    void disturb(const raida::testing::simulated_request& request, slot_model& slot)
    {
        const auto delay = dice_.between(1us, 600ms);
        const auto refused = std::make_error_code(std::errc::connection_refused);
        bytes wrong = make_answer(request, raida::status::success);
        switch (dice_.below(9)) {
        case 0: { // with the right echo, and all that a listener in front of the server does not know
            if (!sees_signatures_)
                dice_.source().fill(std::span{wrong}.subspan(16, 16));
            return request.reply(delay, wrong);
        }
        case 1:
            wrong[2] = static_cast<std::uint8_t>(raida::status::invalid_crc);
            wrong[16] ^= 1;
            slot.complained = std::min(slot.complained, world_.now() + delay);
            return request.reply(delay, wrong);
        case 2:
            wrong[6] ^= 0x80;
            return request.reply(delay, wrong);
        case 3:
            wrong[0] = static_cast<std::uint8_t>((wrong[0] + 1U) % n);
            return request.reply(delay, wrong);
        case 4:
            wrong.resize(dice_.below(raida::header_size));
            return request.reply(delay, wrong);
        case 5:
            wrong.resize(1 + dice_.below(100));
            dice_.source().fill(wrong);
            wrong[0] = 0xFF; // of no server
            return request.reply(delay, wrong);
        case 6: // quoted: enough to prove it
            slot.ends.push_back({slot_model::ending::refused, world_.now() + delay});
            return request.fail(delay, refused, 40 + dice_.below(30));
        case 7: // and not
            return request.fail(delay, refused, dice_.below(40));
        default: // right but for a body that is not as long as it says
            wrong[11] = 9;
            return request.reply(delay, wrong);
        }
    }

    // ---- what came of it

    void check(const call& one)
    {
        must(one.finished == (one.is_asked ? 1 : 0), "every handler is called once");
        if (!one.is_asked)
            return;
        print_.add(one.error);
        print_.add(one.until.time_since_epoch());
        if (one.error)
            return must(one.error == raida::errc::engine_stopped || !engine_, "no good call is refused");
        const bool whole = !one.may_end_early && !was_stopped_ && engine_ && !is_burst_;
        time_point last{}; // by then every slot has its answer, or its deadlines are over
        for (const slot_model& slot : one.slots)
            last = std::max(last, std::min(slot.limit(), slot.first().at));
        must(!whole || changes_sockets_ || one.until <= last + 3us, "it ends with its last slot");
        for (std::size_t server = 0; server < n; ++server) {
            const raida::reply& says = one.got[server];
            // while a retry waits for its place, too, if all others were silent
            const bool was_left = (changes_sockets_ || is_burst_) && one.slots[server].sent.size() > 1;
            check_slot(one.slots[server], says, whole ? time_point::max() : one.until,
                       !was_stopped_ && !was_left);
            must(one.shown[server] <= 1, "a slot is shown once");
            print_.add(says.error);
            print_.add(says.latency);
            print_.add(says.attempts);
            print_.add(says.datagram);
        }
    }

    dice dice_;
    bool sees_signatures_;
    bool is_burst_ = dice_.chance(0.03); // so many at once that they wait for places
    std::array<double, n> weather_{};
    fingerprint print_;
    raida::testing::simulation world_;
    std::deque<call> calls_;
    std::optional<raida::fanout<n, raida::testing::simulated_transport>> engine_;
    bool changes_sockets_ = false, was_stopped_ = false;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_FAN_OUTS_HPP
