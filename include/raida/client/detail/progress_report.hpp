// Counts what a call has asked and what has come.
#ifndef RAIDA_CLIENT_DETAIL_PROGRESS_REPORT_HPP
#define RAIDA_CLIENT_DETAIL_PROGRESS_REPORT_HPP

#include <raida/client/call_options.hpp>
#include <raida/wire/reply.hpp>

#include <bitset>
#include <cstddef>

namespace raida::inline v1::detail {

template <std::size_t N>
class progress_report
{
  public:
    progress_report(command_code what, std::size_t tokens) noexcept
    {
        now_.what = what;
        now_.tokens = tokens;
    }

    void asked(const std::bitset<N>& servers) noexcept
    {
        now_.open += servers.count();
        for (std::size_t i = 0; i < N; ++i)
            now_.servers[i].open += servers[i] ? 1U : 0U;
    }

    void settled(const reply& one) noexcept
    {
        --now_.open;
        server_progress& server = now_.servers[one.server];
        --server.open;
        if (one.error) {
            ++server.failed;
            server.error = one.error;
        } else {
            ++server.answered;
            server.latency = one.latency;
        }
    }

    [[nodiscard]] const progress<N>& now(std::size_t decided) noexcept
    {
        now_.decided = decided;
        return now_;
    }

  private:
    progress<N> now_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_PROGRESS_REPORT_HPP
