// What has a to_string() can be streamed; base/format.hpp has it formatted.
#ifndef RAIDA_BASE_PRINTING_HPP
#define RAIDA_BASE_PRINTING_HPP

#include <raida/base/version.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

namespace raida::inline v1 {

/// Never called: argument-dependent lookup finds it for this library's types alone.
template <class T>
void belongs_to_raida(const T&);

namespace detail::printing {

void belongs_to_raida(); // hides the above, and
void to_string();        // those of the library, so that nothing but the argument's own namespace counts

/// A type of this library with a to_string(), which never tells a secret.
template <class T>
concept printable = requires(const T& what) {
    belongs_to_raida(what);
    { to_string(what) } -> std::convertible_to<std::string_view>;
};

} // namespace detail::printing

namespace detail {

template <class Enum>
struct named
{
    Enum what;
    std::string_view name;
};

/// The name of an enumerator; `other` for those that are not listed.
template <class Enum>
constexpr std::string_view name_of(Enum which, std::string_view other,
                                   std::initializer_list<named<std::type_identity_t<Enum>>> names) noexcept
{
    for (const auto& [what, name] : names)
        if (what == which)
            return name;
    return other;
}

/// Adds "3 sent" to a list; what is zero is left out.
inline void add_count(std::string& list, std::uint64_t count, std::string_view what)
{
    if (count != 0)
        list.append(list.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(what);
}

/// Adds "1.3 ms", of nanoseconds.
inline void add_milliseconds(std::string& to, std::int64_t nanoseconds)
{
    const auto tenths = nanoseconds / 100'000;
    to.append(std::to_string(tenths / 10)).append(".").append(std::to_string(tenths % 10)).append(" ms");
}

} // namespace detail

/// Any type here that has a to_string() goes to streams, in the same form whatever their locale.
template <class Traits, detail::printing::printable T>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, const T& what)
{
    // As a whole: numbers of a stream follow its locale, which may group digits.
    return out << std::string{to_string(what)}.c_str();
}

} // namespace raida::inline v1

#endif // RAIDA_BASE_PRINTING_HPP
