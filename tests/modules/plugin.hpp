// What a program and a shared library that both hide their symbols tell each other.
#ifndef RAIDA_TESTS_MODULES_PLUGIN_HPP
#define RAIDA_TESTS_MODULES_PLUGIN_HPP

#include <raida/async/detail/thread_check.hpp>

#include <system_error>

[[gnu::visibility("default")]] std::error_code plugin_timeout();
[[gnu::visibility("default")]] std::error_code plugin_status();
[[gnu::visibility("default")]] void plugin_enter(raida::detail::thread_check& engine);

#endif // RAIDA_TESTS_MODULES_PLUGIN_HPP
