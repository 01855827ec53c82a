# find_package(raida) gives raida::raida; find_package(raida COMPONENTS crypto) raida::crypto (OpenSSL) too.

if(CMAKE_VERSION VERSION_LESS 3.21)
    set(raida_FOUND FALSE)
    set(raida_NOT_FOUND_MESSAGE "raida needs CMake 3.21 or newer")
    return()
endif()
cmake_policy(VERSION 3.21) # for this file alone: find_package restores what the caller has

include(CMakeFindDependencyMacro)
find_dependency(Threads)

include("${CMAKE_CURRENT_LIST_DIR}/raida-asio.cmake")
raida_find_asio()
if(NOT TARGET raida::asio)
    set(raida_FOUND FALSE)
    set(raida_NOT_FOUND_MESSAGE "${raida_asio_problem}")
    return()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/raida-targets.cmake")

# Nothing of raida::crypto is compiled, so that it is to be had wherever OpenSSL is.
if("crypto" IN_LIST raida_FIND_COMPONENTS)
    find_dependency(OpenSSL)
    if(NOT TARGET raida::crypto)
        add_library(raida::crypto INTERFACE IMPORTED)
        target_link_libraries(raida::crypto INTERFACE raida::raida OpenSSL::Crypto)
    endif()
    set(raida_crypto_FOUND TRUE)
endif()

foreach(component IN LISTS raida_FIND_COMPONENTS)
    if(raida_FIND_REQUIRED_${component} AND NOT raida_${component}_FOUND)
        set(raida_FOUND FALSE)
        set(raida_NOT_FOUND_MESSAGE "raida has no component ${component}")
    endif()
endforeach()
