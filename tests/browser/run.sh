#!/usr/bin/env bash
# The pages of `detect --html` and `echo --html` in a headless Chromium (chromium-headless-shell): readable in light and
# dark, on a desk and on a phone, with tables that sort, nothing fetched and nothing complained about. The programs are
# taken from the folder that $1 names (default: build/dev/examples). Screenshots are left in build/browser, for people to
# look at.
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../../.ci/setup.sh"

programs=${1:-$root/build/dev/examples}
check=$root/tests/browser/check.js
work=$root/build/browser
rm -rf -- "$work"
mkdir -p "$work"

# browse THEME WIDTH ARGUMENT...: what the browser complains of goes to stderr.
browse() {
    local theme=$1 width=$2 dark=1
    shift 2
    if [ "$theme" = dark ]; then dark=0; fi
    timeout 60 chromium-headless-shell --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --blink-settings=preferredColorScheme=$dark --window-size="$width,900" --enable-logging=stderr "$@"
}

# checked PAGE THEME WIDTH: the page's title says what the script found.
checked() {
    local page=$1 theme=$2 width=$3 name
    name=$(basename "$page" .html)-$theme-$width
    { cat "$page" && printf '<script data-theme="%s" data-width="%s">' "$theme" "$width" && cat "$check" &&
        printf '</script>\n'; } >"$work/checked.html"
    browse "$theme" "$width" --dump-dom "file://$work/checked.html" >"$work/$name.dom" 2>"$work/$name.log"
    sed -n 's/^.*<title>\(.*\)<\/title>.*$/\1/p' "$work/$name.dom" | head -n 1
    grep CONSOLE "$work/$name.log" || true
}

expect() { # TEXT PAGE THEME WIDTH: begins so, and is all that there is
    local said
    said=$(checked "${@:2}")
    case $said in
        *$'\n'*) ;;
        "$1"*)
            echo "ok: $(basename "$2"), $3, $4 wide: $said"
            return
            ;;
    esac
    echo "FAILED: $(basename "$2"), $3, $4 wide: $said"
    exit 1
}

"$programs/detect" --wait all --grade --html "$work/detect.html" >/dev/null || [ $? = 1 ] # 1: some token is undecided
"$programs/echo" --html "$work/echo.html" >/dev/null
"$programs/echo" --watch 0 --count 20 --html "$work/echo-watched.html" >/dev/null

for page in "$work"/{detect,echo,echo-watched}.html; do
    for theme in light dark; do
        for width in 1280 390; do
            expect "fine: sorted" "$page" $theme $width
            browse $theme $width --screenshot="${page%.html}-$theme-$width.png" "file://$page" >"$work/log" 2>&1
        done
    done
done

# What it would say if something were wrong.
sed 's/prefers-color-scheme:dark/prefers-color-scheme:none/' "$work/echo.html" >"$work/always-light.html"
expect "wrong: the page is rgb(255, 255, 255)" "$work/always-light.html" dark 1280
sed 's/numeric: true/numeric: false/' "$work/echo.html" >"$work/unsorted.html"
expect "wrong: sorted by server" "$work/unsorted.html" light 1280
sed 's/<h1>/<script>no_such_name();<\/script>&/' "$work/echo.html" >"$work/broken.html"
said=$(checked "$work/broken.html" light 1280)
grep -q CONSOLE <<<"$said" || { echo "FAILED: an error of a script is not noticed" && exit 1; }
