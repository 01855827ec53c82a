// Server lists as programs keep them: JSON.
#ifndef RAIDA_WIRE_DETAIL_HOST_JSON_HPP
#define RAIDA_WIRE_DETAIL_HOST_JSON_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/detail/host_places.hpp>
#include <raida/wire/detail/json_reader.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace raida::inline v1::detail {

/// `{"servers": [{"id": 3, "hostname": "...", "port": 18003}]}`, among whatever else.
template <std::size_t N>
void read_host_json(std::string_view text, host_places<N>& places)
{
    json_reader json{text};
    const auto read_server = [&] {
        json.peek(); // to the line in which it begins
        const std::size_t line = json.line();
        std::optional<std::string_view> id, host, port;
        const bool is_object = json.object([&](std::string_view key) {
            auto* const wanted = key == "id"         ? &id
                                 : key == "hostname" ? &host
                                 : key == "port"     ? &port
                                                     : nullptr;
            if (wanted == nullptr)
                return json.skip();
            *wanted = json.scalar();
            return wanted->has_value();
        });
        const auto server = id ? parse_number<std::size_t>(*id) : std::nullopt;
        if (is_object && server)
            places.put({line, *server}, host.value_or(""), port.value_or(""));
        else if (is_object)
            places.refuse(errc::malformed_line, line, "id");
        return is_object && places.good();
    };
    const bool is_whole = json.object(
        [&](std::string_view key) { return key == "servers" ? json.array(read_server) : json.skip(); });
    if (!is_whole || json.peek() != 0)
        places.refuse(errc::malformed_line, json.line(), "JSON");
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_JSON_HPP
