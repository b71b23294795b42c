// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <capnp/message.h>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud::service::wire {

/// The version that this build speaks, and the oldest it still answers.
inline constexpr unsigned kVersion = 1;
inline constexpr unsigned kOldestVersion = 1;

/// Thrown by codecs on a field that breaks its bounds, caught in read_message and nowhere else.
struct Refused {
  std::string field;
  std::string what;
};

/// The bytes of a message that `fill` builds.
Bytes write_message(const std::function<void(capnp::MessageBuilder&)>& fill);

/// Runs `read` over a message. The one place where hostile bytes are met: nesting and traversal are limited,
/// and whatever Cap'n Proto or a codec throws becomes an error of code kPeerFault. `kind` names the message
/// in it.
Status read_message(ByteView bytes, const char* kind, const std::function<void(capnp::MessageReader&)>& read);

/// Refuses versions that this build does not speak.
void check_version(unsigned version);

}  // namespace spud::service::wire
