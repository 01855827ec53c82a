#!/usr/bin/env bash
# Do the tests notice? Puts each bug of the list `mutants` into a copy of the headers, one at a time, and runs the tests
# that are named with it: one of them must fail. First all of these tests must pass without any bug.
#
#   tests/mutation/run.sh [WORD]    only the files whose path contains the word
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../../.ci/setup.sh"

want_test_tools
install_missing

export root cxx
export work=$root/build/mutation
rm -rf "$work"
mkdir -p "$work"
wanted=${1:-}

# builds TEST HEADERS OUT: one file's tests as a program.
builds() {
    "$cxx" -std=c++20 -O0 -DASIO_STANDALONE -D_GLIBCXX_ASSERTIONS -w -I "$2" -I "$root/tests" "$root/tests/$1" \
        -o "$3" -lCatch2Main -lCatch2 -lcrypto -pthread
}

passes() { timeout 300 "$1" >/dev/null 2>&1; }

# One line of the result: NUMBER VERDICT FILE.
mutant() {
    local number=$1 folder=$work/$1 file old new tests test all
    mapfile -t all <"$work/list/$number"
    file=${all[0]}
    old=$(printf '%s\n' "${all[@]}" | sed -n 's/^- //p')
    new=$(printf '%s\n' "${all[@]}" | sed -n 's/^+ //p')
    read -ra tests <<<"${all[-1]}"
    mkdir -p "$folder"
    cp -r "$root/include" "$folder/include"
    if ! replaces "$folder/include/raida/$file" "$old" "$new"; then
        echo "$number STALE $file"
        rm -rf "$folder"
        return
    fi
    for test in "${tests[@]}"; do
        if ! builds "$test" "$folder/include" "$folder/test" >"$folder/log" 2>&1; then
            if grep -q 'static assertion failed' "$folder/log"; then
                echo "$number caught $file by the compiler, in $test"
                rm -rf "$folder"
                return
            fi
            echo "$number BROKEN $file ($(grep -m1 'error:' "$folder/log"))"
            rm -rf "$folder"
            return
        fi
        if ! passes "$folder/test"; then
            echo "$number caught $file by $test"
            rm -rf "$folder"
            return
        fi
    done
    echo "$number SURVIVED $file: $new"
    rm -rf "$folder"
}

# The text must stand in the file just once; where it has several lines, blanks between them do not matter.
replaces() { # FILE OLD NEW
    OLD=$2 NEW=$3 perl -0pi -e '
        my $pattern = join "\\s*", map { quotemeta } split /\n\s*/, $ENV{OLD};
        my $count = () = /$pattern/g;
        exit 1 if $count != 1;
        s/$pattern/$ENV{NEW}/;
        END { $? = $count == 1 ? 0 : 1 }' "$1"
}
export -f builds passes mutant replaces

control() {
    local name=$work/control.${1//\//_}
    builds "$1" "$root/include" "$name" && passes "$name" && rm "$name" || echo "$1 fails without any bug"
}
export -f control

mkdir "$work/list"
grep -v '^#' "$root/tests/mutation/mutants" | awk -v RS= -v folder="$work/list" -v wanted="$wanted" '
    index($1, wanted) { file = sprintf("%s/%02d", folder, ++count); print > file; close(file) }'
tail -qn 1 "$work"/list/* | tr ' ' '\n' | sort -u | xargs -P "$(parallel_jobs)" -I {} bash -c 'control {}' | tee "$work/controls"
[ ! -s "$work/controls" ]

ls "$work/list" | xargs -P "$(parallel_jobs)" -I {} bash -c 'mutant {}' | tee "$work/result"
total=$(ls "$work/list" | wc -l)
caught=$(grep -c ' caught ' "$work/result" || true)
say "$caught of $total caught"
[ "$caught" = "$total" ]
