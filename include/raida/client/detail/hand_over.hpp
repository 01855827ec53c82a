// A record to a journal of either kind.
#ifndef RAIDA_CLIENT_DETAIL_HAND_OVER_HPP
#define RAIDA_CLIENT_DETAIL_HAND_OVER_HPP

#include <raida/base/errc.hpp>
#include <raida/client/journal_sink.hpp>

#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

/// What the journal says within its call; if nothing, `later` is called with it, once. A journal that throws,
/// or is none, has not taken the record. Throws std::bad_alloc, and the journal was not called.
template <class Record, class Later>
std::optional<std::error_code> hand_over(const Record& record, basic_journal_sink<Record>& journal,
                                         Later later)
{
    struct answer
    {
        bool is_within = true;
        std::optional<std::error_code> said{};
    };
    const auto now = std::make_shared<answer>();
    journal_done told{[now, later = std::move(later)](std::error_code error) {
        if (now->is_within)
            now->said = error;
        else if (!now->said)
            later(error);
    }};
    try {
        if (journal)
            journal.write(record, std::move(told));
        else
            now->said = errc::journal_failed;
    } catch (...) {
        now->said = errc::journal_failed;
    }
    now->is_within = false;
    return now->said;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HAND_OVER_HPP
