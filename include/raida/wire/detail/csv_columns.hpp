// Which column of a token file holds what.
#ifndef RAIDA_WIRE_DETAIL_CSV_COLUMNS_HPP
#define RAIDA_WIRE_DETAIL_CSV_COLUMNS_HPP

#include <raida/base/detail/text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace raida::inline v1::detail {

/// Cuts off the next field: trimmed, and without the quotes that some programs put around each.
constexpr std::string_view take_field(char separator, std::string_view& line) noexcept
{
    const std::string_view field = take_until(separator, line);
    const bool quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
    return quoted ? trim(field.substr(1, field.size() - 2)) : field;
}

/// Semicolons are what spreadsheets write where the comma is taken.
constexpr char separator_of(std::string_view line) noexcept
{
    return line.find(',') == std::string_view::npos && line.find(';') != std::string_view::npos ? ';' : ',';
}

/// A column's name without case, blanks and joints; none is as long as a secret, of which no copy is made.
inline std::string column_name(std::string_view name)
{
    std::string plain;
    for (const char c : name.substr(0, name.size() < 32 ? name.npos : 0))
        if (c != ' ' && c != '_' && c != '-')
            plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return plain;
}

/// The columns from left to right. What is at most N is an authenticity number: of that server, in rows.
template <std::size_t N>
class csv_columns
{
  public:
    static constexpr std::size_t denomination = N + 1, serial = N + 2, network = N + 3;

    /// As this library writes them, or as the old network's clients did.
    explicit csv_columns(bool legacy = false) noexcept : legacy_{legacy}
    {
        for (const std::size_t what : {serial, denomination, network})
            if (legacy || what != network)
                at_[count_++] = what;
        if (!legacy)
            std::swap(at_[0], at_[1]);
        add_numbers();
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::size_t operator[](std::size_t column) const noexcept { return at_[column]; }
    [[nodiscard]] bool has(std::size_t what) const noexcept
    {
        return std::find(begin(), end(), what) != end();
    }

    /// There is a column for the network. Then "denomination" means the value.
    [[nodiscard]] bool legacy() const noexcept { return legacy_; }

    /// Reads a heading. Authenticity numbers are called an0.. or an1..; where none is named they follow in
    /// order. Returns 0 if all is well, else the column, counted from 1, that is unknown or there twice, or
    /// one beyond the last if one is missing.
    std::size_t read_heading(char separator, std::string_view line)
    {
        count_ = 0;
        while (!line.empty()) {
            const std::string_view name = take_field(separator, line);
            if (name.empty() && line.empty())
                break; // lines may end with a separator
            const auto what = meaning(column_name(name));
            if (!what || has(*what) || count_ == at_.size())
                return count_ + 1;
            at_[count_++] = *what;
        }
        legacy_ = has(network);
        if (!has(serial) || (!has(denomination) && !legacy_))
            return count_ + 1;
        const auto numbers = std::count_if(begin(), end(), [](std::size_t what) { return what <= N; });
        if (numbers == 0)
            add_numbers();
        else if (numbers != N || (has(0) && has(N)))
            return count_ + 1;
        if (has(N))
            for (std::size_t i = 0; i < count_; ++i)
                at_[i] -= at_[i] <= N ? 1U : 0U;
        return 0;
    }

  private:
    static std::optional<std::size_t> meaning(std::string_view name) noexcept
    {
        if (name == "denomination" || name == "dn")
            return denomination;
        if (name == "serialnumber" || name == "serial" || name == "sn")
            return serial;
        if (name == "nn")
            return network;
        const auto number = name.starts_with("an") ? parse_number<std::size_t>(name.substr(2)) : std::nullopt;
        return number && *number <= N ? number : std::nullopt;
    }

    void add_numbers() noexcept
    {
        for (std::size_t server = 0; server < N; ++server)
            at_[count_++] = server;
    }

    [[nodiscard]] const std::size_t* begin() const noexcept { return at_.data(); }
    [[nodiscard]] const std::size_t* end() const noexcept { return at_.data() + count_; }

    std::array<std::size_t, N + 3> at_{};
    std::size_t count_ = 0;
    bool legacy_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_CSV_COLUMNS_HPP
