// Where a pown or a heal writes down what a crash must not take along: at once, or while the client's loop
// runs on.
#ifndef RAIDA_CLIENT_JOURNAL_SINK_HPP
#define RAIDA_CLIENT_JOURNAL_SINK_HPP

#include <raida/base/errc.hpp>
#include <raida/client/heal_record.hpp>
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

    /// No error: the record is safe. The first call counts; none at all is errc::journal_failed.
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
/// The record is valid during the call; it holds secrets. A journal that throws has not taken it. Of a heal
/// it is a heal_record.
template <class Record>
class basic_journal_sink
{
    template <class Journal>
    static constexpr bool answers_at_once = std::is_invocable_r_v<std::error_code, Journal&, const Record&>;

  public:
    basic_journal_sink() noexcept = default;
    /// No journal.
    basic_journal_sink(std::nullptr_t) noexcept {}

    /// One of these two.
    template <class Journal>
    requires(!std::same_as<std::decay_t<Journal>, basic_journal_sink> &&
             (answers_at_once<std::decay_t<Journal>> ||
              std::invocable<std::decay_t<Journal>&, const Record&, journal_done>))
    basic_journal_sink(Journal&& journal)
    {
        if (!is_there(journal))
            return;
        if constexpr (answers_at_once<std::decay_t<Journal>>)
            write_ = [journal = std::decay_t<Journal>(std::forward<Journal>(journal))](
                         const Record& record, const journal_done& done) mutable {
                done(std::invoke(journal, record));
            };
        else
            write_ = std::forward<Journal>(journal);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(write_); }

    /// Hands over a record; `done` is told. Throws what the journal throws.
    void write(const Record& record, journal_done done)
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

    std::function<void(const Record&, journal_done)> write_;
};

/// For client::async_pown().
template <std::size_t N = server_count>
using journal_sink = basic_journal_sink<transfer_record<N>>;

/// For client::async_heal().
template <std::size_t N = server_count>
using heal_journal_sink = basic_journal_sink<heal_record<N>>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_JOURNAL_SINK_HPP
