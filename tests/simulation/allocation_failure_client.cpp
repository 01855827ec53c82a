// Memory that runs out at any moment of a client's call: it throws or completes, once; nothing leaks, nothing
// is sent twice, no server is said to hold what it does not, and other calls go on.
#include "simulation/client_operations.hpp"
#include "simulation/counted_new.hpp"
#include "simulation/support.hpp"

#include <raida/client.hpp>
#include <raida/testing/seeded_random.hpp>

#include <catch2/generators/catch_generators_range.hpp>

#include <array>
#include <map>
#include <new>
#include <string>
#include <vector>

using namespace tests;

namespace {

constexpr std::size_t count = 5; // servers: as few as make a quorum of three
using client_type = raida::basic_client<count, raida::testing::simulated_transport, raida::basic_plain<count>,
                                        raida::testing::seeded_random>;
using token = raida::basic_token<count>;
using record_type = raida::transfer_record<count>;

using call = operation;

constexpr bool has_a_journal(call what)
{
    return what >= call::pown;
}

enum class scene
{
    well,
    silent,    // one server never answers
    lossy,     // first datagrams are lost, and asked again where that is right
    elsewhere, // one server has a mirror that must be asked
    too_long,  // one server takes only few tokens at once
    slow_disk, // the journal is asynchronous
    throwing,  // what the caller is told with throws
    many,      // so many datagrams that they are built in several turns
    cancelled,
    destroyed // the client is, meanwhile
};

struct own_exception
{};

/// Of the first call: more than one datagram where datagrams are to be too long.
constexpr std::size_t first_tokens(scene what)
{
    return what == scene::too_long ? 40 : what == scene::many ? 20 : 4;
}

/// What became of one call.
struct account
{
    bool threw = false; // the call itself
    std::size_t handlers = 0, calls = 0;
    std::error_code error{};
    std::size_t right = 0; // tokens, or servers, with the expected result
    std::size_t false_claims = 0;

    [[nodiscard]] bool is_short_of_memory() const { return threw || error == std::errc::not_enough_memory; }
};

/// Of a whole play. Nothing is checked meanwhile: Catch's own memory is not to be counted.
struct review
{
    bool failed = false;
    std::size_t exceptions = 0; // std::bad_alloc that left run() or emit()
    std::size_t sent_twice = 0;
    std::size_t leaked = 0;
    bool stopped = false;
    std::array<account, 2> calls{};
};

std::vector<token> make_tokens(std::uint32_t first, std::size_t how_many, std::uint8_t numbers)
{
    std::vector<token> made(how_many);
    for (std::size_t i = 0; i < how_many; ++i) {
        made[i].denomination.value = 0;
        made[i].serial.value = first + static_cast<std::uint32_t>(i);
        for (std::size_t server = 0; server < count; ++server) {
            std::array<std::uint8_t, 16> bytes{};
            bytes[0] = numbers;
            bytes[1] = static_cast<std::uint8_t>(server);
            raida::detail::store_big<4>(bytes.data() + 2, made[i].serial.value);
            made[i].numbers[server] = raida::authenticity_number{bytes};
        }
    }
    return made;
}

/// Servers that know for each token whether it has its new number, and whether it may be powned again. For a
/// heal one of them has lost its numbers, and takes those of a fix.
class servers_of_tokens
{
  public:
    servers_of_tokens(scene what, review& to) : what_{what}, result_{to} {}

    void respond(const simulated_request& request)
    {
        const auto command = raida::request_header::parse(request.bytes).value().what;
        const bool is_mirror = request.endpoint.port() == 9;
        const auto times = ++seen_[request.server];
        if (what_ == scene::elsewhere && request.server == 3 && !is_mirror)
            return request.fail(1ms, refused());
        const auto tokens = serials(request.bytes, command);
        if (what_ == scene::too_long && request.server == 2 && tokens.size() > 20)
            return request.reply(5ms, answer(request.bytes, status::invalid_packet_length));
        const auto said = act(request, command, tokens);
        if (what_ == scene::silent && request.server == 1)
            return;
        if (what_ == scene::lossy && times <= 1)
            return;
        if (command == raida::version_command)
            return request.reply(5ms, answer(request.bytes, status::success, bytes(8, '2')));
        if (command == raida::get_ticket_command && said == status::all_pass)
            return request.reply(5ms, answer(request.bytes, said, {0, 0, 0, 9}));
        request.reply(5ms, answer(request.bytes, said));
    }

    [[nodiscard]] bool has_new(std::size_t server, std::uint32_t serial)
    {
        return held_[{server, serial}].is_new;
    }
    void set_new(std::size_t server, std::uint32_t serial) { held_[{server, serial}].is_new = true; }

