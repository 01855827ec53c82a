// 25 RAIDA servers in a process of their own, as fast as the kernel lets them be: they answer every request
// with a header that says that all is well. Prints the 25 ports, one a line, and serves until its parent
// ends.
//
//   --loss N    drops N of 1,000 requests       --dead N     server N's port is closed
//   --silent N  server N never answers          --delay MS   every answer waits so long
//   --forge     sends six forgeries with every answer
//   --core N    stays on that core              --default-buffers   receive buffers as the kernel gives them
#include "support/arguments.hpp"
#include "support/machine.hpp"
#include "support/server_sockets.hpp"

#include <raida/wire/challenge.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <span>
#include <utility>

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <csignal>

namespace {

using namespace bench;

struct manners
{
    std::uint32_t loss; // of 1,000
    long dead;
    long silent;
    std::chrono::milliseconds delay;
    bool default_buffers;
    bool forges;
};

class server
{
  public:
    explicit server(const manners& how) : how_{how}, sockets_{how.dead, how.default_buffers}
    {
        for (std::size_t i = 0; i < raida::server_count; ++i)
            std::printf("%d\n", sockets_.port(i));
        std::fflush(stdout);
    }

    void serve()
    {
        std::array<epoll_event, 32> ready;
        for (;;) {
            const int count =
                epoll_wait(sockets_.set(), ready.data(), static_cast<int>(ready.size()), wait());
            for (int i = 0; i < count; ++i)
                read(ready[static_cast<std::size_t>(i)].data.u32);
            send_late();
        }
    }

  private:
    using answer = server_sockets::answer;

    struct late_answer
    {
        bench_clock::time_point due;
        std::size_t which;
        answer what;
    };

    void read(std::size_t which)
    {
        if (!sockets_.read(which))
            return;
        sockets_.for_each_request([&](raida::bytes_view bytes, const sockaddr_in& from) {
            if (bytes.size() < 50 || std::cmp_equal(which, how_.silent) || is_lost())
                return;
            const answer made = answer_to(which, bytes, from);
            if (how_.forges)
                forge(made);
            if (how_.delay.count() == 0)
                sockets_.queue(made);
            else
                late_.push_back({bench_clock::now() + how_.delay, which, made});
        });
        sockets_.flush(which);
    }

    static answer answer_to(std::size_t which, raida::bytes_view request, const sockaddr_in& from)
    {
        const auto asked = raida::request_header::parse(request).value_or(raida::request_header{});
        raida::response_header header{};
        header.server = static_cast<std::uint8_t>(which);
        header.status =
            asked.what == raida::detect_command ? raida::status::all_pass : raida::status::success;
        header.group = asked.what.group;
        header.frames = 1;
        header.echo = asked.echo();
        std::copy_n(request.begin() + raida::header_size, header.signature.size(), header.signature.begin());
        answer made{from, {}};
        header.write(made.bytes.data());
        return made;
    }

    // What somebody else might send in this server's name, before it answers itself.
    void forge(const answer& genuine)
    {
        for (const std::size_t byte : {0U, 3U, 7U, 11U, 20U}) { // server, group, echo, size, signature
            answer made = genuine;
            made.bytes[byte] ^= 0x55U;
            sockets_.queue(made);
        }
        answer complaint = genuine;
        complaint.bytes[2] = static_cast<std::uint8_t>(raida::status::invalid_crc);
        complaint.bytes[20] ^= 0x55U;
        sockets_.queue(complaint);
    }

    bool is_lost() noexcept
    {
        random_ ^= random_ << 13;
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        return how_.loss != 0 && (random_ >> 20) % 1000 < how_.loss;
    }

    [[nodiscard]] int wait() const
    {
        if (late_.empty())
            return -1;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(late_.front().due - bench_clock::now());
        return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }

    void send_late()
    {
        for (; !late_.empty() && late_.front().due <= bench_clock::now(); late_.pop_front()) {
            sockets_.queue(late_.front().what);
            sockets_.flush(late_.front().which);
        }
    }

    manners how_;
    server_sockets sockets_;
    std::deque<late_answer> late_;
    std::uint64_t random_ = 0x9E3779B97F4A7C15U;
};

} // namespace

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (const long core = given.number("--core", -1); core >= 0)
            pin_to(static_cast<int>(core));
        server{{.loss = static_cast<std::uint32_t>(given.number("--loss", 0)),
                .dead = given.number("--dead", -1),
                .silent = given.number("--silent", -1),
                .delay = std::chrono::milliseconds{given.number("--delay", 0)},
                .default_buffers = given.has("--default-buffers"),
                .forges = given.has("--forge")}}
            .serve();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server: %s\n", error.what());
        return 2;
    }
}
