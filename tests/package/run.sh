#!/usr/bin/env bash
# Uses raida as others do: fetched, as a subfolder, installed; with each way to come by Asio; and asked for a version
# or a component that it does not have. Needs no network: what would be fetched is given by FETCHCONTENT_SOURCE_DIR_*.
# Asio is taken from the folder that $1 names (default /usr/include).
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../../.ci/setup.sh"

asio=${1:-/usr/include}
work=$root/build/package
prefix=$work/installed
CMAKE_GENERATOR=$(generator)
export CMAKE_GENERATOR
rm -rf -- "$work"
mkdir -p "$work"

# An archive of Asio as it is fetched: the headers below asio/include. And a system that has none.
mkdir -p "$work/asio-archive/asio/include"
ln -s "$asio/asio" "$asio/asio.hpp" "$work/asio-archive/asio/include/"
no_asio=("-DCMAKE_IGNORE_PATH=/usr/include;/usr/local/include")
archive=(-DFETCHCONTENT_SOURCE_DIR_ASIO="$work/asio-archive")

# And a package config of Asio: a good one, and one that is too old.
asio_package() { # FOLDER HEADERS
    mkdir -p "$1"
    cat >"$1/asio-config.cmake" <<END
add_library(asio::asio INTERFACE IMPORTED)
target_include_directories(asio::asio INTERFACE "$2")
target_compile_definitions(asio::asio INTERFACE FROM_OWN_ASIO)
END
}
asio_package "$work/asio-package" "$asio"
asio_package "$work/old-asio-package" "$work/old-asio-headers"
mkdir -p "$work/old-asio-headers/asio"
echo '#define ASIO_VERSION 101802 // 1.18.2' >"$work/old-asio-headers/asio/version.hpp"

user() { # NAME [CMAKE ARGUMENT...]
    local name=$1
    shift
    CXX=$cxx cmake -S "$root/tests/package" -B "$work/$name" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$work/$name.log" 2>&1
}

works() {
    if user "$@" && cmake --build "$work/$1" >>"$work/$1.log" 2>&1 && "$work/$1/user" >>"$work/$1.log" 2>&1; then
        echo "ok: $1"
    else
        cat "$work/$1.log"
        echo "FAILED: $1"
        exit 1
    fi
}

refused() { # NAME TEXT [CMAKE ARGUMENT...]: CMake must fail, and say TEXT (a basic regular expression)
    local name=$1 text=$2
    shift 2
    if user "$name" "$@"; then
        echo "FAILED: $name was not refused"
        exit 1
    elif ! tr -s '\n ' ' ' <"$work/$name.log" | grep -q "$text"; then
        cat "$work/$name.log"
        echo "FAILED: $name was refused, but not with: $text"
        exit 1
    fi
    echo "ok: $name"
}

CXX=$cxx cmake -S "$root" -B "$work/build" -DRAIDA_TESTS=OFF -DRAIDA_EXAMPLES=OFF -DCMAKE_INSTALL_PREFIX="$prefix" >"$work/build.log"
cmake --install "$work/build" >>"$work/build.log"
version=$(sed -n 's/^    VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
major=${version%%.*}
minor=${version%.*}
minor=${minor#*.}

works fetched -DRAIDA_BY=fetch -DFETCHCONTENT_SOURCE_DIR_RAIDA="$root"
works subfolder -DRAIDA_BY=folder -DRAIDA_FOLDER="$root"
works subfolder-with-own-asio -DRAIDA_BY=folder -DRAIDA_FOLDER="$root" -DOWN_ASIO="$asio"
works subfolder-with-fetched-asio -DRAIDA_BY=folder -DRAIDA_FOLDER="$root" "${no_asio[@]}" "${archive[@]}"
works subfolder-with-asio-package -DRAIDA_BY=folder -DRAIDA_FOLDER="$root" -Dasio_DIR="$work/asio-package" \
    -DEXPECT_OWN_ASIO=ON
works installed
works installed-with-own-asio -DOWN_ASIO="$asio"
works installed-with-asio-folder -DRAIDA_ASIO_INCLUDE_DIR="$asio" "${no_asio[@]}" -DRAIDA_FETCH=OFF
works installed-with-fetched-asio "${no_asio[@]}" "${archive[@]}"
works installed-with-asio-package -Dasio_DIR="$work/asio-package" -DEXPECT_OWN_ASIO=ON
works old-asio-package-passed-over -Dasio_DIR="$work/old-asio-package"
works same-version -DRAIDA_VERSION_WANTED="$version"
works same-major -DRAIDA_VERSION_WANTED="$major"
refused next-major "compatible with requested version" -DRAIDA_VERSION_WANTED=$((major + 1))
refused next-minor "compatible with requested version" -DRAIDA_VERSION_WANTED="$major.$((minor + 1))"
refused previous-major "compatible with requested version" -DRAIDA_VERSION_WANTED=$((major - 1))
refused unknown-component "no component nonsense" -DRAIDA_COMPONENTS=nonsense
refused no-asio "no Asio >= 1.22 found" "${no_asio[@]}" -DRAIDA_FETCH=OFF
refused old-asio "has no Asio >= 1.22" -DRAIDA_ASIO_INCLUDE_DIR="$work/old-asio-headers"
refused own-old-asio "asio::asio is an Asio older than 1.22" -DOWN_ASIO="$work/old-asio-headers"
if includes openssl/evp.h; then
    works installed-with-crypto -DRAIDA_COMPONENTS=crypto
fi
