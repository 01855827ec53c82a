// Detect and find on the network: what the batch's machine wants asked is asked.
#ifndef RAIDA_CLIENT_DETAIL_BATCH_HPP
#define RAIDA_CLIENT_DETAIL_BATCH_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/call_options.hpp>
#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/checks.hpp>
#include <raida/client/detail/exchange.hpp>
#include <raida/client/detail/exchanges.hpp>
#include <raida/consensus/options.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <std::size_t N>
struct batch_work
{
    std::vector<basic_token<N>> tokens{};
    std::vector<authenticity_numbers<N>> new_numbers{}; ///< empty for detect
};

/// Once memory is short nothing more is asked, and there is no result: a question may be repeated.
template <class Core, class Book>
class batch final : public asker<Core::size>, public std::enable_shared_from_this<batch<Core, Book>>
{
  public:
    static constexpr std::size_t N = Core::size;
    using result = typename Book::result;

    batch(std::shared_ptr<Core> core, command_code what, batch_work<N> given, call_options<N> how,
          pending_result<result> waiting)
        : core_{std::move(core)},
          what_{what},
          given_{std::move(given)},
          how_{std::move(how)},
          waiting_{std::move(waiting)},
          machine_{given_.tokens,
                   {.wait = how_.wait.value_or(what == detect_command ? core_->settings.wait : wait_for::all),
                    .window = core_->settings.chunks_in_flight,
                    .is_sealed = Core::codec_type::encrypts},
                   Book{core_->settings.consensus, given_.tokens.size()}},
          report_{what, given_.tokens.size()}
    {}

