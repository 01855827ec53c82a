# What a build from source may download. Never installed: a package takes what the system has, or is not found.

option(RAIDA_FETCH "Download (pinned by hash) what the system does not have" ON)

function(raida_fetch_asio)
    include(FetchContent)
    if(POLICY CMP0135)
        cmake_policy(SET CMP0135 NEW) # files get the time at which they were unpacked
    endif()
    FetchContent_Declare(
        asio
        URL https://github.com/chriskohlhoff/asio/archive/asio-1-28-2.tar.gz
        URL_HASH SHA256=5705a0e403017eba276625107160498518838064a6dd7fd8b00b2e30c0ffbdee)
    message(STATUS "raida: no Asio on this system: fetching it")
    FetchContent_MakeAvailable(asio)
    if(TARGET asio::asio) # the surrounding project has declared an asio of its own, with a target
        raida_use_asio_target(asio::asio)
    else()
        raida_use_asio_folder("${asio_SOURCE_DIR}/asio/include")
    endif()
endfunction()
