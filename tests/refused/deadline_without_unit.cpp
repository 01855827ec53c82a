// Must not compile, and the compiler must say: a deadline has a unit: 500ms, 3s
#include <raida/engine/request_options.hpp>

raida::request_options<> how{.deadline = 500};
