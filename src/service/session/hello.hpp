// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/device.hpp"
#include "service/job.hpp"
#include "service/wire/session_codec.hpp"

namespace spud::service::session {

/// The attempt that a node takes part in, as it and its peers must see it.
struct Terms {
  JobId job;
  std::uint32_t attempt = 0;
  Device device;
  Rank own{};
  Fields manifest;
};

/// What this node says when a link opens.
wire::Hello hello(const Terms& terms);

/// Checks what a peer said on a link: its certificate is that of the rank it claims, it means this attempt,
/// and its manifest equals ours in every field; the error names the field and the party.
Status check_hello(const Terms& terms, const std::string& peer_identity, const wire::Hello& hello);

/// `error` as it is told to peers and to the scheduler: without a party at fault it is ours.
Error blame(Error error, const Terms& terms);

}  // namespace spud::service::session
