#!/usr/bin/env bash
# The main job: builds `detect` and runs it. With no arguments it detects a batch of tokens on 25 servers of its own.
# Arguments go to detect (--help lists them), and its exit code comes back: 0 every token decided, 1 some are not, 2 bad
# input. Run with no arguments, 1 becomes 0: the servers that disagree are part of that show.
# If the first argument names another program of this folder, that one is built and run: examples/run.sh echo --watch,
# examples/run.sh guide/consensus
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

program=detect
if [[ ${1-} =~ ^[a-z/]+$ ]]; then
    if [ ! -e "$root/examples/$1.cpp" ]; then
        say "there is no program $1, but: $(cd "$root/examples" && ls -- *.cpp guide/*.cpp | sed 's/[.]cpp$//' | paste -sd ' ')"
        exit 2
    fi
    program=${1//\//_}
    shift
fi

want_build_tools
install_missing

folder=$root/build/release${CXX:+-${CXX##*/}}
configure release "$folder" -DRAIDA_TESTS=OFF
build "$folder" raida_example_$program

status=0
"$folder/examples/$program" "$@" || status=$?
if [ $# = 0 ] && [ "$program" = detect ] && [ "$status" = 1 ]; then
    say "some tokens are undecided; with arguments that would be exit code 1"
    status=0
fi
exit "$status"
