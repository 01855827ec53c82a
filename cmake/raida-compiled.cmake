# raida_add_compiled(): raida::compiled, raida::raida with the engine for the 25 servers compiled once, in a static library
# of the surrounding project's own: it has that project's flags, and is built if something links it.
function(raida_add_compiled)
    if(TARGET raida_compiled)
        return()
    endif()
    set(source "${CMAKE_CURRENT_BINARY_DIR}/raida-compiled.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <raida/fanout/src.hpp>\n")
    add_library(raida_compiled STATIC EXCLUDE_FROM_ALL "${source}")
    add_library(raida::compiled ALIAS raida_compiled)
    set_target_properties(raida_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(raida_compiled PUBLIC raida::raida)
    target_compile_definitions(raida_compiled PUBLIC RAIDA_SEPARATE_COMPILATION)
endfunction()
