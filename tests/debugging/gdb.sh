#!/usr/bin/env bash
# How gdb prints raida's values with cmake/raida-gdb.py, and whether cmake/raida.natvis names what is there:
#
#   gdb.sh GDB PROGRAM
#
# Exit code 4: skipped, since there is no gdb with Python, or it may not run programs here.
set -euo pipefail
here=$(cd "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
gdb=$1
program=$2

"$gdb" --batch -nx -ex 'python print("with Python")' 2>/dev/null | grep -q '^with Python$' || exit 4

prints=()
for name in number token secrets reply replies tally verdict token.numbers; do
    prints+=(-ex "print $name")
done
said=$("$gdb" --batch -nx -iex 'set auto-load off' -iex 'set debuginfod enabled off' -iex 'set width 0' \
    -ex "source $here/../../cmake/raida-gdb.py" -ex 'break stop_here' -ex run -ex up "${prints[@]}" \
    -ex "source $here/natvis.py" "$program" </dev/null 2>&1) || true
if grep -q 'ptrace: Operation not permitted' <<<"$said"; then exit 4; fi
said=$(sed 's/(const raida::v1::reply &) @0x[0-9a-f]*: //' <<<"$said") # an address may hold any digits

expected='$1 = [redacted]
$2 = -2:12345
$3 = 16 bytes [redacted]
$4 = server 0: all pass, 32 bytes, 1.3 ms
$5 = 3 replies = {[0] = server 0: all pass, 32 bytes, 1.3 ms, [1] = server 1: timed out, 20.0 ms, [2] = server 2: error 111, 1.0 ms}
$6 = 70 authentic; servers: 2 all pass, 1 without answer
$7 = raida::v1::verdict::authentic
natvis: 7 types'
if ! diff <(grep '^[$][1-7] = \|^natvis' <<<"$said") - <<<"$expected" ||
    grep -q "ZZ\|'Z'\|90\|0x5a" <<<"$(grep '^[$]' <<<"$said")"; then
    printf '%s\n' "$said"
    exit 1
fi
