// The clock of the embedded servers.
#ifndef RAIDA_TESTING_DETAIL_TIME_POINT_HPP
#define RAIDA_TESTING_DETAIL_TIME_POINT_HPP

#include <raida/base/version.hpp>

#include <chrono>

namespace raida::inline v1::testing::detail {

using time_point = std::chrono::steady_clock::time_point;

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_TIME_POINT_HPP
