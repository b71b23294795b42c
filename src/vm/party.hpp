// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "protocol/protocol.hpp"
#include "protocol/zero_shares.hpp"

namespace spud::vm {

/// Protocols by the name a device has.
enum class ProtocolKind : std::uint8_t { kRef2k = 1, kSemi2k = 2 };
const char* to_string(ProtocolKind kind);
Result<ProtocolKind> protocol_from_string(const std::string& name);
/// Whether a dealer must serve it.
bool needs_dealer(ProtocolKind kind);
/// Numbers of parties it is built for.
Status verify_parties(ProtocolKind kind, unsigned parties);

/// Where a party stands in a device.
struct Seat {
  ProtocolKind protocol = ProtocolKind::kSemi2k;
  Rank rank{0};
  unsigned parties = 2;
};

std::unique_ptr<protocol::Protocol> make_protocol(const Seat& seat, correlation::Source& source,
                                                  protocol::Executor& executor,
                                                  std::optional<protocol::ZeroShares> zeros);

}  // namespace spud::vm
