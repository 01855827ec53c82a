#!/usr/bin/env bash
# Uses raida as others do: fetched, as a subfolder, installed, by way of another library, compiled once, by pkg-config,
# by its include folder alone, as one file, as a module, on Boost; with each way to come by Asio; with the flags and
# macros that others have; and asked for a version or a component that it does not have. Needs no network: what would be
# fetched is given by FETCHCONTENT_SOURCE_DIR_*. Asio is taken from the folder that $1 names (default /usr/include).
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/../../.ci/setup.sh"

asio=${1:-/usr/include}
here=$root/tests/package
work=$root/build/package
prefix=$work/installed
CMAKE_GENERATOR=$(generator)
export CMAKE_GENERATOR
rm -rf -- "$work"
mkdir -p "$work/single/raida"

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

# step NAME COMMAND...: shows what it printed only if it failed.
step() {
    local name=$1
    shift
    if "$@" >"$work/$name.log" 2>&1; then
        echo "ok: $name"
    else
        cat "$work/$name.log"
        echo "FAILED: $name"
        exit 1
    fi
}

configure_user() { # NAME [CMAKE ARGUMENT...]
    CXX=$cxx cmake -S "$here" -B "$work/$1" -DCMAKE_PREFIX_PATH="$prefix" "${@:2}"
}

build_and_run() { configure_user "$@" && cmake --build "$work/$1" && "$work/$1/user"; }

works() { step "$1" build_and_run "$@"; }

refused() { # NAME TEXT COMMAND...: must fail, and say TEXT (a basic regular expression)
    local name=$1 text=$2
    shift 2
    if "$@" >"$work/$name.log" 2>&1; then
        echo "FAILED: $name was not refused"
        exit 1
    elif ! tr -s '\n ' ' ' <"$work/$name.log" | grep -q "$text"; then
        cat "$work/$name.log"
        echo "FAILED: $name was refused, but not with: $text"
        exit 1
    fi
    echo "ok: $name"
}

not_configured() { refused "$1" "$2" configure_user "$1" "${@:3}"; }

program() { # NAME COMPILER ARGUMENT...: compiles and runs, without CMake
    "$2" -std=c++20 "${@:3}" -pthread -o "$work/$1" && "$work/$1"
}

install_raida() { # [CMAKE ARGUMENT...]
    CXX=$cxx cmake -S "$root" -B "$work/build" -DRAIDA_TESTS=OFF -DRAIDA_EXAMPLES=OFF \
        -DCMAKE_INSTALL_PREFIX="$prefix" "$@" &&
        cmake --install "$work/build" && [ -s "$prefix/share/licenses/raida/LICENSE" ] &&
        [ -s "$prefix/share/raida/raida-gdb.py" ]
}

install_library() { # NAME [CMAKE ARGUMENT...]
    CXX=$cxx cmake -S "$here/library" -B "$work/$1-build" -DCMAKE_INSTALL_PREFIX="$work/$1-prefix" "${@:2}" &&
        cmake --build "$work/$1-build" && cmake --install "$work/$1-build"
}

step install install_raida
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
works installed-with-asio-folder -DRAIDA_ASIO_INCLUDE_DIR="$asio" "${no_asio[@]}"
works installed-with-asio-package -Dasio_DIR="$work/asio-package" -DEXPECT_OWN_ASIO=ON
works old-asio-package-passed-over -Dasio_DIR="$work/old-asio-package"
for wanted in "$version" "$major"; do
    step "version-$wanted" configure_user "version-$wanted" -DRAIDA_VERSION_WANTED="$wanted"
done
not_configured next-major "compatible with requested version" -DRAIDA_VERSION_WANTED=$((major + 1))
not_configured next-minor "compatible with requested version" -DRAIDA_VERSION_WANTED="$major.$((minor + 1))"
not_configured previous-major "compatible with requested version" -DRAIDA_VERSION_WANTED=$((major - 1))
not_configured unknown-component "no component nonsense" -DRAIDA_COMPONENTS=nonsense
not_configured no-boost "installed without RAIDA_BOOST=ON" -DRAIDA_COMPONENTS=boost
not_configured no-asio "no Asio >= 1.22 found" "${no_asio[@]}"
step no-asio-and-no-harm configure_user no-asio-and-no-harm -DRAIDA_BY=nothing "${no_asio[@]}" "${archive[@]}"
not_configured old-asio "has no Asio >= 1.22" -DRAIDA_ASIO_INCLUDE_DIR="$work/old-asio-headers"
not_configured own-old-asio "asio::asio is an Asio older than 1.22" -DOWN_ASIO="$work/old-asio-headers"
if includes openssl/evp.h; then
    works installed-with-crypto -DRAIDA_COMPONENTS=crypto
fi

# With the engine in a library of its own, which must then be there.
compiled=(-DRAIDA_COMPONENTS=compiled -DRAIDA_PROGRAM="$here/fan_out.cpp")
works subfolder-compiled -DRAIDA_BY=folder -DRAIDA_FOLDER="$root" "${compiled[@]}"
works installed-compiled "${compiled[@]}"
refused not-compiled "undefined reference" program not-compiled "$cxx" -DRAIDA_SEPARATE_COMPILATION \
    -I "$root/include" "$here/fan_out.cpp"

