#!/usr/bin/env bash
# Builds the benchmarks and runs all of them: about ten minutes, with --quick three. Prints tables, and writes JSON files
# and SVG charts to build/bench (with CXX set, build/bench-$CXX). A quiet machine is best, two cores at least.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../../.ci/setup.sh"

want_build_tools
install_missing

folder=$root/build/bench${CXX:+-${CXX##*/}}
programs=$folder/tests/bench
configure bench "$folder"
build "$folder"

seed=()
if has python3; then
    seed=(--seed "$root/tests/bench/seed.py")
fi

"$programs/contest" --server "$programs/server" "${seed[@]}" --out "$folder" "$@"
"$programs/consensus" --out "$folder" "$@"
"$programs/readers" --out "$folder" "$@"
if [ -e "$programs/building" ]; then
    "$programs/building" --out "$folder" "$@"
else
    say "no OpenSSL: building and encrypting not measured"
fi
"$programs/include_cost" --out "$folder" "$@"
engines=100
case " $* " in *" --quick "*) engines=20 ;; esac
"$programs/time_to_verdict" --out "$folder" --engines "$engines"

say "written: $(cd "$folder" && echo *.json *.svg) in $folder"
limit=$(cat /proc/sys/net/core/rmem_max)
if [ "$limit" -lt 4194304 ]; then
    say "net.core.rmem_max is $limit: with many in flight more is lost than the contestants' fault is (4194304 is enough)"
fi
