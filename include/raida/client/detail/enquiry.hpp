// One question to all servers, with a payload or none.
#ifndef RAIDA_CLIENT_DETAIL_ENQUIRY_HPP
#define RAIDA_CLIENT_DETAIL_ENQUIRY_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/call_options.hpp>
#include <raida/client/detail/exchanges.hpp>
#include <raida/wire/command_payload.hpp>
#include <raida/wire/status.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

/// `Read` makes the result of the answers.
template <class Core, class Read>
class enquiry final : public asker<Core::size>, public std::enable_shared_from_this<enquiry<Core, Read>>
{
  public:
    static constexpr std::size_t N = Core::size;
    using result = std::invoke_result_t<Read, replies<N>>;

    enquiry(std::shared_ptr<Core> core, command_code what, command_payload<N> payload, Read read,
            call_options<N> how, pending_result<result> waiting)
        : core_{std::move(core)},
          what_{what},
          payload_{std::move(payload)},
          read_{std::move(read)},
          how_{std::move(how)},
          waiting_{std::move(waiting)},
          report_{what, 0}
    {}

    /// Throws std::bad_alloc; the handler was not and will not be called then.
    void start()
    {
        const auto deadline = how_.deadline.value_or(core_->settings.deadline);
        const auto error = core_->network ? deadline.check() : make_error_code(errc::engine_stopped);
        if (error)
            return waiting_->complete(error, result{});
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock())
                self->exchanges_.cancel();
        });
        const question<N> asked{.what = what_,
                                .deadline = deadline,
                                .retry = how_.retry.value_or(core_->settings.retry),
                                .until = core_->end_of_budget(how_.budget),
                                .reads = how_.reads ? &how_.reads : nullptr};
        report_.asked(asked.servers);
        exchanges_.start(core_, asked, 0, this->shared_from_this());
    }

    // asker
    requests<N> build(std::uint32_t, std::error_code& error) override
    {
        return core_->ask.custom(what_, payload_, error);
    }
    void settled(std::uint32_t, const reply& one, bool) override { report_.settled(one); }
    bool has_enough(std::uint32_t, const replies<N>&, const std::bitset<N>&) override { return false; }
    void finished(std::uint32_t, std::error_code error, replies<N>& answers) override
    {
        for (std::size_t i = 0; i < N && how_.reads; ++i)
            if (const reply& one = answers[i]; one && one.verified && is_signed_answer(one.status()) &&
                                               !how_.reads(one.status(), one.body()))
                answers.fail(i, errc::malformed_response, one.latency, one.attempts);
        result got{};
        try {
            got = read_(std::move(answers));
        } catch (const std::bad_alloc&) {
            error = make_error_code(std::errc::not_enough_memory);
        }
        waiting_->complete_here(error, std::move(got));
    }
    void tell() override
    {
        if (how_.on_progress)
            how_.on_progress(report_.now(0));
    }

  private:
    std::shared_ptr<Core> core_;
    command_code what_;
    command_payload<N> payload_;
    Read read_;
    call_options<N> how_;
    pending_result<result> waiting_;
    progress_report<N> report_;
    exchanges<Core> exchanges_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_ENQUIRY_HPP
