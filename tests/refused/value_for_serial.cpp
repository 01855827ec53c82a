// Must not compile, and the compiler must say: serial_number
#include <raida/wire.hpp>

raida::token token{.denomination = raida::serial_number{12345}, .serial = raida::denomination{0}};
