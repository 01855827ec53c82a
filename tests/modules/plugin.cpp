#include <modules/plugin.hpp>

#include <raida/base/errc.hpp>
#include <raida/wire/status.hpp>

std::error_code plugin_timeout()
{
    return raida::errc::timed_out;
}

std::error_code plugin_status()
{
    return raida::status::all_pass;
}

void plugin_enter(raida::detail::thread_check& engine)
{
    const raida::detail::thread_check::guard inside{
        engine}; // debug builds abort where this is another thread
}
