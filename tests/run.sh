#!/usr/bin/env bash
# Builds everything with g++ (or $CXX) and runs all tests. Arguments go to ctest, e.g. -R unit.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

want_test_tools
install_missing

folder=$root/build/dev${CXX:+-${CXX##*/}}
configure dev "$folder"
build "$folder"

exec ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel "$(parallel_tests)" "$@"
