# raida_find_asio(): makes the target raida::asio, standalone Asio 1.22 or newer. Used by the build and, installed, by
# the package config, so that both find the same Asio. Looked at in this order:
#
#   RAIDA_ASIO_INCLUDE_DIR     a folder with asio.hpp in it: taken as it is, nothing else is looked at
#   asio::asio                 a target that the surrounding project, or its package manager, already has
#   find_package(asio)         a package config; Debian's libasio-dev has none
#   asio.hpp by path           what a system package puts into an include folder
#   FetchContent               in a build from source alone (raida-fetch.cmake), unless RAIDA_FETCH is OFF or RAIDA_BOOST ON
#
# Where none is to be had the target is not made, and raida_asio_problem says why in the caller's scope.

set(RAIDA_ASIO_INCLUDE_DIR "" CACHE PATH "A folder with asio.hpp in it, to be used instead of any other Asio")

set(raida_asio_minimum 102200) # as ASIO_VERSION counts: 1.22.0

# The ASIO_VERSION of the headers in `folder`; 0 where there are none.
function(raida_asio_version result folder)
    set(version 0)
    if(EXISTS "${folder}/asio/version.hpp")
        file(STRINGS "${folder}/asio/version.hpp" line REGEX "^#define ASIO_VERSION [0-9]+")
        if(line MATCHES "ASIO_VERSION ([0-9]+)")
            set(version ${CMAKE_MATCH_1})
        endif()
    endif()
    set(${result} ${version} PARENT_SCOPE)
endfunction()

# The same for a target. Its folders may be generator expressions, known only later: then 0, and the target is trusted.
function(raida_asio_target_version result target)
    set(version 0)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    foreach(folder IN LISTS folders)
        string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" folder "${folder}")
        raida_asio_version(found "${folder}")
        if(found)
            set(version ${found})
        endif()
    endforeach()
    set(${result} ${version} PARENT_SCOPE)
endfunction()

function(raida_make_asio_target version)
    # Global, since in a source build the programs that link raida are in other folders than this.
    add_library(raida::asio INTERFACE IMPORTED GLOBAL)
    target_link_libraries(raida::asio INTERFACE ${ARGN})

    # Before 1.30 (1.30 is known to be right) Asio may take clang for a compiler that has coroutines only as an
    # experiment, and leave out co_spawn and use_awaitable. Clang has the real ones from 14 on.
    if(version GREATER 0 AND version LESS 103000)
        set(clang "$<AND:$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,14>>")
        target_compile_definitions(raida::asio INTERFACE "$<${clang}:ASIO_HAS_CO_AWAIT;ASIO_HAS_STD_COROUTINE>")
    endif()
endfunction()

# From a folder. SYSTEM: warnings inside Asio's headers are not for raida's users.
function(raida_use_asio_folder folder)
    raida_asio_version(version "${folder}")
    raida_make_asio_target(${version})
    target_include_directories(raida::asio SYSTEM INTERFACE "${folder}")
    math(EXPR major "${version} / 100000")
    math(EXPR minor "${version} / 100 % 1000")
    math(EXPR patch "${version} % 100")
    message(STATUS "raida: Asio ${major}.${minor}.${patch} in ${folder}")
endfunction()

function(raida_use_asio_target target)
    raida_asio_target_version(version ${target})
    raida_make_asio_target(${version} ${target})
    target_include_directories(
        raida::asio SYSTEM INTERFACE "$<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>")
    message(STATUS "raida: Asio from the target ${target}")
endfunction()

# From a package config. One that is too old is passed over: something newer may lie further down the list.
function(raida_use_asio_package)
    find_package(asio CONFIG QUIET)
    if(NOT TARGET asio::asio)
        return()
    endif()
    raida_asio_target_version(version asio::asio)
    if(version GREATER 0 AND version LESS raida_asio_minimum)
        message(STATUS "raida: the Asio in ${asio_DIR} is older than 1.22")
        return()
    endif()
    get_target_property(imported asio::asio IMPORTED)
    get_target_property(aliased asio::asio ALIASED_TARGET)
    if(imported AND NOT aliased)
        set_target_properties(asio::asio PROPERTIES IMPORTED_GLOBAL TRUE) # raida::asio, which is, links it
    endif()
    raida_use_asio_target(asio::asio)
endfunction()

function(raida_find_asio)
    set(raida_asio_problem "" PARENT_SCOPE)
    if(TARGET raida::asio)
        return()
    endif()

    if(RAIDA_ASIO_INCLUDE_DIR)
        raida_asio_version(version "${RAIDA_ASIO_INCLUDE_DIR}")
        if(version LESS raida_asio_minimum)
            set(raida_asio_problem "RAIDA_ASIO_INCLUDE_DIR (${RAIDA_ASIO_INCLUDE_DIR}) has no Asio >= 1.22" PARENT_SCOPE)
            return()
        endif()
        raida_use_asio_folder("${RAIDA_ASIO_INCLUDE_DIR}")
        return()
    endif()

    if(TARGET asio::asio)
        raida_asio_target_version(version asio::asio)
        if(version GREATER 0 AND version LESS raida_asio_minimum)
            set(raida_asio_problem "the target asio::asio is an Asio older than 1.22 (${version})" PARENT_SCOPE)
            return()
        endif()
        raida_use_asio_target(asio::asio)
        return()
    endif()

    raida_use_asio_package()
    if(TARGET raida::asio)
        return()
    endif()

    find_path(raida_asio_folder asio.hpp NO_CACHE)
    if(raida_asio_folder)
        raida_asio_version(version "${raida_asio_folder}")
        if(NOT version LESS raida_asio_minimum)
            raida_use_asio_folder("${raida_asio_folder}")
            return()
        endif()
        message(STATUS "raida: the Asio in ${raida_asio_folder} is older than 1.22")
    endif()

    if(COMMAND raida_fetch_asio AND RAIDA_FETCH AND NOT RAIDA_BOOST)
        raida_fetch_asio()
    else()
        set(raida_asio_problem "no Asio >= 1.22 found: install it, or set RAIDA_ASIO_INCLUDE_DIR" PARENT_SCOPE)
    endif()
endfunction()
