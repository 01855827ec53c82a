// Errors and threads are the same in every module of a program, though each may have objects of its own.
#include <modules/plugin.hpp>

#include <raida/base/condition.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/status.hpp>

#include <cstdio>

namespace {

int failures = 0;

void check(const char* what, bool holds)
{
    std::printf("%s: %s\n", what, holds ? "yes" : "NO");
    failures += holds ? 0 : 1;
}

} // namespace

int main()
{
    const auto timeout = plugin_timeout();
    check("an error is the library's", timeout == raida::errc::timed_out);
    check("it is the same error code", timeout == make_error_code(raida::errc::timed_out));
    check("it has the same condition", timeout == raida::condition::timed_out);
    check("a status is a status", plugin_status() == raida::status::all_pass);
    check("it is the same error code", plugin_status() == make_error_code(raida::status::all_pass));

    raida::detail::thread_check engine;
    const raida::detail::thread_check::guard outside{engine};
    plugin_enter(engine);
    check("a thread is the same thread", true);
    return failures;
}
