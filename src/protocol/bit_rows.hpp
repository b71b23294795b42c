// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "ring/linear_map.hpp"

namespace spud::protocol {

/// Bits of one shape as rows of one tensor, so that one item masks or deals them all; and a row of it.
inline ring::BitTensor stack_rows(const std::vector<ring::BitTensor>& rows) {
  Shape shape = rows.at(0).shape();
  shape.insert(shape.begin(), 1);
  std::vector<ring::BitTensor> parts;
  for (const auto& row : rows) parts.push_back(row.reshaped(shape));
  return ring::apply_linear(ring::LinearMap::concatenate(0), parts);
}
inline ring::BitTensor row_of(const ring::BitTensor& rows, std::int64_t at) {
  Shape shape = rows.shape();
  shape[0] = 1;
  std::vector<std::int64_t> start(shape.size(), 0), step(shape.size(), 1);
  start[0] = at;
  ring::BitTensor row = ring::apply_linear(ring::LinearMap::slice(shape, std::move(start), std::move(step)),
                                           std::span(&rows, 1));
  shape.erase(shape.begin());
  return row.reshaped(std::move(shape));
}

}  // namespace spud::protocol
