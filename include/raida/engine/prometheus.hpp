// An engine's counts as Prometheus reads them.
#ifndef RAIDA_ENGINE_PROMETHEUS_HPP
#define RAIDA_ENGINE_PROMETHEUS_HPP

#include <raida/engine/statistics.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace raida::inline v1 {

namespace detail {

/// `{engine="name",server="7"}`. What would end the name's value is escaped.
inline void add_labels(std::string& to, std::string_view engine, std::size_t server)
{
    to += '{';
    if (!engine.empty()) {
        to += "engine=\"";
        for (const char c : engine)
            to.append(c == '\\' || c == '"' || c == '\n' ? "\\" : "") += c == '\n' ? 'n' : c;
        to += "\",";
    }
    to.append("server=\"").append(std::to_string(server)).append("\"}");
}

} // namespace detail

/// One of a program's engines, for to_prometheus().
template <std::size_t N = server_count>
struct named_statistics
{
    std::string_view engine{};     ///< its label `engine`, in UTF-8; empty: none
    fanout_statistics<N> counts{}; ///< what it has counted
};

/// Prometheus's text format 0.0.4, to be served as `text/plain; version=0.0.4`: for each count of
/// lane_statistics its meaning, its type, and a line such as `raida_timed_out_total{server="7"} 3` for each
/// server of each engine. Engines of one text need names that differ.
template <std::size_t N>
[[nodiscard]] std::string to_prometheus(std::span<const named_statistics<N>> engines)
{
    std::string text;
    for (const auto& counter : detail::lane_counters) {
        std::string name{"raida_"};
        name += counter.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        name += "_total";
        text.append("# HELP ").append(name).append(" ").append(counter.meaning).append("\n");
        text.append("# TYPE ").append(name).append(" counter\n");
        for (const named_statistics<N>& one : engines)
            for (std::size_t server = 0; server < N; ++server) {
                text += name;
                detail::add_labels(text, one.engine, server);
                text.append(" ").append(std::to_string(one.counts.servers[server].*counter.of)) += '\n';
            }
    }
    return text;
}

/// The same of a program's only engine.
template <std::size_t N>
[[nodiscard]] std::string to_prometheus(const fanout_statistics<N>& of)
{
    const named_statistics<N> only{.counts = of};
    return to_prometheus(std::span<const named_statistics<N>>{&only, 1});
}

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_PROMETHEUS_HPP