    static constexpr std::size_t broken = 4; ///< the server, in a heal
    bool heals = false;

  private:
    struct state
    {
        bool is_new = false, was_changed = false;
    };

    static std::vector<std::uint32_t> serials(bytes_view request, raida::command_code what)
    {
        std::vector<std::uint32_t> found;
        const bool is_fix = what == raida::fix_command; // seed and tickets follow
        const auto size = is_fix                              ? 5
                          : what == raida::get_ticket_command ? raida::record_size(raida::detect_command)
                                                              : raida::record_size(what);
        const auto after = raida::terminator_size + (is_fix ? 16 + 4 * count : 0);
        for (std::size_t at = raida::header_size + raida::challenge_size;
             size != 0 && at + size + after <= request.size(); at += size)
            found.push_back(raida::detail::load_big<4, std::uint32_t>(request.data() + at + 1));
        return found;
    }

    status act(const simulated_request& request, raida::command_code command,
               const std::vector<std::uint32_t>& tokens)
    {
        const auto server = request.server;
        bool all_new = true;
        for (const auto serial : tokens) {
            state& one = held_[{server, serial}];
            if (command == raida::pown_command || command == raida::fix_command) {
                result_.sent_twice += one.was_changed ? 1 : 0; // without a find that says it was not
                one.is_new = one.was_changed = true;
            }
            all_new = all_new && one.is_new;
        }
        const bool is_broken = heals && server == broken && !all_new;
        if (command == raida::find_command && !all_new)
            for (const auto serial : tokens)
                held_[{server, serial}].was_changed = held_[{server, serial}].is_new;
        if (command == raida::find_command)
            return all_new     ? status::find_all_new_authenticity
                   : is_broken ? status::find_neither
                               : status::find_all_authenticity;
        return tokens.empty() ? status::success : is_broken ? status::all_fail : status::all_pass;
    }

