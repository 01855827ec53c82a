// What is read before anything else: the language that is needed, and what Asio must be told before its first
// header. Whatever of it a program defines itself stays as it is.
#ifndef RAIDA_BASE_CONFIG_HPP
#define RAIDA_BASE_CONFIG_HPP

#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)
#error "raida needs C++20: compile with -std=c++20 (MSVC: /std:c++20)"
#include <raida_needs_cpp20> // that this is not found ends it; after an #error come a hundred others
#define constexpr            // clang reads on in silence, and falls over a destructor
#endif

#ifndef ASIO_STANDALONE
#define ASIO_STANDALONE 1
#endif

// Before 1.30 Asio may take clang for a compiler that has coroutines only as an experiment, and leave out
// co_spawn and use_awaitable. Clang has the real ones from 14 on. Too late where a header of Asio has been
// read already.
#if defined(__clang__) && __clang_major__ >= 14 && !defined(_MSC_VER) && !defined(ASIO_DETAIL_CONFIG_HPP) && \
    !defined(ASIO_DISABLE_CO_AWAIT)
#ifndef ASIO_HAS_CO_AWAIT
#define ASIO_HAS_CO_AWAIT 1
#endif
#ifndef ASIO_HAS_STD_COROUTINE
#define ASIO_HAS_STD_COROUTINE 1
#endif
#endif

// Asio after 1.22 can do without run-time type information, but must be told.
#if !defined(__GXX_RTTI) && !defined(_CPPRTTI) && !defined(ASIO_NO_TYPEID)
#define ASIO_NO_TYPEID 1
#endif

#endif // RAIDA_BASE_CONFIG_HPP
