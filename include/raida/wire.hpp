// The bytes: packets, tokens, commands, answers, texts. No Asio.
#ifndef RAIDA_WIRE_HPP
#define RAIDA_WIRE_HPP

#include <raida/base/bytes.hpp>
#include <raida/base/condition.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/base/random_source.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/base/version.hpp>
#include <raida/wire/answers.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/command_payload.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/host_list.hpp>
#include <raida/wire/hosts.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/request.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>
#include <raida/wire/token_bin.hpp>
#include <raida/wire/token_csv.hpp>
#include <raida/wire/token_file.hpp>
#include <raida/wire/token_file_name.hpp>
#include <raida/wire/token_format.hpp>
#include <raida/wire/token_key.hpp>
#include <raida/wire/token_stack.hpp>
#include <raida/wire/value.hpp>

#endif // RAIDA_WIRE_HPP
