// What must be one object in the whole program, though its modules are built with hidden visibility.
#ifndef RAIDA_BASE_DETAIL_VISIBLE_HPP
#define RAIDA_BASE_DETAIL_VISIBLE_HPP

// The standard compares error codes by the address of their category. Windows has no such thing between
// modules.
#if defined(__GNUC__) && !defined(_WIN32)
#define RAIDA_VISIBLE [[gnu::visibility("default")]]
#else
#define RAIDA_VISIBLE
#endif

#endif // RAIDA_BASE_DETAIL_VISIBLE_HPP
