// raida::aggregate() against a plain loop over bits: 25 MIXED answers, result storage reused.
//
//   --out FOLDER   where consensus.json goes   --quick   a fifth of the time
#include "support/alternate.hpp"
#include "support/arguments.hpp"
#include "support/report.hpp"

#include <raida/consensus.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <iostream>
#include <random>
#include <vector>

namespace {

using namespace bench;
using raida::server_count;

// Real tokens' servers agree on most of them.
std::vector<std::uint8_t> mixed_answer(std::size_t server, std::size_t tokens, std::mt19937_64& random)
{
    std::vector<std::uint8_t> datagram(raida::header_size + (tokens + 7) / 8 + raida::terminator_size);
    raida::response_header header{};
    header.server = static_cast<std::uint8_t>(server);
    header.status = raida::status::mixed;
    header.group = raida::detect_command.group;
    header.frames = 1;
    header.body_size = static_cast<std::uint32_t>(datagram.size() - raida::header_size);
    header.write(datagram.data());
    std::mt19937_64 authentic{7}; // the same tokens for every server
    for (std::size_t t = 0; t < tokens; ++t) {
        const bool is_authentic = authentic() % 4 != 0, disagrees = random() % 16 == 0;
        if (is_authentic != disagrees)
            datagram[raida::header_size + t / 8] |= static_cast<std::uint8_t>(1U << t % 8);
    }
    datagram[datagram.size() - 2] = datagram[datagram.size() - 1] = raida::terminator_byte;
    return datagram;
}

raida::replies<> mixed_answers(std::size_t tokens)
{
    std::mt19937_64 random{1};
    raida::replies<> answers;
    for (std::size_t server = 0; server < server_count; ++server)
        answers.answer(server, mixed_answer(server, tokens, random));
    return answers;
}

/// What one would write: every bit of every server, one after the other.
void plain_loop(const raida::replies<>& answers, std::vector<raida::verdict>& verdicts)
{
    std::array<const std::uint8_t*, server_count> bodies{};
    for (std::size_t server = 0; server < server_count; ++server)
        bodies[server] = answers[server].body().data();
    for (std::size_t t = 0; t < verdicts.size(); ++t) {
        unsigned passes = 0;
        for (const std::uint8_t* body : bodies)
            passes += (body[t / 8] >> t % 8) & 1U;
        verdicts[t] = passes >= 13                  ? raida::verdict::authentic
                      : server_count - passes >= 13 ? raida::verdict::counterfeit
                                                    : raida::verdict::undecided;
    }
}

void check(const raida::tally<>& ours, const std::vector<raida::verdict>& theirs)
{
    if (ours.mixed != server_count)
        throw std::runtime_error{"not all answers are mixed"};
    for (std::size_t t = 0; t < theirs.size(); ++t)
        if (ours.verdict(t) != theirs[t])
            throw std::runtime_error{"the two disagree"};
}

void measure(std::size_t tokens, int blocks, report& results, table& made)
{
    const auto answers = mixed_answers(tokens);
    raida::tally<> ours;
    std::vector<raida::verdict> theirs(tokens);
    const auto taken = alternate({[&] {
                                      ours.assign(answers, tokens);
                                      keep(ours);
                                  },
                                  [&] {
                                      plain_loop(answers, theirs);
                                      keep(*theirs.data());
                                  }},
                                 blocks, 0.01);
    check(ours, theirs);
    const auto per_token = [&](const std::vector<double>& seconds) {
        return 1e9 * median(seconds) / static_cast<double>(tokens);
    };
    const double ratio = median_ratio(taken[1], taken[0]);
    made.row(fixed(static_cast<double>(tokens), 0) + " tokens",
             {per_token(taken[0]), per_token(taken[1]), ratio});
    const std::string what = "consensus of " + fixed(static_cast<double>(tokens), 0) + " tokens: ";
    if (tokens <= 10'000)
        results.at_most(what + "ns per token", 1.5, per_token(taken[0]), 3);
    results.at_least(what + "times as fast as the plain loop", 10, ratio, 1);
}

} // namespace

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        const int blocks = given.has("--quick") ? 40 : 200;
        report results{"consensus"};
        table made{"consensus",
                   "Consensus of 25 MIXED answers, result storage reused (processor time)",
                   "batch",
                   {{"ns_per_token", "aggregate, ns per token", 3},
                    {"plain_ns_per_token", "plain loop, ns per token", 3},
                    {"ratio", "times as fast", 1}}};
        for (const std::size_t tokens : {64U, 10'000U, 1'000'000U})
            measure(tokens, tokens > 100'000 ? blocks / 4 : blocks, results, made);
        results.add(std::move(made));
        results.print_targets();
        results.write(given.value("--out", ".") + "/consensus.json");
    } catch (const std::exception& error) {
        std::cerr << "consensus: " << error.what() << '\n';
        return 2;
    }
}
