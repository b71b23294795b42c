// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "compiler/lower/expand.hpp"
#include "compiler/lower/sort_keys.hpp"

namespace spud::compiler {
namespace {

using ops::Comparison;
using ops::Opcode;
using Value = Emitter::Value;

/// Networks are laid out step by step, so longer lists would make programs of unreasonable length.
constexpr std::int64_t kNetworkRows = 4096;

/// [b, n] lists sorted by keys.
Leaves sorted(Emitter& e, const Leaves& lists, SortKeys keys, std::int64_t keep) {
  ir::Instruction instruction;
  instruction.opcode = Opcode::kSort;
  instruction.operands = lists;
  instruction.origin = e.origin();
  instruction.attributes.dimensions = std::move(keys.operands);
  instruction.attributes.stride = std::move(keys.directions);
  instruction.attributes.sizes = {keep};
  std::vector<ir::ValueInfo> results;
  for (auto list : lists)
    results.push_back({{e.dtype(list), {e.shape(list)[0], keep}}, ir::Visibility::kPublic});
  Value next = e.builder().add(std::move(instruction), std::move(results));
  Leaves out(lists.size());
  for (auto& value : out) value = next++;
  return out;
}

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// Steps of Batcher's odd-even merge sort of n rows: pairs of which the smaller goes first, each row in one
/// pair.
std::vector<Pairs> network(std::int64_t n) {
  std::vector<Pairs> steps;
  for (std::int64_t p = 1; p < n; p *= 2) {
    for (std::int64_t k = p; k >= 1; k /= 2) {
      Pairs pairs;
      for (std::int64_t j = k % p; j + k < n; j += 2 * k) {
        for (std::int64_t i = 0; i < std::min(k, n - j - k); ++i) {
          if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) pairs.emplace_back(i + j, i + j + k);
        }
      }
      if (!pairs.empty()) steps.push_back(std::move(pairs));
    }
  }
  return steps;
}

Value numbers(Emitter& e, const std::vector<std::int64_t>& rows) {
  Literal out(TensorType{DType::kS32, {1, static_cast<std::int64_t>(rows.size())}});
  for (std::size_t i = 0; i < rows.size(); ++i) out.set_int(static_cast<std::int64_t>(i), rows[i]);
  return e.constant(std::move(out));
}

Value rows_of(Emitter& e, Value table, const std::vector<std::int64_t>& rows) {
  const Shape shape = e.shape(table);
  return e.add(Opcode::kTake, {}, {table, numbers(e, rows)},
               {e.dtype(table), {1, static_cast<std::int64_t>(rows.size()), shape[2]}});
}

/// [b, n] lists by any comparator; ties keep their order.
Leaves compared(Emitter& e, const Leaves& lists, const ScalarFunction& comparator) {
  const std::int64_t batch = e.shape(lists[0])[0], n = e.shape(lists[0])[1];
  Leaves columns;
  for (auto list : lists) columns.push_back(e.reshape(e.transpose(list, {1, 0}), {1, n, batch}));
  columns.push_back(e.iota({DType::kS32, {1, n, batch}}, 1));
  for (const auto& step : network(n)) {
    std::vector<std::int64_t> first, second, place(static_cast<std::size_t>(n));
    const auto count = static_cast<std::int64_t>(step.size());
    std::iota(place.begin(), place.end(), 2 * count);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto [a, b] = step[static_cast<std::size_t>(i)];
      first.push_back(a);
      second.push_back(b);
      place[static_cast<std::size_t>(a)] = i;
      place[static_cast<std::size_t>(b)] = count + i;
    }
    Leaves a, b, forth, back;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      a.push_back(rows_of(e, columns[c], first));
      b.push_back(rows_of(e, columns[c], second));
      if (c + 1 == columns.size()) continue;
      forth.insert(forth.end(), {a[c], b[c]});
      back.insert(back.end(), {b[c], a[c]});
    }
    const Value less = comparator.apply(e, forth)[0], more = comparator.apply(e, back)[0];
    // b goes first where it is before a, or neither is before the other and it came first.
    const Value came_first = e.compare(Comparison::kLt, b.back(), a.back());
    const Value not_less = e.unary(Opcode::kNot, less);
    const Value equal_first = e.both(e.both(not_less, e.unary(Opcode::kNot, more)), came_first);
    const Value swap = e.binary(Opcode::kOr, e.both(more, not_less), equal_first);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Value low = e.select(swap, b[c], a[c]), high = e.select(swap, a[c], b[c]);
      columns[c] = rows_of(e, e.concatenate({low, high, columns[c]}, 1), place);
    }
  }
  columns.pop_back();
  for (auto& column : columns) column = e.transpose(e.reshape(column, {n, batch}), {1, 0});
  return columns;
}

}  // namespace

