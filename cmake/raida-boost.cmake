# raida_find_boost(): makes the target raida::boost_asio, Boost 1.78 or newer, whose Asio is 1.22 or newer. Used by the
# build and, installed, by the package config. A target of Boost's that is already there is taken, then what
# find_package(Boost) finds, then boost/asio.hpp by path. Where there is none, the target is not made, and
# raida_boost_problem says so in the caller's scope.
function(raida_find_boost)
    set(raida_boost_problem "" PARENT_SCOPE)
    if(TARGET raida::boost_asio)
        return()
    endif()
    set(boost)
    if(TARGET Boost::asio)
        set(boost Boost::asio)
    elseif(TARGET Boost::headers)
        set(boost Boost::headers)
    else()
        find_package(Boost 1.78 CONFIG QUIET)
        find_path(folder boost/asio.hpp HINTS ${Boost_INCLUDE_DIRS} "${Boost_ROOT}" PATH_SUFFIXES include NO_CACHE)
        set(version 0)
        if(folder)
            file(STRINGS "${folder}/boost/version.hpp" line REGEX "^#define BOOST_VERSION [0-9]+")
            string(REGEX REPLACE "[^0-9]" "" version "${line}")
        endif()
        if(NOT version GREATER_EQUAL 107800)
            set(raida_boost_problem "no Boost >= 1.78 found: install it, or set Boost_ROOT" PARENT_SCOPE)
            return()
        endif()
        message(STATUS "raida: Boost (${version}) in ${folder}")
    endif()

    add_library(raida::boost_asio INTERFACE IMPORTED GLOBAL)
    if(boost)
        target_link_libraries(raida::boost_asio INTERFACE ${boost})
    else()
        target_include_directories(raida::boost_asio SYSTEM INTERFACE "${folder}")
    endif()

    # For programs that include Boost.Asio before raida: as in raida-asio.cmake, and in base/config.hpp.
    set(clang "$<AND:$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,14>>")
    target_compile_definitions(
        raida::boost_asio INTERFACE "$<${clang}:BOOST_ASIO_HAS_CO_AWAIT;BOOST_ASIO_HAS_STD_COROUTINE>")
endfunction()
