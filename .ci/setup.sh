# Sourced by examples/run.sh, tests/run.sh and .ci/run (bash): puts on the machine what the build needs and lacks, and
# knows how to configure and build. Says what it does on stderr; stdout belongs to the program that is run.
#
# On Debian it installs packages, as root or with sudo, and leaves the machine's package sources as they are. Elsewhere
# it says what is needed and goes on: CMake fetches Asio and Catch2 where there are none.

unset CDPATH
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cxx=${CXX:-g++}
version=$(sed -n 's/^#define RAIDA_VERSION_[A-Z]* \([0-9]*\)$/\1/p' "$root/include/raida/base/version.hpp" | paste -sd .)

say() { printf 'raida: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
includes() { printf '#include <%s>\n' "$1" | "$cxx" -x c++ -E -o /dev/null - 2>/dev/null; }
has_boost() { # new enough
    printf '#include <boost/version.hpp>\n#if BOOST_VERSION < 107800\n#error\n#endif\n' |
        "$cxx" -x c++ -E -o /dev/null - 2>/dev/null
}

# --- what is missing

missing=()

# want PACKAGE TEST...: the package is missing unless it is installed or the test finds what it would bring.
want() {
    local package=$1
    shift
    if ! "$@" && ! is_installed "$package"; then
        missing+=("$package")
    fi
}

want_build_tools() {
    case ${cxx##*/} in
        clang++) want clang has "$cxx" ;;
        clang++-*) want "clang-${cxx##*-}" has "$cxx" ;;
        g++-*) want "${cxx##*/}" has "$cxx" ;;
        *) want g++ has "$cxx" ;;
    esac
    want cmake has cmake
    want ninja-build has ninja
    want libasio-dev includes asio/version.hpp
    want libssl-dev includes openssl/evp.h
}

want_test_tools() {
    want_build_tools
    want libcatch2-dev includes catch2/catch_version_macros.hpp # Catch2 2 has no such header
}

# --- Debian's packages

is_debian() { [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ] && has apt-get; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@" # nobody is there to type a password
    fi
}

# Quiet unless it fails; waits for another apt-get that is at work.
apt_get() {
    local log status=0
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
        </dev/null >"$log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        say "apt-get $1 failed:"
        tail -n 5 "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

debian_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# The mirror from which this machine has its release, however its sources are written down. Needs fresh lists.
debian_mirror() {
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
        sed -n "s/^$(debian_codename) main //p" | head -n 1
}

# One line for an apt source: SUITE of this machine's own mirror.
debian_source() {
    local mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || return 1
    if [ -e "$keys" ]; then
        echo "deb [signed-by=$keys] $mirror $1 main"
    else
        echo "deb $mirror $1 main"
    fi
}

# Catch2 3 came to Debian 12 by its backports. They are named for these two calls alone, in a copy of sources.list;
# whatever lies in sources.list.d counts as ever.
install_catch2() {
    local sources suite status=0
    if apt-cache policy libcatch2-dev | grep -q 'Candidate: \([0-9]*:\)\?[3-9]'; then
        apt_get install --no-install-recommends libcatch2-dev
        return
    fi
    suite=$(debian_codename)-backports
    sources=$(mktemp)
    chmod 644 "$sources"
    if [ -e /etc/apt/sources.list ]; then
        cat /etc/apt/sources.list >"$sources"
    fi
    if ! debian_source "$suite" >>"$sources"; then
        rm -f "$sources"
        return 1
    fi
    apt_get -o Dir::Etc::SourceList="$sources" update &&
        apt_get -o Dir::Etc::SourceList="$sources" install --no-install-recommends -t "$suite" libcatch2-dev ||
        status=$?
    rm -f "$sources"
    return "$status"
}

install_missing() {
    local package packages=() catch2=no
    if [ ${#missing[@]} = 0 ]; then
        say "everything needed is there already"
        return
    fi
    if ! is_debian; then
        say "not found (as Debian names the packages): ${missing[*]}"
        say "This is no Debian, so nothing is installed. Needed are g++ 12 or clang++ 14, CMake 3.21, and Ninja or make, or newer."
        say "CMake looks for Asio 1.22 and Catch2 3 or newer, and fetches those it does not find. OpenSSL is optional."
        return
    fi
    say "installing: ${missing[*]}"
    if ! as_root true; then
        say "neither root nor sudo: going on without"
        return
    fi
    for package in "${missing[@]}"; do
        if [ "$package" = libcatch2-dev ]; then
            catch2=yes
        else
            packages+=("$package")
        fi
    done
    apt_get update || true # one unreachable source need not matter
    if [ ${#packages[@]} != 0 ]; then
        apt_get install --no-install-recommends "${packages[@]}" || for package in "${packages[@]}"; do
            apt_get install --no-install-recommends "$package" || say "going on without $package"
        done
    fi
    if [ $catch2 = yes ] && ! install_catch2; then
        say "no Catch2 3 from this machine's mirror: CMake will fetch it"
        is_installed ca-certificates || apt_get install --no-install-recommends ca-certificates || true
    fi
    missing=()
}

# --- configure and build

# One per core, but 2 GiB for each.
parallel_jobs() {
    local cores kilobytes
    cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
    kilobytes=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null)
    if [ -n "$kilobytes" ] && [ $((kilobytes / 2097152)) -lt "$cores" ]; then
        cores=$((kilobytes / 2097152))
    fi
    echo $((cores > 0 ? cores : 1))
}

# Tests wait for answers most of the time.
parallel_tests() { echo $((2 * $(parallel_jobs))); }

generator() { if has ninja; then echo Ninja; else echo "Unix Makefiles"; fi; }

# configure PRESET FOLDER [CMAKE ARGUMENT...]: keeps the generator and the compiler that the folder has had before.
# Warnings are errors in CI alone: a newer compiler's new warning must not keep anyone from a first look.
configure() {
    local preset=$1 folder=$2 generator werror=OFF
    shift 2
    if [ -n "${CI:-}" ]; then
        werror=ON
    fi
    if [ -e "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
        rm -rf -- "$folder" # made for another place: the tree was moved or copied
    fi
    generator=$(generator)
    if [ -e "$folder/CMakeCache.txt" ]; then
        generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$folder/CMakeCache.txt")
    fi
    if has ccache; then
        export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
    fi
    (cd "$root" && CXX=$cxx cmake --preset "$preset" -B "$folder" -G "$generator" -DRAIDA_WERROR=$werror "$@") >&2
}

# build FOLDER [TARGET...]
build() {
    local folder=$1
    shift
    cmake --build "$folder" --parallel "$(parallel_jobs)" ${1:+--target "$@"} >&2
}
