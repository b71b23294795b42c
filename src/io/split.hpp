// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "alu/format.hpp"
#include "base/error.hpp"
#include "base/literal.hpp"
#include "base/random.hpp"
#include "io/encode.hpp"

namespace spud::io {

/// A tensor cut for n parties. Ranks 0 … n-2 get a seed each, which stands for a whole share; rank n-1 gets
/// what is missing to the value: x less the sum of the others modulo 2^k, or for bits their XOR.
struct Split {
  std::vector<Seed> seeds;
  alu::StoredShare last;
  std::vector<Digest>
      digests;  ///< SHA-256 of each party's share data, by rank: what it checks its upload against
  ~Split();
  Split() = default;
  Split(Split&&) = default;
  Split& operator=(Split&&) = delete;
};

/// Cuts `x` for `parties`, 2 … kPartiesPerDevice. Fails if `random` does.
Result<Split> split(const Encoded& x, std::size_t parties, Random& random);

/// The share that a seed stands for: stream 0 of its Prg, as ring words or packed bits (unused bits zero).
alu::StoredShare expand_share(const Seed& seed, const TensorType& type, const alu::ElementFormat& format);

/// Puts the shares of all parties, in any order, together and decodes. kPeerFault if they do not belong
/// together or a size is wrong; the party is named by its place in `shares`.
Result<Literal> reconstruct(std::span<const alu::StoredShare> shares);

/// SHA-256 of a share's data.
Digest share_digest(const alu::StoredShare& share);

}  // namespace spud::io
