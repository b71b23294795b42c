// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "actors/door/peers.hpp"
#include "base/bytes.hpp"
#include "service/wire/dealer_codec.hpp"
#include "system/metrics/log.hpp"
#include "system/net/connection.hpp"

namespace spud::actors {

namespace wire = service::wire;

/// A tape that a dealer has opened: what it said, and this node's seed. What follows comes over the
/// connection.
struct OpenedTape {
  std::unique_ptr<net::Connection> connection;
  wire::DealerAnswer answer;
  Seed seed;
};

/// Asks one of the device's dealers for a tape and waits until all nodes have. Errors name the dealer's
/// party, or are in the dealer's own words: kTimeout names who is missing. `observer` is told of bytes, of a
/// dealer that does not work and of what it sends that breaks the protocol, which is logged, too; null:
/// nobody.
Result<OpenedTape> open_tape(const wire::OpenTape& request, const service::Member& dealer, ByteView demand,
                             const net::TlsContext& tls, Millis silence, const net::LinkShape& shape = {},
                             Peers* observer = nullptr, const metrics::Logger& log = {});

/// A dealer's answer; one of its own words is the error, and `told` says so.
Result<wire::DealerAnswer> decode_answer(ByteView header, bool& told);

}  // namespace spud::actors