    /// Throws std::bad_alloc; the handler was not and will not be called then.
    void start()
    {
        if (const auto error = refuse())
            return waiting_->complete(error, result{});
        until_ = core_->end_of_budget(how_.budget);
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock())
                self->cancel();
        });
        try {
            launch();
            if (is_over())
                complete(&pending_result<result>::complete);
        } catch (...) {
            waiting_ = {}; // what is on its way already comes back to nobody
            stop();
            throw;
        }
    }

    // asker
    requests<N> build(std::uint32_t id, std::error_code& error) override
    {
        const auto& part = machine_.asked(id);
        const auto tokens = std::span<const basic_token<N>>{given_.tokens}.subspan(part.first, part.count);
        if (what_ == detect_command)
            return core_->ask.detect(tokens, error);
        return core_->ask.find(
            tokens,
            std::span<const authenticity_numbers<N>>{given_.new_numbers}.subspan(part.first, part.count),
            error);
    }

    void settled(std::uint32_t id, const reply& one, bool readable) override
    {
        const std::size_t tokens = machine_.asked(id).count;
        const bool too_long = one && one.status() == status::invalid_packet_length;
        if (!too_long || core_->shorten(one.server, what_, tokens))
            machine_.settled(id, one, readable);
        report_.settled(one);
    }

    bool has_enough(std::uint32_t id, const replies<N>& so_far, const std::bitset<N>& open) override
    {
        const bool enough = has_failed_ || machine_.has_enough(id, so_far, open);
        if (enough && !has_failed_)
            for (const auto other : machine_.no_longer_wanted())
                if (other != id)
                    exchanges_.end_early(other);
        return enough;
    }

    void finished(std::uint32_t id, std::error_code error, replies<N>& answers) override
    {
        exchanges_.erase(id);
        if (is_for_all(error))
            error_ = error;
        std::exception_ptr thrown;
        go_on([&] {
            machine_.finished(id, error, answers);
            thrown = tell_last();
        });
        if (thrown)
            std::rethrow_exception(thrown);
    }

    void tell() override
    {
        if (how_.on_progress)
            how_.on_progress(report_.now(machine_.decided()));
    }

  private:
    static constexpr std::size_t at_once = 8; // questions: building the next ones overlaps the network

    // What the end of a question has decided, which no slot tells any more.
    std::exception_ptr tell_last() noexcept
    {
        try {
            tell();
        } catch (...) {
            return std::current_exception();
        }
        return nullptr;
    }

    [[nodiscard]] std::error_code refuse() const
    {
        if (!core_->network)
            return errc::engine_stopped;
        if (const auto error = how_.deadline.value_or(core_->settings.deadline).check())
            return error;
        if (max_tokens(what_, core_->settings.requests.datagram_limit) == 0)
            return errc::packet_too_large;
        if (const auto error = check_batch<N>(given_.tokens, core_->settings.requests))
            return error;
        if (what_ != detect_command && !has_new_numbers())
            return errc::invalid_authenticity;
        return check_quorum<N>(core_->settings.consensus.quorum, core_->settings.consensus.margin);
    }

    [[nodiscard]] bool has_new_numbers() const
    {
        const auto is_whole = [](const authenticity_numbers<N>& set) {
            return std::none_of(set.begin(), set.end(), [](const auto& one) { return one.is_zero(); });
        };
        return given_.new_numbers.size() == given_.tokens.size() &&
               std::all_of(given_.new_numbers.begin(), given_.new_numbers.end(), is_whole);
    }

    void cancel()
    {
        try {
            if (!has_failed_)
                machine_.stop();
        } catch (const std::bad_alloc&) {
            has_failed_ = true;
        }
        exchanges_.cancel();
    }

    void stop() noexcept
    {
        has_failed_ = true;
        exchanges_.end_early();
    }

    // After something has happened.
    template <class What>
    void go_on(What what)
    {
        try {
            if (!has_failed_) {
                what();
                if (!launches_later_)
                    launch();
            }
        } catch (const std::bad_alloc&) {
            stop();
        }
        if (is_over() && waiting_)
            complete(&pending_result<result>::complete_here);
    }

    void launch()
    {
        if (!core_->network || error_)
            machine_.stop();
        const auto most = [this](std::size_t server) { return core_->most_tokens(server, what_); };
        for (std::size_t asked = 0; asked != at_once; ++asked) {
            const auto next = machine_.next(most);
            if (!next)
                return;
            ask(next->first, next->second);
        }
        launch_later();
    }

    // After the engine's turn, in which those that were built leave. Should there be no memory to post it,
    // the end of one of them goes on.
    void launch_later()
    {
        try {
            asio::post(core_->get_executor(), [self = this->shared_from_this()] {
                self->launches_later_ = false;
                self->go_on([] {});
            });
            launches_later_ = true;
        } catch (const std::bad_alloc&) {
        }
    }

    [[nodiscard]] bool is_over() const noexcept
    {
        return has_failed_ ? exchanges_.empty() : machine_.is_over();
    }

    template <class How>
    void complete(How how)
    {
        result got;
        try {
            if (!has_failed_)
                got = std::move(machine_).take();
        } catch (const std::bad_alloc&) {
            has_failed_ = true;
        }
        if (has_failed_)
            got = result{};
        (waiting_.*how)(has_failed_ ? make_error_code(std::errc::not_enough_memory) : error_, std::move(got));
    }

    void ask(std::uint32_t id, const piece<N>& part)
    {
        report_.asked(part.servers);
        question<N> asked{.what = what_,
                          .token_count = part.count,
                          .servers = part.servers,
                          .deadline = how_.deadline.value_or(core_->settings.deadline),
                          .retry = how_.retry.value_or(core_->settings.retry),
                          .until = until_,
                          .may_end_early = true};
        exchanges_.start(core_, asked, id, this->shared_from_this());
    }

    std::shared_ptr<Core> core_;
    command_code what_;
    batch_work<N> given_;
    call_options<N> how_;
    pending_result<result> waiting_;
    batch_machine<N, Book> machine_;
    progress_report<N> report_;
    exchanges<Core> exchanges_;
    std::chrono::steady_clock::time_point until_{};
    std::error_code error_;
    bool launches_later_ = false;
    bool has_failed_ = false; // for want of memory; the machine is of no use any more
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_BATCH_HPP
