# find_package(raida) gives raida::raida, for which there must be standalone Asio. Components:
#
#   boost     raida::boost, for which there must be Boost instead; only where raida was installed with RAIDA_BOOST=ON
#   compiled  raida::compiled, the same with its engine compiled once, here
#   crypto    raida::crypto (OpenSSL), and beside raida::boost raida::boost_crypto

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
if(TARGET raida::asio)
    include("${CMAKE_CURRENT_LIST_DIR}/raida-targets.cmake")
endif()

set(raida_problem "${raida_asio_problem}")
if("boost" IN_LIST raida_FIND_COMPONENTS)
    set(raida_problem "raida was installed without RAIDA_BOOST=ON")
    if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/raida-boost-targets.cmake")
        include("${CMAKE_CURRENT_LIST_DIR}/raida-boost.cmake")
        raida_find_boost()
        set(raida_problem "${raida_boost_problem}")
    endif()
    if(TARGET raida::boost_asio)
        include("${CMAKE_CURRENT_LIST_DIR}/raida-boost-targets.cmake")
        set(raida_boost_FOUND TRUE)
    endif()
endif()
if(raida_problem)
    set(raida_FOUND FALSE)
    set(raida_NOT_FOUND_MESSAGE "${raida_problem}")
    return()
endif()

if("compiled" IN_LIST raida_FIND_COMPONENTS AND TARGET raida::raida)
    include("${CMAKE_CURRENT_LIST_DIR}/raida-compiled.cmake")
    raida_add_compiled()
    set(raida_compiled_FOUND TRUE)
endif()

# Nothing of raida::crypto is compiled, so that it is to be had wherever OpenSSL is.
if("crypto" IN_LIST raida_FIND_COMPONENTS)
    find_dependency(OpenSSL)
    foreach(target IN ITEMS raida::raida raida::boost)
        string(REPLACE "::raida_" "::" crypto ${target}_crypto)
        if(TARGET ${target} AND NOT TARGET ${crypto})
            add_library(${crypto} INTERFACE IMPORTED)
            target_link_libraries(${crypto} INTERFACE ${target} OpenSSL::Crypto)
        endif()
    endforeach()
    set(raida_crypto_FOUND TRUE)
endif()

foreach(component IN LISTS raida_FIND_COMPONENTS)
    if(raida_FIND_REQUIRED_${component} AND NOT raida_${component}_FOUND)
        set(raida_FOUND FALSE)
        set(raida_NOT_FOUND_MESSAGE "raida has no component ${component}")
    endif()
endforeach()
