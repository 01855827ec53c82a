// Where a pown writes down what a crash must not take along: at once, or while the client's loop runs on.
#ifndef RAIDA_CLIENT_JOURNAL_SINK_HPP
#define RAIDA_CLIENT_JOURNAL_SINK_HPP

#include <raida/base/errc.hpp>
#include <raida/client/transfer_record.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1 {

/// What an asynchronous journal calls when it has a record, or an error why not. Copies are the same: the
/// first call counts, later ones do nothing. When all copies are gone without a call the record was not
/// taken. May be called within the journal, or later on the client's executor; after the call was cancelled
/// or the client destroyed it does nothing.
class journal_done
{
  public:
    /// `then` is called once, never with an exception let out.
    explicit journal_done(std::function<void(std::error_code)> then)
        : state_{std::make_shared<state>(std::move(then))}
    {}

    void operator()(std::error_code error = {}) const { state_->tell(error); }

  private:
    struct state
    {
        std::function<void(std::error_code)> then;

        explicit state(std::function<void(std::error_code)> call) : then{std::move(call)} {}
        state(const state&) = delete;
        state& operator=(const state&) = delete;
        ~state()
        {
            try {
                tell(errc::journal_failed);
            } catch (...) { // no memory to say so
            }
        }
        void tell(std::error_code error)
        {
            if (const auto call = std::exchange(then, {}))
                call(error);
        }
    };

    std::shared_ptr<state> state_;
};

/// A journal of either kind, without its type; empty if made from nothing. Copyable, as the callable must be.
///
///     std::error_code write(const raida::transfer_record<>& record);               // taken when it returns
///     void write(const raida::transfer_record<>& record, raida::journal_done done); // taken when done({})
///
/// The record is valid during the call; it holds secrets. A journal that throws has not taken it.
template <std::size_t N = server_count>
class journal_sink
{
  public:
    journal_sink() noexcept = default;
    journal_sink(std::nullptr_t) noexcept {}

    /// std::error_code(const transfer_record<N>&)
    template <class Journal>
    requires(!std::same_as<std::decay_t<Journal>, journal_sink> &&
             std::is_invocable_r_v<std::error_code, std::decay_t<Journal>&, const transfer_record<N>&>)
    journal_sink(Journal&& journal)
    {
        if (is_there(journal))
            write_ = [journal = std::decay_t<Journal>(std::forward<Journal>(journal))](
                         const transfer_record<N>& record, const journal_done& done) mutable {
                done(std::invoke(journal, record));
            };
    }

    /// void(const transfer_record<N>&, journal_done)
    template <class Journal>
    requires(!std::same_as<std::decay_t<Journal>, journal_sink> &&
             std::invocable<std::decay_t<Journal>&, const transfer_record<N>&, journal_done> &&
             !std::is_invocable_r_v<std::error_code, std::decay_t<Journal>&, const transfer_record<N>&>)
    journal_sink(Journal&& journal)
    {
        if (is_there(journal))
            write_ = std::forward<Journal>(journal);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(write_); }

    /// Hands over a record; `done` is told. Throws what the journal throws.
    void write(const transfer_record<N>& record, journal_done done)
    {
        if (write_)
            write_(record, std::move(done));
    }

  private:
    template <class Journal>
    static bool is_there(const Journal& journal)
    {
        if constexpr (std::is_constructible_v<bool, const Journal&> &&
                      (std::is_pointer_v<Journal> || std::is_class_v<Journal>))
            return static_cast<bool>(journal);
        else
            return true;
    }

    std::function<void(const transfer_record<N>&, journal_done)> write_;
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_JOURNAL_SINK_HPP
