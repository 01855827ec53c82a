#include <raida/base/version.hpp>

int voter_major();
int voter_major()
{
    return raida::version.major;
}
