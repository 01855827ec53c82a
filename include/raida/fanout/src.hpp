// What is compiled once where RAIDA_SEPARATE_COMPILATION is defined for all sources of a program: one of them
// includes this header. CMake's target raida::compiled does both.
#ifndef RAIDA_FANOUT_SRC_HPP
#define RAIDA_FANOUT_SRC_HPP

#include <raida/fanout/fanout.hpp>

namespace raida::inline v1::detail {

template class open_rounds<server_count>;
template class multiplexer<server_count>;
template class engine<server_count, transport::udp>;

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_SRC_HPP
