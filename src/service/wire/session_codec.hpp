// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "base/id.hpp"
#include "service/field.hpp"

/// What two nodes of an attempt tell each other, as schemas/session.capnp puts it.
namespace spud::service::wire {

/// Of the conversation on a link: both ends speak the same one.
inline constexpr unsigned kLinkVersion = 2;

struct Hello {
  JobId job;
  std::uint32_t attempt = 0;
  Rank rank{};
  Fields manifest;                  ///< not read from a sender of another version
  unsigned version = kLinkVersion;  ///< of the sender: check_hello refuses another, by name
};
struct PairKey {};  ///< payload: 32 bytes
/// A round, or a part of one.
struct Round {
  std::uint64_t number = 0;
  std::uint32_t openings = 0;
  std::uint64_t bytes = 0;
  std::uint32_t part = 0;
  bool operator==(const Round&) const = default;
};
struct Alive {};
struct Finished {};
/// Error: the sender's attempt has ended for this cause.
using LinkFrame = std::variant<Error, Hello, PairKey, Round, Alive, Finished>;

Bytes encode(const LinkFrame& frame);
Result<LinkFrame> decode_link_frame(ByteView bytes);

}  // namespace spud::service::wire
