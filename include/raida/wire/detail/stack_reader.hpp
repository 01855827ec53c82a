// Reads tokens that are written as JSON.
#ifndef RAIDA_WIRE_DETAIL_STACK_READER_HPP
#define RAIDA_WIRE_DETAIL_STACK_READER_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/detail/json_reader.hpp>
#include <raida/wire/detail/token_intake.hpp>
#include <raida/wire/token_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raida::inline v1::detail {

/// `{"cloudcoin": [{"nn", "sn", "an": [25], "pown", "ed", "aoid"}]}`, or one `{"denomination",
/// "serial_number", "ans": [25]}`. Numbers may be strings; other members are skipped.
class stack_reader
{
  public:
    stack_reader(std::string_view text, token_intake& into) noexcept
        : json_{text}, size_{text.size()}, into_{into}
    {}

    bool read()
    {
        constexpr std::size_t shortest = server_count * 35; // of a token
        into_.reserve(size_ / shortest + 1);
        into_.file().format = token_format::json;
        fields lone;
        const bool is_whole = json_.object([&](std::string_view key) {
            if (key != "cloudcoin")
                return read_member(key, lone);
            into_.file().format = token_format::stack;
            return json_.array([&] { return read_token(); });
        });
        if (failed_)
            return false;
        if (!is_whole || json_.peek() != 0)
            return malformed();
        if (into_.file().format == token_format::json)
            return lone.seen ? take(lone) && into_.finish()
                             : into_.refuse(errc::unsupported_format, "JSON without tokens");
        return into_.finish();
    }

  private:
    struct fields
    {
        std::optional<std::string_view> serial{}, worth{};
        authenticity_numbers<> numbers{};
        std::size_t count = 0; // of them
        std::string_view pown{};
        bool seen = false; // anything that belongs to a token
    };

    bool read_token()
    {
        fields token;
        return json_.object([&](std::string_view key) { return read_member(key, token); }) && take(token);
    }

    bool read_member(std::string_view key, fields& into)
    {
        if (key == "an" || key == "ans") {
            into.seen = true;
            into.count = 0; // the last one counts, as in other readers
            return json_.array([&] { return read_number(into); });
        }
        auto* const wanted = key == "sn" || key == "serial_number" ? &into.serial
                             : key == "denomination"               ? &into.worth
                                                                   : nullptr;
        if (wanted != nullptr) {
            into.seen = true;
            *wanted = json_.scalar();
            return wanted->has_value();
        }
        if (key == "pown" && json_.peek() == '"') {
            into.pown = json_.scalar().value_or("");
            return true;
        }
        return json_.skip();
    }

    bool read_number(fields& into)
    {
        const auto digits = json_.scalar();
        if (!digits)
            return false;
        if (digits->find('(') != std::string_view::npos)
            return fail(into_.refuse_token(
                errc::unsupported_format, "encrypted: parentheses in an authenticity number (decrypt it with "
                                          "the wallet that wrote it)"));
        auto number = authenticity_number::from_hex(trim(*digits));
        if (!number || into.count == into.numbers.size())
            return fail(into_.refuse_token(errc::invalid_authenticity,
                                           "authenticity number of server " + std::to_string(into.count)));
        into.numbers[into.count++] = *std::move(number);
        return true;
    }

    bool take(fields& one)
    {
        const auto serial = one.serial ? parse_number<std::uint32_t>(trim(*one.serial)) : std::nullopt;
        const auto worth = one.worth ? parse_number<std::int8_t>(trim(*one.worth)) : std::nullopt;
        if (one.worth && !worth)
            return fail(into_.refuse_token(errc::invalid_denomination, "denomination"));
        if (!serial)
            return fail(into_.refuse_token(errc::invalid_serial_number, "serial number"));
        if (one.count != one.numbers.size())
            return fail(into_.refuse_token(errc::invalid_authenticity,
                                           "authenticity number of server " + std::to_string(one.count)));
        auto* const numbers = worth ? into_.take({{*worth}, {*serial}}) : into_.take_legacy(serial);
        if (numbers == nullptr)
            return fail(false);
        *numbers = std::move(one.numbers);
        if (into_.file().format == token_format::stack)
            into_.file().pown_strings.push_back(letters_of(one.pown));
        return true;
    }

    static pown_letters letters_of(std::string_view text) noexcept
    {
        pown_letters said{};
        said.fill('u');
        const bool known =
            text.size() == said.size() && text.find_first_not_of("upfnedb") == std::string_view::npos;
        if (known)
            std::copy(text.begin(), text.end(), said.begin());
        return said;
    }

    // What was refused is the reason, and not that the JSON was left in the middle.
    bool fail(bool refused) noexcept
    {
        failed_ = true;
        return refused;
    }

    bool malformed()
    {
        return into_.refuse(errc::malformed_line, "line " + std::to_string(json_.line()) + ", JSON");
    }

    json_reader json_;
    std::size_t size_;
    token_intake& into_;
    bool failed_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_STACK_READER_HPP
