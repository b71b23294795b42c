// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "correlation/source.hpp"

namespace spud::protocol::semi2k {

/// A secret bit b hidden by a mask bit m: b ⊕ m is public, every party has an XOR share of m, the dealer
/// knows m.
struct MaskedBit {
  ring::BitTensor open;         ///< b ⊕ m
  ring::BitTensor share;        ///< of m
  correlation::Register whole;  ///< m
  correlation::ItemId id = 0;   ///< of m: bits with equal ids are the same bit
};

/// A sum (XOR) of products of masked bits.
using BitTerms = std::vector<std::vector<MaskedBit>>;

/// Products of masked bits without a message. A product of bits is, over all subsets of its factors, the
/// public bits outside the subset times the product of the masks inside it; the dealer deals each product of
/// two or more masks once, for all terms that need it. Lives as long as one kernel.
class BitProducts {
 public:
  BitProducts(correlation::Source& source, bool is_first) : source_(source), is_first_(is_first) {}
  /// This party's XOR share of the sum of the terms.
  ring::BitTensor sum(const BitTerms& terms, const Shape& shape);

 private:
  ring::BitTensor dealt(const std::vector<const MaskedBit*>& masks);
  correlation::Source& source_;
  bool is_first_;
  std::map<std::vector<correlation::ItemId>, ring::BitTensor> products_;
};

}  // namespace spud::protocol::semi2k
