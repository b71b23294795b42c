// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/register.hpp"
#include "ring/bit_tensor.hpp"
#include "system/crypto/prg.hpp"

namespace spud::correlation {

/// Names one drawn item of an attempt, in the order of drawing: what the pad audit counts.
using ItemId = std::uint64_t;

/// One party's randomness of an attempt: a stream of bytes for every item. The same bytes whenever an item is
/// asked for, by the party and by the dealer.
class Streams {
 public:
  virtual ~Streams() = default;
  /// The first out.size() bytes of the item's stream.
  virtual void fill(ItemId item, MutableBytes out) const = 0;
};

/// Streams that are expanded from a seed: the only ones outside of tests.
class SeedStreams final : public Streams {
 public:
  explicit SeedStreams(const Seed& seed) : prg_(seed) {}
  void fill(ItemId item, MutableBytes out) const override { prg_.fill(item, out); }

 private:
  crypto::Prg prg_;
};

/// What a stream holds, for parties and dealer alike. Words are below 2^width.
ring::Tensor stream_words(const Streams& streams, ItemId item, unsigned ring_bits, const Shape& shape,
                          unsigned width);
ring::BitTensor stream_bits(const Streams& streams, ItemId item, const Shape& shape);
ring::DigitTable stream_table(const Streams& streams, ItemId item, const Shape& shape,
                              ring::DigitLayout layout);

}  // namespace spud::correlation
