// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/integers.hpp"
#include "ops/machine.hpp"

namespace spud::ops {

using ring::LinearMap;

namespace {

/// Whether combining with `initial` changes nothing; then it is left out.
bool is_neutral(Reducer reducer, const Value& initial) {
  if (!initial.is_public()) return false;
  const Literal& literal = initial.literal();
  const DType dtype = literal.dtype();
  if (is_float(dtype)) {
    const double value = literal.float_at(0);
    switch (reducer) {
      case Reducer::kAdd:
        return value == 0;
      case Reducer::kMultiply:
        return value == 1;
      case Reducer::kMaximum:
        return value < -3e38;
      case Reducer::kMinimum:
        return value > 3e38;
      default:
        return false;
    }
  }
  const std::int64_t value = literal.int_at(0);
  const unsigned bits = bit_width(dtype);
  // The ends of the type, as int_at gives them: of u64 the highest is −1.
  const std::int64_t highest =
      dtype == DType::kU64
          ? -1
          : static_cast<std::int64_t>((std::uint64_t{1} << (bits - (is_signed(dtype) ? 1 : 0))) - 1);
  const std::int64_t lowest = is_signed(dtype) ? -highest - 1 : 0;
  switch (reducer) {
    case Reducer::kAdd:
    case Reducer::kOr:
      return value == 0;
    case Reducer::kMultiply:
      return value == 1;
    case Reducer::kAnd:
      return value == (dtype == DType::kPred || !is_signed(dtype) ? highest : -1);
    case Reducer::kMaximum:
      return value == lowest;
    case Reducer::kMinimum:
      return value == highest;
    case Reducer::kLast:
      break;
  }
  return false;
}

}  // namespace

protocol::Task<Value> Machine::reduce(Attributes attributes, Value x, Value initial, TensorType result) {
  auto start = as_secret(broadcast_scalar(initial, result.shape));
  if (!start) co_return refuse(start.error(), result);
  auto operand = as_secret(x);
  if (!operand) co_return refuse(operand.error(), result);
  const Opcode combine = *combining_opcode(attributes.reducer);
  const bool skip_initial = is_neutral(attributes.reducer, initial);

  if (combine == Opcode::kAdd && result.dtype != DType::kPred) {
    Value sum = linear(LinearMap::sum(attributes.dimensions), {*operand}, result);
    if (skip_initial) co_return sum;
    co_return number(alu_.add(sum.number(), start->number()), result);
  }
  // Reduced dimensions go first, as one.
  const Shape& shape = x.type.shape;
  std::vector<std::int64_t> order = attributes.dimensions;
  std::int64_t length = 1;
  for (auto d : order) length *= shape[static_cast<std::size_t>(d)];
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(shape.size()); ++d) {
    if (std::find(attributes.dimensions.begin(), attributes.dimensions.end(), d) ==
        attributes.dimensions.end())
      order.push_back(d);
  }
  if (length == 0) co_return *start;
  const std::int64_t width = result.elements();
  Shape moved_shape;
  for (auto d : order) moved_shape.push_back(shape[static_cast<std::size_t>(d)]);
  Value rows = linear(LinearMap::transpose(order), {*operand}, {result.dtype, moved_shape});
  rows = linear(LinearMap::reshape({length, width}), {rows}, {result.dtype, {length, width}});
  const Value first = broadcast_scalar(initial, result.shape);
  std::optional<Value> total;
  if (result.dtype == DType::kPred || combine == Opcode::kMaximum || combine == Opcode::kMinimum) {
    // A secret start, or one that has to be compared, is one row more; a public bit costs nothing at the end.
    const bool is_row = !skip_initial && !(result.dtype == DType::kPred && initial.is_public());
    if (is_row) {
      Value row = linear(LinearMap::reshape({1, width}), {*start}, {result.dtype, {1, width}});
      rows = linear(LinearMap::concatenate(0), {rows, row}, {result.dtype, {length + 1, width}});
    }
    auto all_task = combine_rows(combine, rows);
    Value all = co_await all_task;
    total = linear(LinearMap::reshape(result.shape), {all}, result);
    if (is_row) co_return *total;
  } else {
    auto all_task = combine_halves(combine, rows);
    Value all = co_await all_task;
    total = linear(LinearMap::reshape(result.shape), {all}, result);
  }
  if (skip_initial) co_return *total;
  std::vector<Value> last{*total, result.dtype == DType::kPred ? first : *start};
  auto out_task = run(combine, Attributes{}, last, result, where_);
  Value out = co_await out_task;
  co_return out;
}

protocol::Task<Value> Machine::combine_rows(Opcode combine, Value rows) {
  const TensorType type{rows.type.dtype, {rows.type.shape[1]}};
  if (type.dtype == DType::kPred) {
    // On 0 and 1, max and + are or, min and · are and.
    const bool all = combine == Opcode::kAnd || combine == Opcode::kMinimum || combine == Opcode::kMultiply;
    auto bits_task = all ? alu_.all_of(rows.bits()) : alu_.any_of(rows.bits());
    protocol::Boolean bits = co_await bits_task;
    co_return Value{type, bits};
  }
  // Fixed-point numbers leave room for their differences, integers use the whole ring.
  const alu::Fixed& x = rows.number();
  const unsigned bits = is_float(type.dtype)    ? x.ring_bits()
                        : is_narrow(type.dtype) ? bit_width(type.dtype) + 1
                                                : x.ring_bits() + 1;
  const alu::Differences differences{bits, is_signed(type.dtype)};
  auto found_task =
      combine == Opcode::kMaximum ? alu_.largest(x, differences) : alu_.smallest(x, differences);
  alu::Fixed found = co_await found_task;
  co_return number(found, type);
}

protocol::Task<Value> Machine::combine_halves(Opcode combine, Value rows) {
  std::int64_t length = rows.type.shape[0];
  const std::int64_t width = rows.type.shape[1];
  const DType dtype = rows.type.dtype;
  auto part = [&](const Value& from, std::int64_t begin, std::int64_t size) {
    return linear(LinearMap::slice({size, width}, {begin, 0}, {1, 1}), {from}, {dtype, {size, width}});
  };
  while (length > 1) {
    const std::int64_t half = length / 2, left_over = length % 2;
    TensorType half_type{dtype, {half, width}};
    Value a = part(rows, 0, half), b = part(rows, half, half);
    std::optional<Value> odd;
    if (left_over == 1) odd = part(rows, 2 * half, 1);
    std::vector<Value> pair{a, b};
    auto combined_task = run(combine, Attributes{}, pair, half_type, where_);
    Value combined = co_await combined_task;
    rows = odd ? linear(LinearMap::concatenate(0), {combined, *odd}, {dtype, {half + 1, width}}) : combined;
    length = half + left_over;
  }
  co_return rows;
}

}  // namespace spud::ops
