// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/lower/computed_key.hpp"
#include "compiler/lower/expand.hpp"
#include "compiler/lower/sort_keys.hpp"
#include "compiler/lower/sort_network.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;
using Value = Emitter::Value;

/// A network counts in s32, to twice the rows.
constexpr std::int64_t kNetworkRows = std::int64_t{1} << 29;

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
  } else if (auto computed = match_computed_key(comparator.body())) {
    SPUD_ASSIGN(const auto function, ScalarFunction::of(std::move(computed->function), comparator.name()));
    const auto place = static_cast<std::int64_t>(lists.size());
    lists.push_back(function.apply(e, lists)[0]);
    lists = sorted(e, lists, {{place}, {computed->direction}}, n);
    lists.pop_back();
  } else if (n > kNetworkRows) {
    return fail(ErrorCode::kUnsupported,
                "a sort of " + std::to_string(n) + " rows by the computation '" + comparator.name() + "'", "",
                "a comparison of keys, or at most " + std::to_string(kNetworkRows) + " rows");
  } else {
    lists = sort_in_network(e, lists, comparator);
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
