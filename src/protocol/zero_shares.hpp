// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/id.hpp"
#include "ring/bit_tensor.hpp"
#include "system/crypto/prg.hpp"

namespace spud::protocol {

/// Shares of zero from keys that each pair of compute parties holds and the dealer does not: what makes
/// output shares independent of how they came about. Every share of zero is used once: the keys are one
/// attempt's own, so that no other attempt draws the same.
class ZeroShares {
 public:
  /// `keys` has one entry for every other party.
  ZeroShares(Rank rank, std::map<Rank, Seed> keys);
  /// The parties' results sum to zero.
  ring::Tensor words(unsigned ring_bits, const Shape& shape);
  /// The parties' results XOR to zero.
  ring::BitTensor bits(const Shape& shape);

 private:
  Rank rank_;
  std::map<Rank, crypto::Prg> pairs_;
  std::uint64_t next_stream_ = 0;
};

}  // namespace spud::protocol
