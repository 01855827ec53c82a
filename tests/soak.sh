#!/usr/bin/env bash
# Plays seeds for as long as one likes: ./tests/soak.sh [FROM [COUNT]]; by default a million after those of the tests.
# One process per core. Seeds that fail are told, and kept in tests/soak/failed_seeds.txt, which the tests replay.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

want_test_tools
install_missing

from=${1:-20000} count=${2:-1000000} jobs=$(nproc)
folder=$root/build/soak
configure release "$folder"
programs=(raida_soak)
if grep -q '^RAIDA_CRYPTO:BOOL=ON$' "$folder/CMakeCache.txt"; then # else there is no OpenSSL
    programs+=(raida_soak_crypto)
fi
build "$folder" "${programs[@]}"

failed=$root/tests/soak/failed_seeds.txt
share=$(((count + jobs - 1) / jobs))
rm -f "$folder"/soak.*

# play FROM COUNT: those whose bodies travel sealed are another program's.
play() {
    local status=0 program
    for program in "${programs[@]}"; do
        RAIDA_SEEDS="$1 $2" "$folder/tests/$program" "whatever a seed draws*" || status=$?
    done
    return $status
}

running=()
for ((job = 0; job < jobs; job++)); do
    play $((from + job * share)) $share >"$folder/soak.$job" &
    running+=($!)
done
status=0
for one in "${running[@]}"; do
    wait "$one" || status=$?
done
if [ $status = 0 ]; then
    say "$((share * jobs)) seeds from $from on: nothing was wrong"
    exit
fi
sed -n 's/^seed \([0-9]*\): .*/\1/p' "$folder"/soak.* >>"$failed"
grep -h '^seed ' "$folder"/soak.* || tail -n 20 "$folder"/soak.* # one that crashed says so itself
exit $status
