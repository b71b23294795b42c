// SPDX-License-Identifier: Apache-2.0
#include "protocol/semi2k/masked_bit.hpp"

#include <algorithm>

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
  std::optional<ring::BitTensor> total;
  auto add = [&](ring::BitTensor more) { total = total ? *total ^ more : std::move(more); };
  for (const auto& term : terms) {
    SPUD_CHECK(term.size() < 16, "terms are short: their subsets are enumerated");
    for (unsigned subset = 0; subset < 1u << term.size(); ++subset) {
      std::vector<const MaskedBit*> masks;
      std::optional<ring::BitTensor> open;
      for (std::size_t i = 0; i < term.size(); ++i) {
        if (subset >> i & 1) {
          masks.push_back(&term[i]);
        } else {
          open = open ? *open & term[i].open : term[i].open;
        }
      }
      if (masks.empty()) {
        if (is_first_) add(open ? *open : ~ring::BitTensor::zeros(shape));
        continue;
      }
      ring::BitTensor share = dealt(masks);
      add(open ? *open & share : share);
    }
  }
  if (total) return *total;
  return ring::BitTensor::zeros(shape);
}

}  // namespace spud::protocol::semi2k
