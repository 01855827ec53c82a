// Must not compile, and the compiler must say: deleted
#include <raida/wire.hpp>

raida::commands<> copy_of(const raida::commands<>& ask)
{
    return ask;
}
