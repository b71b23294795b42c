// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/masked_bit.hpp"

#include <algorithm>

#include "ring/bit_sum.hpp"

namespace spud::protocol::semi2k {

ring::BitTensor BitProducts::dealt(const std::vector<const MaskedBit*>& masks) {
  if (masks.size() == 1) return masks[0]->share;
  std::vector<correlation::ItemId> key;
  for (const auto* m : masks) key.push_back(m->id);
  std::sort(key.begin(), key.end());
  if (auto found = products_.find(key); found != products_.end()) return found->second;
  std::vector<correlation::Register> wholes;
  for (const auto* m : masks) wholes.push_back(m->whole);
  ring::BitTensor share = source_.deal_bits(source_.derive(correlation::Op::kAnd, {}, wholes));
  products_.emplace(std::move(key), share);
  return share;
}

ring::BitTensor BitProducts::sum(const BitTerms& terms, const Shape& shape) {
  std::vector<std::vector<ring::BitTensor>> products;
  for (const auto& term : terms) {
    SPUD_CHECK(term.size() < 16, "terms are short: their subsets are enumerated");
    for (unsigned subset = 0; subset < 1u << term.size(); ++subset) {
      std::vector<const MaskedBit*> masks;
      std::vector<ring::BitTensor> factors;
      for (std::size_t i = 0; i < term.size(); ++i) {
        if (subset >> i & 1) {
          masks.push_back(&term[i]);
        } else {
          factors.push_back(term[i].open);
        }
      }
      if (masks.empty()) {
        if (!is_first_) continue;
        if (factors.empty()) factors.push_back(~ring::BitTensor::zeros(shape));
      } else {
        factors.push_back(dealt(masks));
      }
      products.push_back(std::move(factors));
    }
  }
  return ring::sum_of_products(shape, products);
}

}  // namespace spud::protocol::semi2k
