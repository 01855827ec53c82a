# What is written for standalone Asio, for Boost.Asio, word by word. For those who build without CMake, too:
#
#   cmake -D TO=folder -P cmake/boostify.cmake       the headers; -D FROM=folder: another folder

# Asio under its name in Boost; errors as Boost.Asio reports them; an inline namespace of its own, so that both kinds
# can be in one program.
function(raida_boostify_text result text)
    string(REGEX REPLACE "<asio([./])" "<boost/asio\\1" text "${text}")
    string(REGEX REPLACE "([^A-Za-z0-9_:])asio::(error_code|system_error)" "\\1boost::system::\\2" text "${text}")
    string(REGEX REPLACE "([^A-Za-z0-9_:])asio::" "\\1boost::asio::" text "${text}")
    string(REGEX REPLACE "([^A-Z_])ASIO_" "\\1BOOST_ASIO_" text "${text}")
    string(REPLACE "BOOST_ASIO_STANDALONE" "RAIDA_BOOST" text "${text}") # by which a program may see what it has

    string(REPLACE "<system_error>" "<boost/system/system_error.hpp>" text "${text}")
    string(REGEX REPLACE "std::((is_)?(error_(code|condition|category)|system_(error|category)|generic_category))"
                         "boost::system::\\1" text "${text}")
    string(REGEX REPLACE "std::(errc::|make_error_co)" "boost::system::errc::\\1" text "${text}")
    string(REPLACE "errc::errc::" "errc::" text "${text}")
    string(REGEX REPLACE "std::errc([ >])" "boost::system::errc::errc_t\\1" text "${text}") # not that of from_chars, errc{}

    string(REGEX REPLACE "raida::(inline )?v1" "raida::\\1boost_v1" text "${text}")
    string(REPLACE "raida::raida" "raida::boost" text "${text}")
    string(REGEX REPLACE "raida::crypto([^a-z_])" "raida::boost_crypto\\1" text "${text}")
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

# The folder `from` again as `to`, in which nothing else is left. In a build, what changes is translated again.
function(raida_boostify from to)
    set(watched)
    if(NOT CMAKE_SCRIPT_MODE_FILE)
        set(watched CONFIGURE_DEPENDS)
    endif()
    file(GLOB_RECURSE files ${watched} RELATIVE "${from}" "${from}/*")
    file(GLOB_RECURSE left RELATIVE "${to}" "${to}/*")
    list(REMOVE_ITEM left ${files})
    foreach(file IN LISTS left)
        file(REMOVE "${to}/${file}")
    endforeach()
    foreach(file IN LISTS files)
        if(watched)
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${from}/${file}")
        endif()
        if("${from}/${file}" IS_NEWER_THAN "${to}/${file}" OR "${CMAKE_CURRENT_FUNCTION_LIST_FILE}" IS_NEWER_THAN "${to}/${file}")
            if(file MATCHES "([.][chi]pp|[.]cppm|CMakeLists[.]txt)$")
                file(READ "${from}/${file}" text)
                raida_boostify_text(text "${text}")
                file(WRITE "${to}/${file}" "${text}")
            else()
                cmake_path(GET file PARENT_PATH folder)
                file(COPY "${from}/${file}" DESTINATION "${to}/${folder}")
            endif()
        endif()
    endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    cmake_policy(VERSION 3.21)
    if(NOT TO)
        message(FATAL_ERROR "cmake -D TO=folder [-D FROM=folder] -P ${CMAKE_SCRIPT_MODE_FILE}")
    elseif(NOT FROM)
        set(FROM "${CMAKE_CURRENT_LIST_DIR}/../include")
    endif()
    cmake_path(ABSOLUTE_PATH FROM NORMALIZE)
    cmake_path(ABSOLUTE_PATH TO NORMALIZE)
    raida_boostify("${FROM}" "${TO}")
endif()
