#!/usr/bin/env bash
# raida as a C++20 module: cmake/module.sh >raida.cppm
# Arguments name the headers that it stands for; default everything but encryption, which needs OpenSSL
# (raida/crypto.hpp, raida/testing/encryption.hpp). It exports each name that they and what they include declare outside
# of detail. A module gives no macros: RAIDA_VERSION_MAJOR is raida::version.major.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../include"

headers=(raida/raida.hpp raida/base/format.hpp raida/client/journal_file.hpp raida/client/tcp_client.hpp
    raida/testing.hpp)
[ $# = 0 ] || headers=("$@")

sed 's|^|// |; s| *$||' ../LICENSE
printf '\nmodule;\n\n'
printf '#include <%s>\n' "${headers[@]}" asio.hpp
cat <<'END'

export module raida;

export namespace asio {
using asio::any_io_executor;
using asio::awaitable;
using asio::bind_executor;
using asio::buffer;
using asio::co_spawn;
using asio::const_buffer;
using asio::detached_t;
using asio::dispatch;
using asio::io_context;
using asio::make_strand;
using asio::make_work_guard;
using asio::post;
using asio::signal_set;
using asio::steady_timer;
using asio::strand;
using asio::thread_pool;
using asio::use_awaitable_t;
using asio::use_future_t;
} // namespace asio

export namespace asio::ip {
using asio::ip::address;
using asio::ip::make_address;
using asio::ip::tcp;
using asio::ip::udp;
} // namespace asio::ip
END
awk -v headers="${headers[*]}" '
# What a namespace declares begins in the first column. Empty where that is no name of its own.
function name_in(line) {
    if (line ~ /^(class|struct|enum class|concept|using) /) {
        sub(/^(class|struct|enum class|concept|using) (RAIDA_VISIBLE )?/, "", line)
        return match(line, /^[a-z_0-9]+( |;|$)/) ? leading(line) : "" # else a specialisation
    }
    if (match(line, /[ &]operator[^ (a-z]+\(/)) return substr(line, RSTART + 1, RLENGTH - 2)
    if (line ~ /^(template|requires|static_assert|extern)/) return ""
    if (match(line, /^[^({=]*[ &*][a-z_0-9]+\(/) || match(line, /^[a-z_0-9]+\(/) || # a function
        match(line, /^inline constexpr [^({=;]*[ >][a-z_0-9]+({| =|;)/)) {              # a constant
        line = substr(line, 1, RLENGTH)
        sub(/({| =|;|\()$/, "", line)
        sub(/^.*[ &*>]/, "", line)
        return line
    }
    return ""
}
function leading(line) { match(line, /^[a-z_0-9]+/); return substr(line, 1, RLENGTH) }
function take(file,    line, depth, space, name, includes, count, i, got) {
    if (file in taken) return
    taken[file] = 1
    while ((got = (getline line <file)) > 0) {
        if (line ~ /^#include <raida\//) {
            gsub(/^#include <|>.*$/, "", line)
            includes[++count] = line
        } else if (line ~ /^(inline )?namespace .*{$/) {
            gsub(/^namespace |^inline namespace .*|::inline v1| {$/, "", line)
            space[++depth] = space[depth - 1] (depth > 1 && line != "" ? "::" : "") line
        } else if (line ~ /^} \/\/ namespace/) {
            depth--
        } else if (depth > 0 && line ~ /^[a-z[]/ && space[depth] !~ /detail/) {
            name = space[depth] "::" name_in(line)
            if (name !~ /::$/ && !(name in seen)) exported[space[depth]] = exported[space[depth]] "using " name ";\n"
            seen[name] = 1
        }
    }
    if (got < 0) { print "no header " file >"/dev/stderr"; exit 1 }
    close(file)
    for (i = 1; i <= count; i++) take(includes[i])
}
BEGIN {
    count = split(headers, files, " ")
    for (i = 1; i <= count; i++) take(files[i])
    for (space in exported) printf "\nexport namespace %s {\n%s} // namespace %s\n", space, exported[space], space
}'
