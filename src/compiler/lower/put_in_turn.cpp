// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/put_in_turn.hpp"

namespace spud::compiler {
namespace {

using Value = Emitter::Value;
using ops::Opcode;

Value part(Emitter& e, Value x, Value at, bool is_updates) {
  const Shape shape = e.shape(x);
  ops::Attributes attributes;
  attributes.sizes = shape;
  attributes.sizes[1] = 1;
  const Value zero = e.full({DType::kS32, {}}, 0);
  std::vector<Value> operands{x, zero, at};
  if (is_updates) operands.push_back(zero);
  const TensorType type{e.dtype(x), attributes.sizes};
  return e.add(Opcode::kDynamicSlice, std::move(attributes), std::move(operands), type);
}

}  // namespace

Leaves put_at_once(Emitter& e, const Leaves& tables, Value numbers, const Leaves& updates,
                   const ScalarFunction& combiner) {
  const Shape shape = e.shape(tables[0]);
  if (shape[1] == 0) return tables;
  // A number that names no row reads any: what comes of it is left out.
  const TensorType type = e.type(numbers);
  const Value read = e.binary(Opcode::kMinimum, numbers, e.full(type, static_cast<double>(shape[1] - 1)));
  Leaves arguments;
  for (auto table : tables)
    arguments.push_back(e.add(Opcode::kTake, {}, {table, read}, {e.dtype(table), e.shape(updates[0])}));
  arguments.insert(arguments.end(), updates.begin(), updates.end());
  const Leaves combined = combiner.apply(e, arguments);
  Leaves out;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    ops::Attributes attributes;
    attributes.reducer = ops::Reducer::kLast;
    out.push_back(
        e.add(Opcode::kPut, std::move(attributes), {tables[i], numbers, combined[i]}, e.type(tables[i])));
  }
  return out;
}

Leaves put_in_turn(Emitter& e, const Leaves& tables, Value numbers, const Leaves& updates,
                   const ScalarFunction& combiner) {
  const std::int64_t puts = e.shape(numbers)[1];
  if (puts == 0 || element_count(e.shape(tables[0])) == 0) return tables;
  // Carried: the update's number, the tables, and as they are the row numbers and the updates.
  const TensorType counter{DType::kS32, {}};
  std::vector<ir::ValueInfo> carried{{counter, ir::Visibility::kPublic}};
  ir::Instruction loop;
  loop.opcode = Opcode::kWhile;
  loop.operands = {e.full(counter, 0)};
  loop.operands.insert(loop.operands.end(), tables.begin(), tables.end());
  loop.operands.push_back(numbers);
  loop.operands.insert(loop.operands.end(), updates.begin(), updates.end());
  loop.origin = e.origin();
  for (std::size_t i = 1; i < loop.operands.size(); ++i)
    carried.push_back({e.type(loop.operands[i]), ir::Visibility::kPublic});

  ir::RegionBuilder condition(carried), body(carried);
  Emitter test(condition, e.origin()), step(body, e.origin());
  const Value go_on = test.compare(ops::Comparison::kLt, 0, test.full(counter, static_cast<double>(puts)));
  const auto count = static_cast<Value>(tables.size());
  const Value row_numbers = 1 + count;
  Leaves own(count), rows(count);
  for (Value i = 0; i < count; ++i) {
    own[i] = 1 + i;
    rows[i] = part(step, row_numbers + 1 + i, 0, true);
  }
  const Leaves after = put_at_once(step, own, part(step, row_numbers, 0, false), rows, combiner);
  std::vector<Value> results{step.plus(0, step.full(counter, 1))};
  results.insert(results.end(), after.begin(), after.end());
  for (Value v = row_numbers; v < carried.size(); ++v) results.push_back(v);
  loop.regions.push_back(std::move(condition).finish({go_on}));
  loop.regions.push_back(std::move(body).finish(std::move(results)));
  const Value first = e.builder().add(std::move(loop), carried);
  Leaves out(count);
  for (Value i = 0; i < count; ++i) out[i] = first + 1 + i;
  return out;
}

}  // namespace spud::compiler