    scene what_;
    review& result_;
    std::map<std::pair<std::size_t, std::uint32_t>, state> held_;
    std::array<std::size_t, count> seen_{};
};

struct play
{
    play(call which, scene in, review& to) : asks{which}, what{in}, result{to}, network{in, to}
    {
        network.heals = asks >= call::heal;
        world.on_request = [this](const simulated_request& request) {
            const allocations_succeed mine;
            network.respond(request);
        };
        raida::server_list<count> list;
        for (std::size_t i = 0; i < count; ++i) {
            list.set(i, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(18'000 + i)});
            if (what == scene::elsewhere)
                list.set_mirror(i, {asio::ip::address_v4::loopback(), 9});
        }
        client.emplace(
            raida::testing::simulated_transport{world}, list,
            raida::client_settings<count>{
                .requests = {.datagram_limit = what == scene::many ? 100U : raida::default_datagram_limit},
                .wait = raida::wait_for::all,
                .deadline = 100ms,
                .retry = raida::retry_policy::up_to(2),
                .allow_plain_pown = true},
            raida::basic_plain<count>{}, raida::testing::seeded_random{7});
    }

    // ---- what is asked, twice: side by side, on one page

    [[nodiscard]] std::vector<token> old_tokens(std::size_t which) const
    {
        return which == 0 ? make_tokens(0, first_tokens(what), 1) : make_tokens(100, 2, 1);
    }
    [[nodiscard]] static std::vector<raida::authenticity_numbers<count>>
    numbers_of(const std::vector<token>& of)
    {
        std::vector<raida::authenticity_numbers<count>> numbers;
        for (const auto& one : of)
            numbers.push_back(make_tokens(one.serial.value, 1, 2)[0].numbers);
        return numbers;
    }

    raida::call_options<count> call_options()
    {
        const allocations_succeed mine;
        raida::call_options<count> how;
        if (what == scene::throwing)
            how.on_progress = [](const auto&) { throw own_exception{}; };
        return how;
    }

    raida::pown_options<count> pown_options(std::size_t which)
    {
        const allocations_succeed mine;
        raida::pown_options<count> how;
        if (asks == call::pown)
            how.new_numbers = numbers_of(old_tokens(which));
        if (what == scene::slow_disk)
            how.journal = [this](const record_type&, const raida::journal_done& done) {
                const allocations_succeed quiet;
                world.after(3ms, [done] { done(); });
            };
        else
            how.journal = [](const record_type&) { return std::error_code{}; };
        if (what == scene::throwing)
            how.on_decided = [](std::size_t) { throw own_exception{}; };
        return how;
    }

    raida::heal_options<count> heal_options()
    {
        const allocations_succeed mine;
        raida::heal_options<count> how;
        if (what == scene::slow_disk)
            how.journal = [this](const raida::heal_record<count>&, const raida::journal_done& done) {
                const allocations_succeed quiet;
                world.after(3ms, [done] { done(); });
            };
        else
            how.journal = [](const raida::heal_record<count>&) { return std::error_code{}; };
        if (what == scene::throwing)
            how.on_progress = [](const auto&) { throw own_exception{}; };
        return how;
    }

    // Counts itself; bound to the slot.
    template <class Look>
    auto handler(std::size_t which, Look look)
    {
        struct counted
        {
            account* to;
            explicit counted(account& of) : to{&of} { ++to->handlers; }
            counted(counted&& other) noexcept : to{other.to} { ++to->handlers; }
            counted& operator=(counted&&) = delete;
            ~counted() { --to->handlers; }
        };
        const allocations_succeed mine;
        return asio::bind_cancellation_slot(
            signals[which].slot(), [look, self = counted{result.calls[which]},
                                    owned = std::make_unique<int>()](std::error_code error, const auto& got) {
                ++self.to->calls;
                self.to->error = error;
                const allocations_succeed quiet;
                look(got);
            });
    }

    void ask(std::size_t which)
    {
        auto& of = result.calls[which];
        const auto tokens = [&] {
            const allocations_succeed mine;
            return old_tokens(which);
        }();
        const auto numbers = [&] {
            const allocations_succeed mine;
            return numbers_of(tokens);
        }();
        const auto see_transfer = [this, &of](const raida::transfer<count>& got) { judge(got, of); };
        const auto see_healing = [this, &of](const raida::healing<count>& got) { judge(got, of); };
        try {
            if (asks == call::echo)
                client->async_echo(call_options(), handler(which, [&of](const raida::replies<count>& got) {
                                       of.right = got.answered();
                                   }));
            else if (asks == call::version)
                client->async_version(call_options(),
                                      handler(which, [&of](const raida::server_versions<count>& got) {
                                          of.right = got.answers.answered();
                                      }));
            else if (asks == call::detect)
                client->async_detect(tokens, call_options(),
                                     handler(which, [&of](const raida::batch_tally<count>& got) {
                                         of.right = got.count(raida::verdict::authentic);
                                     }));
            else if (asks == call::find)
                client->async_find(tokens, numbers, call_options(),
                                   handler(which, [&of](const raida::find_tally<count>& got) {
                                       for (std::size_t t = 0; t < got.token_count(); ++t)
                                           of.right +=
                                               got.count(t, raida::find_answer::authenticity) >= 3 ? 1 : 0;
                                   }));
            else if (asks == call::pown)
                client->async_pown(tokens, pown_options(which), handler(which, see_transfer));
            else if (asks == call::recover)
                client->async_recover(half_done(tokens, numbers), pown_options(which),
                                      handler(which, see_transfer));
            else if (asks == call::heal)
                client->async_heal(tokens, heal_options(), handler(which, see_healing));
            else
                client->async_recover_heal(begun(tokens), heal_options(), handler(which, see_healing));
        } catch (const std::bad_alloc&) {
            of.threw = true;
        }
    }

    // Two servers have taken the new numbers.
    record_type half_done(const std::vector<token>& tokens,
                          const std::vector<raida::authenticity_numbers<count>>& numbers)
    {
        const allocations_succeed mine;
        for (const auto& one : tokens)
            for (const std::size_t server : {0U, 4U})
                network.set_new(server, one.serial.value);
        return {.tokens = tokens, .new_numbers = numbers};
    }

    static raida::heal_record<count> begun(const std::vector<token>& tokens)
    {
        const allocations_succeed mine;
        raida::heal_record<count> record{.tokens = tokens};
        record.seeds = make_tokens(7, 1, 3)[0].numbers;
        return record;
    }

    void judge(const raida::healing<count>& got, account& of)
    {
        for (std::size_t t = 0; t < got.token_count(); ++t) {
            of.right += got.is_whole(t) ? 1 : 0;
            for (std::size_t s = 0; s < count; ++s) {
                const bool is_new = network.has_new(s, got.record().tokens[t].serial.value);
                const auto claim = got.at(t, s);
                of.false_claims += (claim == raida::heal_state::healed && !is_new) ||
                                           (claim == raida::heal_state::healthy && is_new)
                                       ? 1
                                       : 0;
            }
        }
    }

    void judge(const raida::transfer<count>& got, account& of)
    {
        for (std::size_t t = 0; t < got.token_count(); ++t) {
            of.right += got.outcome(t) == raida::transfer_outcome::transferred ? 1 : 0;
            for (std::size_t s = 0; s < count; ++s) {
                const bool is_new = network.has_new(s, got.record().tokens[t].serial.value);
                const auto claim = got.at(t, s);
                of.false_claims +=
                    claim == (is_new ? raida::holding::old_number : raida::holding::new_number) ? 1 : 0;
            }
        }
    }

    // ---- as a program does that goes on after an exception

    template <class Step>
    void insist(Step step)
    {
        for (;;)
            try {
                return step();
            } catch (const std::bad_alloc&) {
                ++result.exceptions;
            } catch (const own_exception&) {
            }
    }

    void run(std::size_t nth)
    {
        const failing_allocation failure{nth};
        ask(0);
        ask(1);
        insist([&] { world.run_for(7ms); });
        if (what == scene::cancelled)
            for (auto& one : signals)
                insist([&] { one.emit(asio::cancellation_type::terminal); });
        if (what == scene::destroyed)
            client.reset();
        insist([&] { world.run(); });
        result.failed = failure.happened();
        result.stopped = world.context().stopped();
    }

    call asks;
    scene what;
    review& result;
    servers_of_tokens network;
    std::array<asio::cancellation_signal, 2> signals{};
    simulation world{};
    std::optional<client_type> client{};
};

review perform(call asks, scene what, std::size_t nth)
{
    review result;
    const auto before = live_allocations();
    std::make_unique<play>(asks, what, result)->run(nth);
    result.leaked = live_allocations() - before;
    return result;
}

// What is wrong, in words; empty if nothing is.
std::string complaint(call asks, scene what, const review& got)
{
    std::string wrong;
    const auto expect = [&](bool is_so, const char* text) { wrong += is_so ? "" : text; };
    for (const account& of : got.calls)
        UNSCOPED_INFO((of.threw ? "threw" : of.error.message()) << ", right: " << of.right);
    expect(got.leaked == 0, "leaked; ");
    expect(got.stopped, "never ends; ");
    expect(got.sent_twice == 0, "a pown was sent twice; ");
    expect(got.exceptions <= (got.failed ? 1 : 0), "too many exceptions; ");
    std::size_t without_memory = 0;
    for (std::size_t which = 0; which < 2; ++which) {
        const account& of = got.calls[which];
        const bool may_be_dropped = what == scene::destroyed && got.failed;
        expect(of.handlers == 0, "a handler lives; ");
        expect(of.calls == (of.threw ? 0 : 1) || (may_be_dropped && of.calls == 0), "not called once; ");
        expect(of.false_claims == 0, "a false claim; ");
        without_memory += of.is_short_of_memory() ? 1 : 0;
        const bool is_bystander = !of.is_short_of_memory() && what < scene::cancelled;
        const std::size_t tokens = which == 0 ? first_tokens(what) : 2;
        if (is_bystander && (asks == call::echo || asks == call::version))
            expect(of.right + (got.failed ? 2 : 1) >= count, "answers are missing; ");
        else if (is_bystander)
            expect(of.right == tokens || (got.failed && (what != scene::well || asks >= call::heal)) ||
                       (asks == call::recover_heal && what == scene::silent),
                   "tokens are missing; "); // one server alone knows what became of a heal
    }
    expect(without_memory <= (!got.failed                ? 0U
                              : what == scene::destroyed ? 2U
                                                         : 1U),
           "more than one call ended; ");
    return wrong;
}

} // namespace

TEST_CASE("whatever finds no memory in a client's call, it ends, and all others go on",
          "[client][simulation][allocation]")
{
    const auto asks = GENERATE(from_range(all_operations));
    const auto what =
        GENERATE(scene::well, scene::silent, scene::lossy, scene::elsewhere, scene::too_long,
                 scene::slow_disk, scene::throwing, scene::many, scene::cancelled, scene::destroyed);
    if ((what == scene::slow_disk && !has_a_journal(asks)) ||
        (what == scene::too_long && asks < call::detect) ||
        (what == scene::many && asks != call::detect && asks != call::find))
        return; // as scene::well
    CAPTURE(static_cast<int>(asks), static_cast<int>(what));
    static_cast<void>(perform(asks, what, 1'000'000)); // what is made once is made
    std::size_t nth = 1;
    for (bool failed = true; failed; ++nth) {
        const auto got = perform(asks, what, nth);
        failed = got.failed;
        const auto wrong = complaint(asks, what, got);
        CAPTURE(nth);
        CHECK(wrong == "");
    }
    CHECK(nth > 10);
}
