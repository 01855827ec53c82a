#!/usr/bin/env bash
# One file that is all of raida, to be copied into a program: cmake/single_header.sh >raida.hpp
# Arguments name the headers that it stands for, e.g. raida/raida.hpp raida/testing.hpp; default raida/raida.hpp.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../include"

sed 's|^|// |; s| *$||' ../LICENSE
awk -v headers="${*:-raida/raida.hpp}" '
# Each header in the place of its first #include. In a branch that not every compiler takes that does not count as the
# first; the include guards see to it that each is read once.
function take(file, conditional,    line, depth, got) {
    if (file in taken) return
    if (!conditional) taken[file] = 1
    while ((got = (getline line <file)) > 0) {
        if (line ~ /^#if/) depth++
        if (line ~ /^#endif/) depth--
        if (line ~ /^#include <raida\//) {
            gsub(/^#include <|>.*$/, "", line)
            take(line, conditional || depth > 1)
        } else print line
    }
    if (got < 0) { print "no header " file >"/dev/stderr"; exit 1 }
    close(file)
}
BEGIN {
    count = split(headers, names, " ")
    for (i = 1; i <= count; i++) take(names[i], 0)
}' | cat -s
