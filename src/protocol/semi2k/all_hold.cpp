// SPDX-License-Identifier: Apache-2.0
// Products of many bits in one round. Opened: each row that a condition names, under a fresh mask of its own,
// whatever it was computed from. Dealt: the products of the masks of every set of rows of a condition, once
// for all conditions that have it (protocols.md, "products of masked bits").
#include "protocol/bit_rows.hpp"
#include "protocol/semi2k/masked_digits.hpp"

namespace spud::protocol::semi2k {

Task<Boolean> Semi2k::all_hold(Boolean rows, std::vector<Condition> conditions) {
  std::map<std::int64_t, std::size_t> place;  // among the opened rows
  for (const auto& condition : conditions) {
    const std::size_t count = condition.set.size() + condition.clear.size();
    SPUD_CHECK(count >= 1 && count <= kConditionRows, "a condition names rows, and few");
    for (const auto* list : {&condition.set, &condition.clear}) {
      for (std::int64_t row : *list) place.emplace(row, 0);
    }
  }
  std::vector<ring::BitTensor> shares;
  for (auto& [row, at] : place) {
    at = shares.size();
    shares.push_back(row_of(share_of(rows), row));
  }
  auto hidden_task = hide_bits(*this, shares);
  std::vector<MaskedBit> hidden = co_await hidden_task;

  BitProducts products(source_, is_first());
  std::vector<ring::BitTensor> out;
  for (const auto& condition : conditions) {
    std::vector<MaskedBit> factors;
    for (std::int64_t row : condition.set) factors.push_back(hidden[place.at(row)]);
    for (std::int64_t row : condition.clear) {
      factors.push_back(hidden[place.at(row)]);
      factors.back().open = ~factors.back().open;  // the opposite bit under the same mask
    }
    BitTerms term(1, std::move(factors));
    out.push_back(products.sum(term, shares[0].shape()));
  }
  co_return make(stack_rows(out));
}

}  // namespace spud::protocol::semi2k
