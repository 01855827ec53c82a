// Values for a debugger to print: gdb.sh says how they must look.
#include <raida/base/secret_bytes.hpp>
#include <raida/consensus.hpp>
#include <raida/wire.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

int stop_here();
int stop_here()
{
    return 0;
}

int main()
{
    using namespace std::chrono_literals;
    std::array<std::uint8_t, raida::authenticity_number::size> secret{};
    secret.fill(0x5A);
    const raida::authenticity_number number{secret};
    raida::basic_token<3> token{.denomination = {-2}, .serial = {12'345}};
    token.numbers.fill(number);
    const raida::secret_bytes secrets{secret};

    std::array<std::uint8_t, raida::header_size> answer{};
    raida::response_header{.status = raida::status::all_pass}.write(answer.data());
    raida::replies<3> replies;
    replies.answer(0, answer, true, 1300us);
    replies.fail(1, raida::errc::timed_out, 20ms);
    replies.fail(2, std::make_error_code(std::errc::connection_refused), 1ms);
    const raida::reply& reply = replies[0];

    const std::array<raida::answer, 2> votes{
        {{.server = 0, .status = raida::status::all_pass}, {.server = 1, .status = raida::status::all_pass}}};
    const auto tally = raida::aggregate<3>(votes, 70);
    raida::batch_tally<3> batch;
    batch.add(0, tally);
    const auto verdict = tally.verdict(0);
    return stop_here() + (batch.token_count() == 70 && verdict == raida::verdict::authentic && reply &&
                                  secrets.size() == secret.size()
                              ? 0
                              : 1);
}