# A library in between, which found raida or brings it along.
step library install_library library -DCMAKE_PREFIX_PATH="$prefix"
works installed-by-library -DRAIDA_BY=library -DCMAKE_PREFIX_PATH="$work/library-prefix;$prefix"
step library-with-raida install_library library-with-raida -DFETCHCONTENT_SOURCE_DIR_RAIDA="$root"
works installed-with-library -DRAIDA_BY=library -DCMAKE_PREFIX_PATH="$work/library-with-raida-prefix"

# Whole programs, without a macro defined, and with the flags that others have.
strict="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor"
strict+=" -Wnull-dereference -Werror"
gnu=
if "$cxx" --version | grep -q 'Free Software'; then
    gnu="-Wuseless-cast -Wno-restrict" # -Wrestrict: g++ 12 sees overlap in std::string where there is none
fi
works fetched-with-strict-flags -DRAIDA_BY=fetch -DFETCHCONTENT_SOURCE_DIR_RAIDA="$root" \
    -DRAIDA_PROGRAM="$here/fan_out.cpp" -DCMAKE_CXX_FLAGS="$strict $gnu"
if includes openssl/evp.h; then
    (cd "$root/include" && find raida -name '*.hpp' | LC_ALL=C sort | sed 's/.*/#include <&>/') >"$work/single/every.hpp"
    every=(-I "$root/include" -I "$work/single" "$here/every_header.cpp")
    # Optimised, g++ sees null pointers inside Asio, too, in any program: those are not raida's.
    step every-header program every-header "$cxx" $strict $gnu -Wno-error=null-dereference -O2 "${every[@]}" -lcrypto
    if grep -E 'inlined from.*raida|raida.*\[-Wnull' "$work/every-header.log"; then
        echo "FAILED: every-header"
        exit 1
    fi
    if has clang++; then
        step every-header-clang clang++ -std=c++20 $strict -fsyntax-only "${every[@]}"
    fi
fi
"$root/cmake/single_header.sh" >"$work/single/raida/raida.hpp"
step single-header program single-header "$cxx" $strict -I "$work/single" "$here/fan_out.cpp"
if has pkg-config; then
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig
    step pkg-config-version pkg-config --exact-version="$version" raida
    step pkg-config program pkg-config "$cxx" $(pkg-config --cflags --libs raida) "$here/main.cpp"
fi
if has clang++; then
    step include-folder program include-folder clang++ $strict -I "$root/include" "$here/fan_out.cpp"
fi
for compiler in g++ clang++; do
    if has "$compiler"; then
        refused "c++17-$compiler" "raida needs C++20: compile with -std=c++20" \
            "$compiler" -std=c++17 -I "$root/include" -fsyntax-only "$here/fan_out.cpp"
        [ "$(grep -c error: "$work/c++17-$compiler.log")" -le 2 ]
    fi
done

# As a module: clang knows a module's file by name from 16 on.
module() { # COMPILER
    "$root/cmake/module.sh" >"$work/raida.cppm" &&
        "$1" -std=c++20 -pthread -I "$root/include" --precompile "$work/raida.cppm" -o "$work/raida.pcm" &&
        program module "$1" -fmodule-file=raida="$work/raida.pcm" "$here/module.cpp" "$work/raida.pcm"
}
for compiler in clang++ clang++-19; do
    if has "$compiler" && [ "$("$compiler" -dumpversion | cut -d. -f1)" -ge 16 ]; then
        step module module "$compiler"
        break
    fi
done

# The same programs on Boost.Asio, translated as they are; and one that has both kinds.
if has_boost; then
    on_boost=(-DRAIDA_BY=folder -DRAIDA_FOLDER="$root" -DRAIDA_BOOST=ON)
    works boost-beside-standalone "${on_boost[@]}" -DRAIDA_BOTH=ON
    not_configured boost-with-standalone "RAIDA_FLAVOUR already determined" "${on_boost[@]}" -DRAIDA_COMPONENTS=boost
    step install-boost install_raida -DRAIDA_BOOST=ON
    mkdir -p "$work/boost/include"
    ln -s /usr/include/boost "$work/boost/include/"
    step translate cmake -D FROM="$here" -D TO="$work/on-boost" -P "$root/cmake/boostify.cmake"
    here=$work/on-boost
    works boost-fetched -DRAIDA_BY=fetch -DFETCHCONTENT_SOURCE_DIR_RAIDA="$root" -DRAIDA_BOOST=ON
    works boost-installed -DRAIDA_COMPONENTS=boost
    works boost-installed-without-asio -DRAIDA_COMPONENTS=boost -DBoost_ROOT="$work/boost" "${no_asio[@]}"
    not_configured boost-not-there "no Boost >= 1.78 found" -DRAIDA_COMPONENTS=boost "${no_asio[@]}"
    if includes openssl/evp.h; then
        works boost-installed-with-crypto "-DRAIDA_COMPONENTS=boost;crypto"
    fi
    step boost-library install_library boost-library -DCMAKE_PREFIX_PATH="$prefix" -DRAIDA_COMPONENTS=boost
    works boost-installed-by-library -DRAIDA_BY=library -DCMAKE_PREFIX_PATH="$work/boost-library-prefix;$prefix"
    if has pkg-config; then
        step boost-pkg-config program boost-pkg-config "$cxx" $(pkg-config --cflags --libs raida-boost) "$here/main.cpp"
    fi
    if has clang++; then
        step boost-include-folder program boost-include-folder clang++ $strict -I "$prefix/include/raida-boost" \
            "$here/fan_out.cpp"
    fi
fi