Result<Leaves> expand_sort(Emitter& e, const HloInstruction& hlo, const Leaves& operands,
                           const ScalarFunction& comparator) {
  const auto& dimensions = hlo.attributes.dimensions;
  if (operands.empty() || dimensions.size() != 1) {
    return bad_input(std::to_string(operands.size()) + " operands along " + spud::to_string(dimensions), "",
                     "one or more, along one dimension");
  }
  const Shape shape = e.shape(operands[0]);
  const auto axis = static_cast<std::size_t>(dimensions[0]);
  std::vector<DType> types;
  for (auto x : operands) {
    if (e.shape(x) != shape || dimensions[0] < 0 || axis >= shape.size()) {
      return bad_input("an operand has type " + spud::to_string(e.type(x)), "",
                       "one shape for all that has the dimension " + std::to_string(dimensions[0]));
    }
    types.insert(types.end(), 2, e.dtype(x));
  }
  SPUD_TRY(comparator.expect(types, {DType::kPred}));
  // [the other dimensions, the sorted one].
  std::vector<std::int64_t> order, back(shape.size());
  Shape moved;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (d != axis) order.push_back(static_cast<std::int64_t>(d));
  order.push_back(dimensions[0]);
  for (std::size_t i = 0; i < order.size(); ++i) {
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
    moved.push_back(shape[static_cast<std::size_t>(order[i])]);
  }
  const std::int64_t n = shape[axis], batch = n == 0 ? 0 : element_count(shape) / n;
  if (n < 2 || batch == 0) return operands;
  Leaves lists;
  for (auto x : operands) lists.push_back(e.reshape(e.transpose(x, order), {batch, n}));
  if (auto keys = match_sort_keys(comparator.body())) {
    lists = sorted(e, lists, std::move(*keys), n);
  } else if (n <= kNetworkRows) {
    lists = compared(e, lists, comparator);
  } else {
    return fail(ErrorCode::kUnsupported,
                "a sort of " + std::to_string(n) + " rows by the computation '" + comparator.name() + "'", "",
                "a comparison of keys, or at most " + std::to_string(kNetworkRows) + " rows");
  }
  for (auto& x : lists) x = e.transpose(e.reshape(x, moved), back);
  return lists;
}

Result<Leaves> expand_top_k(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  const std::int64_t k = hlo.structure->count;
  if (operands.size() != 1 || e.shape(operands[0]).empty() || k > e.shape(operands[0]).back()) {
    return bad_input(
        "the first " + std::to_string(k) + " of " + std::to_string(operands.size()) + " operands", "",
        "one operand with as many in its last dimension");
  }
  Shape shape = e.shape(operands[0]);
  const std::int64_t n = shape.back(), batch = n == 0 ? 0 : element_count(shape) / n;
  shape.back() = k;
  if (k == 0 || batch == 0)
    return Leaves{e.full({e.dtype(operands[0]), shape}, 0), e.full({DType::kS32, shape}, 0)};
  const Leaves lists{e.reshape(operands[0], {batch, n}), e.iota({DType::kS32, {batch, n}}, 1)};
  Leaves found = sorted(e, lists, {{0}, {hlo.structure->is_largest ? -1 : 1}}, k);
  for (auto& x : found) x = e.reshape(x, shape);
  return found;
}

}  // namespace spud::compiler
