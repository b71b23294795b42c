// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "service/job.hpp"

namespace spud::service::stock {

/// What a node knows of a tape. Numbers are on the wire and in stores.
///
///     making → made → ready → reserved → burnt → (erased: the line is gone, the mark stays)
///       └───────┴───────┴────────────────┘  whatever is in doubt
enum class TapeState : std::uint8_t { kMaking = 1, kMade, kReady, kReserved, kBurnt };
const char* to_string(TapeState state);

/// For whom a tape is: nobody else may have it.
struct Claim {
  JobId job;
  std::uint32_t attempt = 0;
  Digest manifest;  ///< what the nodes had agreed on when they reserved it
  bool operator==(const Claim&) const = default;
  bool same_attempt(const Claim& other) const { return job == other.job && attempt == other.attempt; }
};

/// A tape that a node keeps, and what its ledger says of it. Nothing in it is secret.
struct StockTape {
  TapeId id;
  Digest device;
  Digest demand;
  Digest digest;            ///< of the whole tape, equal at all nodes; zeros until it is made
  std::uint64_t bytes = 0;  ///< of corrections on this node's disk
  TapeState state = TapeState::kMaking;
  std::int64_t made_unix_millis = 0;  ///< by the node's clock
  std::optional<Claim> claim;
};
using StockTapes = std::vector<StockTape>;

/// A line of the ledger: the tape, and the epoch of the node's own store in which it was made.
struct TapeLine {
  StockTape tape;
  std::uint64_t epoch = 1;
};

/// What tape all nodes hold parts of: over its number, its demand and the hash of the corrections
/// (piece_hash.hpp).
Digest tape_digest(const TapeId& id, const Digest& demand, const Digest& corrections);

}  // namespace spud::service::stock
