#!/usr/bin/env bash
# Builds everything with g++ (or $CXX) and runs all tests. Arguments go to ctest, e.g. -R unit.
#
#   --coverage   as the first argument: with clang++, and at the end which lines and branches of include/ were run
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

flags=()
if [ "${1:-}" = --coverage ]; then
    shift
    cxx=clang++ folder=$root/build/coverage coverage=yes
    flags=(-DCMAKE_CXX_FLAGS="-fprofile-instr-generate -fcoverage-mapping"
           -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON) # clang does not count what it has precompiled
    want llvm has llvm-cov
else
    folder=$root/build/dev${CXX:+-${CXX##*/}}
    [ -z "${CI:-}" ] || flags=(-DCMAKE_CXX_FLAGS_DEBUG=-g1) # nobody debugs there: a tenth less to compile
fi

want_test_tools
install_missing
configure dev "$folder" "${flags[@]}"
build "$folder"

ctest=(ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel "$(parallel_tests)" "$@")
[ -n "${coverage:-}" ] || exec "${ctest[@]}"

status=0
rm -rf "$folder/profiles"
LLVM_PROFILE_FILE="$folder/profiles/%8m.profraw" "${ctest[@]}" >&2 || status=$? # a failed test has covered much, too
llvm-profdata merge -sparse "$folder"/profiles/*.profraw -o "$folder/profile"
mapfile -t programs < <(find "$folder/tests" "$folder/examples" -type f -executable)
others=("${programs[@]:1}")
llvm-cov report -instr-profile="$folder/profile" "${programs[0]}" "${others[@]/#/-object=}" "$root/include"
exit "$status"
