// Any order of answers and silences may happen to a question at primaries and mirrors.
#ifndef RAIDA_TESTS_FUZZ_EXCHANGE_MACHINE_HPP
#define RAIDA_TESTS_FUZZ_EXCHANGE_MACHINE_HPP

#include "check.hpp"
#include "input.hpp"

#include <raida/client/detail/exchange_machine.hpp>

#include <bitset>
#include <cstddef>
#include <iterator>
#include <system_error>

namespace fuzz {

/// Each byte is an event at one of four servers. True if a mirror was asked.
inline bool exchange_machine(raida::bytes_view bytes)
{
    constexpr std::size_t n = 4;
    static const std::error_code ends[] = {{},
                                           raida::errc::timed_out,
                                           raida::errc::no_endpoint,
                                           raida::errc::not_awaited,
                                           raida::errc::oversize,
                                           raida::errc::skipped,
                                           make_error_code(std::errc::operation_canceled),
                                           make_error_code(std::errc::connection_refused)};
    input from{bytes};
    const auto asked = from.bits<n>();
    const bool may_repeat = from.next(4) != 0;
    raida::detail::exchange_machine<n> machine{asked, may_repeat};
    std::bitset<n> mirrored, settled;
    while (!from.is_over()) {
        const std::size_t server = from.next(n), event = from.next(16);
        if (event < std::size(ends)) {
            const raida::reply one{.server = server, .error = ends[event]};
            if (machine.wants_mirror(one, from.next(4) == 0)) {
                check(may_repeat && !machine.has_ended(),
                      "only what may be repeated is, and not after the end");
                check(asked[server] && !mirrored[server] && !settled[server], "a mirror is asked once");
                machine.go_to_mirror(server);
                mirrored.set(server);
            }
        } else if (event == 8) {
            machine.end();
        } else if (event == 9) {
            machine.clear_up(server);
            check(!machine.unclear()[server], "what is cleared up is clear");
        } else {
            const bool readable = event % 2 == 0, is_first = machine.arrived(server, readable);
            check(is_first == (asked[server] && !settled[server]), "a slot has one last word");
            settled[server] = settled[server] || is_first;
            check(!is_first || machine.unclear()[server] != readable, "what cannot be read is unclear");
        }
        check((machine.at_primary() | machine.at_mirror() | settled) == asked, "no slot is lost");
        check((machine.at_primary() & machine.at_mirror()).none() &&
                  ((machine.at_primary() | machine.at_mirror()) & settled).none(),
              "no slot is in two places");
        check((machine.unclear() & ~settled).none(), "only an answer can be unclear");
    }
    return mirrored.any();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_EXCHANGE_MACHINE_HPP
