// Asks the network about every part of a batch, in the clear or encrypted: `Codec` is raida::plain or
// raida::sealed.
#ifndef RAIDA_EXAMPLES_ASKING_HPP
#define RAIDA_EXAMPLES_ASKING_HPP

#include "findings.hpp"
#include "progress.hpp"
#include "record_csv.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace support {

struct asking_settings
{
    std::uint16_t coin = raida::default_coin;
    std::chrono::milliseconds deadline = raida::default_deadline;
    record_csv* records = nullptr; // must outlive the asking
};

template <class Codec>
class asking
{
  public:
    asking(asio::io_context& io, const raida::server_list<>& servers, asking_settings settings, Codec codec)
        : io_{io},
          settings_{settings},
          codec_{std::move(codec)},
          // A large batch may have to wait for its turn at a silent server.
          network_{io, servers, {.queue_wait = std::chrono::minutes{10}}},
          commands_{{.coin = settings.coin}}
    {}

    // Fills in everything that `found` has room for.
    void run(findings& found, progress& shown)
    {
        ask(found, shown);
        open(found, shown);
        explain_silence(found, shown);
        for (part& one : found.parts)
            one.tally = raida::aggregate(one.replies, one.tokens.size(), {.encrypted = Codec::encrypts});
        found.key = codec_.key_token();
        found.traffic = network_.statistics().total();
    }

  private:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds longest_echo{2000}; // public guidance for an echo's deadline

    // All parts in flight together.
    void ask(findings& found, progress& shown)
    {
        std::size_t open = 0, uncertain = found.parts.size();
        const auto began = clock::now();
        for (part& one : found.parts) {
            ++open;
            one.asked = seal(commands_.detect(one.tokens));
            raida::request_options<> how{.on_reply = [&](const raida::reply& got) { shown.settled(got); }};
            // Answers that are sealed tell nothing before they are opened, which is done when all are there.
            if constexpr (!Codec::encrypts)
                how.complete = [&found, &uncertain, began, decided = raida::when_decided{one.tokens.size()},
                                certain = false](const raida::replies<>& so_far) mutable {
                    if (!std::exchange(certain, certain || decided(so_far)) && certain && --uncertain == 0)
                        found.certain_after = clock::now() - began;
                    return false; // wait for all the same
                };
            send(one.asked, settings_.deadline, std::move(how), [&, at = &one](raida::replies<> replies) {
                --open;
                at->replies = std::move(replies);
            });
        }
        while (open != 0 && io_.run_one() != 0) {
        }
        found.elapsed = clock::now() - began;
    }

    // What one answer shows of how its server encrypts may be what another could not be read without. Who has
    // shown nothing yet is asked for its version, which does.
    void open(findings& found, progress& shown)
    {
        std::bitset<raida::server_count> unclear;
        for (int pass = 0; pass < 2; ++pass) {
            unclear.reset();
            for (part& one : found.parts)
                unclear |= codec_.open(one.asked, one.replies, {.token_count = one.tokens.size()});
        }
        if (unclear.none())
            return;
        shown.say("asking how their answers are encrypted");
        const auto versions = seal(only(commands_.version(), unclear));
        auto told = wait_for(versions, settings_.deadline, {.retry = raida::retry_policy::up_to(2)});
        codec_.learn(versions, told);
        for (part& one : found.parts)
            codec_.open(one.asked, one.replies, {.token_count = one.tokens.size()});
    }

    // Servers refuse a wrong coin or number with an answer that could be for anybody, so that it can only be
    // taken as a hint, and only while nothing else is in flight to that server. After many parts at once, ask
    // the silent ones again.
    void explain_silence(findings& found, progress& shown)
    {
        std::bitset<raida::server_count> silent;
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            silent[server] = found.parts.size() > 1;
            for (const part& one : found.parts) {
                const raida::reply& reply = one.replies[server];
                if (reply.error != raida::errc::timed_out)
                    silent.reset(server);
                if (const auto said = complaint(reply))
                    found.hints[server] = said;
            }
            if (found.hints[server])
                silent.reset(server);
        }
        if (silent.none())
            return;
        shown.say("asking the silent ones for the reason");
        const auto replies =
            wait_for(seal(only(commands_.echo(), silent)), std::min(settings_.deadline, longest_echo), {});
        for (const raida::reply& reply : replies)
            if (const auto said = complaint(reply))
                found.hints[reply.server] = said;
    }

    [[nodiscard]] static raida::requests<> only(raida::requests<> packets,
                                                std::bitset<raida::server_count> servers)
    {
        for (std::size_t server = 0; server < servers.size(); ++server)
            if (!servers[server])
                packets.skip(server);
        return packets;
    }

    [[nodiscard]] raida::requests<> seal(raida::requests<> packets)
    {
        std::error_code refused;
        codec_.seal(packets, refused);
        if (refused)
            throw std::system_error{refused, "cannot encrypt"};
        return packets;
    }

    // `packets` must live until `done` is called.
    template <class Done>
    void send(const raida::requests<>& packets, std::chrono::milliseconds deadline,
              raida::request_options<> how, Done done)
    {
        how.deadline = deadline;
        network_.async_request(packets, std::move(how),
                               [this, &packets, deadline, done, began = std::chrono::system_clock::now()](
                                   std::error_code refused, raida::replies<> replies) mutable {
                                   if (refused)
                                       throw std::system_error{refused, "detect"};
                                   if (settings_.records != nullptr)
                                       settings_.records->write(packets, replies, began, deadline);
                                   done(std::move(replies));
                               });
    }

    [[nodiscard]] raida::replies<> wait_for(const raida::requests<>& packets,
                                            std::chrono::milliseconds deadline, raida::request_options<> how)
    {
        raida::replies<> result;
        bool open = true;
        send(packets, deadline, std::move(how), [&](raida::replies<> replies) {
            open = false;
            result = std::move(replies);
        });
        while (open && io_.run_one() != 0) {
        }
        return result;
    }

    asio::io_context& io_;
    asking_settings settings_;
    Codec codec_;
    raida::fanout<> network_;
    raida::commands<> commands_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_ASKING_HPP
