// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "alu/alu.hpp"

namespace spud::alu {

/// What rows are sorted by: [batch, rows] numbers of any ring, read as signed or not, the whole of it.
struct SortKey {
  // Not an aggregate: g++ 12 destroys aggregate temporaries twice inside a co_await expression.
  explicit SortKey(Arith v) : values(std::move(v)) {}
  Arith values;
  bool is_signed = true;
  bool is_descending = false;
  /// The numbers are known to have so many bits, 0 if no more is known than their ring: cheaper up to 32. A
  /// number outside the range is sorted as its low 32 bits say, and shows nothing.
  unsigned width = 0;
};

/// Sorts the rows of each batch by the keys, the first key first; of rows with equal keys the order stays.
/// What moves with them: columns [batch, rows, …] of any rings, a key among them if its sorted values are
/// wanted (the very Arith: then one mask serves for both), row_numbers() for the permutation itself. The
/// result has the first `keep` rows of each column, all for −1. At most 2^31 rows in all batches.
///
/// Rows are shuffled, then comparisons are opened, and what was compared tells every node how the shuffled
/// rows lie: docs/security.md says why that says nothing of the numbers, whatever they are. Rounds grow with
/// log² rows; comparisons stay below twice rows · log rows, except for a few thousand.
Task<std::vector<Arith>> sort(Alu alu, std::vector<SortKey> keys, std::vector<Arith> columns,
                              std::int64_t keep = -1);

/// 0 … rows − 1 for each batch, as a (public) column.
Arith row_numbers(Alu alu, std::int64_t batch, std::int64_t rows, unsigned ring_bits);

}  // namespace spud::alu
