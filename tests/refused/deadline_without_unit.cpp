// Must not compile, and the compiler must say: a deadline has a unit: 500ms, 3s
#include <raida/raida.hpp>

raida::request_options<> how{.deadline = 500};
