// SPDX-License-Identifier: Apache-2.0
// Rows of a tensor by number.
#include <algorithm>
#include <cstring>

#include "ops/plain/evaluate.hpp"
#include "ops/plain/families.hpp"
#include "ops/plain/row_numbers.hpp"

namespace spud::ops::plain {

std::vector<std::int64_t> rows_taken(const Literal& numbers, std::int64_t n) {
  std::vector<std::int64_t> out;
  const std::int64_t count = numbers.shape()[1];
  for (std::int64_t i = 0; i < numbers.elements(); ++i) {
    out.push_back(i / count * n + std::clamp<std::int64_t>(numbers.int_at(i), 0, n - 1));
  }
  return out;
}

std::vector<std::int64_t> rows_put(const Literal& numbers, std::int64_t n) {
  std::vector<std::int64_t> out;
  const std::int64_t count = numbers.shape()[1];
  for (std::int64_t i = 0; i < numbers.elements(); ++i) {
    const std::int64_t row = numbers.int_at(i);
    out.push_back(row < 0 || row >= n ? -1 : i / count * n + row);
  }
  return out;
}

Literal take(const Literal& rows, const Literal& numbers, const TensorType& result) {
  Literal out(result);
  const std::size_t bytes = static_cast<std::size_t>(result.shape[2]) * byte_width(result.dtype);
  auto to = out.writable_bytes();
  if (to.empty()) return out;
  for (auto row : rows_taken(numbers, rows.shape()[1])) {
    std::memcpy(to.data(), rows.bytes().data() + static_cast<std::size_t>(row) * bytes, bytes);
    to = to.subspan(bytes);
  }
  return out;
}

Result<Literal> put(const Literal& rows, const Literal& numbers, const Literal& updates, Reducer reducer,
                    const TensorType& result) {
  Literal out(result);
  const std::size_t bytes = static_cast<std::size_t>(result.shape[2]) * byte_width(result.dtype);
  auto to = out.writable_bytes();
  if (to.empty()) return out;
  std::memcpy(to.data(), rows.bytes().data(), to.size());
  const TensorType row_type{result.dtype, {result.shape[2]}};
  ByteView from = updates.bytes();
  for (auto row : rows_put(numbers, result.shape[1])) {
    const ByteView update = from.first(bytes);
    from = from.subspan(bytes);
    if (row < 0) continue;
    const MutableBytes place = to.subspan(static_cast<std::size_t>(row) * bytes, bytes);
    if (reducer == Reducer::kLast) {
      std::memcpy(place.data(), update.data(), bytes);
      continue;
    }
    const Literal both[2] = {Literal(row_type, Bytes(place.begin(), place.end())),
                             Literal(row_type, Bytes(update.begin(), update.end()))};
    SPUD_ASSIGN(auto combined, evaluate(*combining_opcode(reducer), {}, both, row_type));
    std::memcpy(place.data(), combined[0].bytes().data(), bytes);
  }
  return out;
}

}  // namespace spud::ops::plain
