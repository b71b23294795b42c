// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/register.hpp"
#include "ring/bit_tensor.hpp"
#include "ring/digit_block.hpp"
#include "system/crypto/prg.hpp"

namespace spud::correlation {

/// Names one drawn item of an attempt, in the order of drawing: what the pad audit counts.
using ItemId = std::uint64_t;

/// One party's randomness of an attempt: a stream of bytes for every item. The same bytes whenever an item is
/// asked for, by the party and by the dealer.
class Streams {
 public:
  virtual ~Streams() = default;
  /// out.size() bytes of the item's stream, from its 16-byte block `block` on.
  virtual void fill_from(ItemId item, std::uint64_t block, MutableBytes out) const = 0;
  void fill(ItemId item, MutableBytes out) const { fill_from(item, 0, out); }
};

/// Streams that are expanded from a seed: the only ones outside of tests.
class SeedStreams final : public Streams {
 public:
  explicit SeedStreams(const Seed& seed) : prg_(seed) {}
  void fill_from(ItemId item, std::uint64_t block, MutableBytes out) const override {
    prg_.fill_from(item, block, out);
  }

 private:
  crypto::Prg prg_;
};

/// What a stream holds, for parties and dealer alike. Words are below 2^width.
ring::Tensor stream_words(const Streams& streams, ItemId item, unsigned ring_bits, const Shape& shape,
                          unsigned width);
ring::BitTensor stream_bits(const Streams& streams, ItemId item, const Shape& shape);

/// A permutation of 0 … rows − 1 for each batch of a shape [batch, rows], as words of 32 bits: farther from
/// uniform by less than rows² / 2^129. One block of the stream a row.
ring::Tensor stream_permutation(const Streams& streams, ItemId item, const Shape& shape);

/// Words first … first + count − 1 of the same, for those who work in pieces; kPiece divides `first`.
inline constexpr std::int64_t kPiece = 8192;
ring::Tensor stream_words_from(const Streams& streams, ItemId item, unsigned ring_bits, std::int64_t first,
                               std::int64_t count);
/// The tables of a block, as a ring::TableVisitor sees them. Unused entries of a narrow digit are zero.
void stream_tables(const Streams& streams, ItemId item, ring::DigitLayout layout, std::int64_t first,
                   std::int64_t count, std::span<std::uint16_t> out);

}  // namespace spud::correlation
