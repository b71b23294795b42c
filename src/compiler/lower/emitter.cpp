// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/emitter.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "ir/window_types.hpp"

namespace spud::compiler {
namespace {

using ops::Attributes;
using ops::Opcode;

Literal scalar(DType dtype, double value) {
  Literal out(TensorType{dtype, {}});
  if (is_float(dtype)) {
    out.set_float(0, value);
  } else {
    out.set_int(0, static_cast<std::int64_t>(value));
  }
  return out;
}

Literal extreme(DType dtype, bool is_lowest) {
  if (is_float(dtype)) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return scalar(dtype, is_lowest ? -kInfinity : kInfinity);
  }
  // All ones, without the sign of a signed type; and the lowest has the other bits.
  Literal out(TensorType{dtype, {}});
  const unsigned bits = bit_width(dtype) - (is_signed(dtype) ? 1 : 0);
  const auto highest =
      static_cast<std::int64_t>(bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);
  out.set_int(0, !is_lowest ? highest : is_signed(dtype) ? ~highest : 0);
  return out;
}

Shape without(const Shape& shape, const Emitter::Dimensions& dimensions) {
  Shape out;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (std::ranges::find(dimensions, static_cast<std::int64_t>(d)) == dimensions.end())
      out.push_back(shape[d]);
  }
  return out;
}

}  // namespace

Emitter::Value Emitter::add(Opcode opcode, Attributes attributes, std::vector<Value> operands,
                            TensorType result) {
  return builder_.add(opcode, std::move(attributes), std::move(operands), {std::move(result), visibility_},
                      origin_);
}

Emitter::Value Emitter::constant(Literal literal) {
  TensorType type = literal.type();
  Attributes attributes;
  attributes.literal = std::move(literal);
  return add(Opcode::kConstant, std::move(attributes), {}, std::move(type));
}
Emitter::Value Emitter::full(const TensorType& type, double value) {
  return broadcast(constant(scalar(type.dtype, value)), type.shape, {});
}
Emitter::Value Emitter::lowest(const TensorType& type) {
  return broadcast(constant(extreme(type.dtype, true)), type.shape, {});
}
Emitter::Value Emitter::highest(const TensorType& type) {
  return broadcast(constant(extreme(type.dtype, false)), type.shape, {});
}
bool Emitter::is_same_constant(Value x, Value y) const {
  const auto* one = builder_.definition(x);
  const auto* other = builder_.definition(y);
  if (one == nullptr || other == nullptr || one->opcode != Opcode::kConstant ||
      other->opcode != Opcode::kConstant) {
    return false;
  }
  return one->attributes.literal->type() == other->attributes.literal->type() &&
         std::ranges::equal(one->attributes.literal->bytes(), other->attributes.literal->bytes());
}
Emitter::Value Emitter::iota(const TensorType& type, std::int64_t dimension) {
  Attributes attributes;
  attributes.dimensions = {dimension};
  return add(Opcode::kIota, std::move(attributes), {}, type);
}

Emitter::Value Emitter::unary(Opcode opcode, Value x) {
  return add(opcode, {}, {x}, TensorType(type(x)));
}
Emitter::Value Emitter::binary(Opcode opcode, Value x, Value y) {
  return add(opcode, {}, {x, y}, TensorType(type(x)));
}
Emitter::Value Emitter::compare(ops::Comparison comparison, Value x, Value y) {
  Attributes attributes;
  attributes.comparison = comparison;
  return add(Opcode::kCompare, std::move(attributes), {x, y}, {DType::kPred, shape(x)});
}
Emitter::Value Emitter::select(Value condition, Value on_true, Value on_false) {
  return add(Opcode::kSelect, {}, {condition, on_true, on_false}, TensorType(type(on_true)));
}
Emitter::Value Emitter::convert(Value x, DType dtype) {
  if (this->dtype(x) == dtype) return x;
  Attributes attributes;
  attributes.dtype = dtype;
  return add(Opcode::kConvert, std::move(attributes), {x}, {dtype, shape(x)});
}

Emitter::Value Emitter::broadcast(Value x, Shape shape, Dimensions dimensions) {
  if (shape == this->shape(x)) return x;
  Attributes attributes;
  attributes.dimensions = std::move(dimensions);
  return add(Opcode::kBroadcast, std::move(attributes), {x}, {dtype(x), std::move(shape)});
}
Emitter::Value Emitter::reshape(Value x, Shape shape) {
  if (shape == this->shape(x)) return x;
  return add(Opcode::kReshape, {}, {x}, {dtype(x), std::move(shape)});
}
Emitter::Value Emitter::transpose(Value x, Dimensions order) {
  if (std::ranges::is_sorted(order)) return x;
  Shape moved;
  for (auto d : order) moved.push_back(shape(x)[static_cast<std::size_t>(d)]);
  Attributes attributes;
  attributes.dimensions = std::move(order);
  return add(Opcode::kTranspose, std::move(attributes), {x}, {dtype(x), std::move(moved)});
}
Emitter::Value Emitter::slice(Value x, Dimensions start, Dimensions limit) {
  Dimensions ones(start.size(), 1);
  return slice(x, std::move(start), std::move(limit), std::move(ones));
}
Emitter::Value Emitter::slice(Value x, Dimensions start, Dimensions limit, Dimensions stride) {
  Shape part;
  for (std::size_t d = 0; d < start.size(); ++d)
    part.push_back((limit[d] - start[d] + stride[d] - 1) / stride[d]);
  if (part == shape(x)) return x;
  Attributes attributes;
  attributes.start = std::move(start);
  attributes.limit = std::move(limit);
  attributes.stride = std::move(stride);
  return add(Opcode::kSlice, std::move(attributes), {x}, {dtype(x), std::move(part)});
}
Emitter::Value Emitter::concatenate(std::vector<Value> parts, std::int64_t dimension) {
  if (parts.size() == 1) return parts[0];
  Shape whole = shape(parts[0]);
  auto& along = whole[static_cast<std::size_t>(dimension)];
  along = 0;
  for (auto part : parts) along += shape(part)[static_cast<std::size_t>(dimension)];
  Attributes attributes;
  attributes.dimensions = {dimension};
  const DType dtype = this->dtype(parts[0]);
  return add(Opcode::kConcatenate, std::move(attributes), std::move(parts), {dtype, std::move(whole)});
}
Emitter::Value Emitter::pad(Value x, Value padding, Dimensions low, Dimensions high, Dimensions interior) {
  Shape padded;
  bool changes = false;
  for (std::size_t d = 0; d < low.size(); ++d) {
    const auto size = shape(x)[d];
    padded.push_back(low[d] + high[d] + size + std::max<std::int64_t>(size - 1, 0) * interior[d]);
    changes |= low[d] != 0 || high[d] != 0 || (interior[d] != 0 && size > 1);
  }
  if (!changes) return x;
  Attributes attributes;
  attributes.low = std::move(low);
  attributes.high = std::move(high);
  attributes.interior = std::move(interior);
  return add(Opcode::kPad, std::move(attributes), {x, padding}, {dtype(x), std::move(padded)});
}
Emitter::Value Emitter::reverse(Value x, Dimensions dimensions) {
  if (dimensions.empty()) return x;
  Attributes attributes;
  attributes.dimensions = std::move(dimensions);
  return add(Opcode::kReverse, std::move(attributes), {x}, TensorType(type(x)));
}
Result<Emitter::Value> Emitter::windows(Value x, Dimensions sizes, Dimensions stride, Dimensions dilation) {
  Attributes attributes;
  attributes.sizes = std::move(sizes);
  attributes.stride = std::move(stride);
  for (auto& d : dilation) --d;
  attributes.interior = std::move(dilation);
  Shape result = ir::windows_shape(attributes, shape(x));
  SPUD_TRY(verify_shape(result));
  auto all_ones = [](const Dimensions& list) {
    return std::ranges::all_of(list, [](auto n) { return n == 1; });
  };
  if (all_ones(attributes.sizes) && all_ones(attributes.stride)) return reshape(x, std::move(result));
  return add(Opcode::kWindows, std::move(attributes), {x}, {dtype(x), std::move(result)});
}

Emitter::Value Emitter::dot(Value x, Value y, ops::DotDimensions dimensions) {
  Shape result;
  for (auto d : dimensions.lhs_batch) result.push_back(shape(x)[static_cast<std::size_t>(d)]);
  auto free = [&](Value operand, const Dimensions& batch, Dimensions taken) {
    taken.insert(taken.end(), batch.begin(), batch.end());
    for (auto size : without(shape(operand), taken)) result.push_back(size);
  };
  free(x, dimensions.lhs_batch, dimensions.lhs_contracting);
  free(y, dimensions.rhs_batch, dimensions.rhs_contracting);
  Attributes attributes;
  attributes.dot = std::move(dimensions);
  return add(Opcode::kDot, std::move(attributes), {x, y}, {dtype(x), std::move(result)});
}
Emitter::Value Emitter::matmul(Value x, Value y) {
  return dot(x, y, {.lhs_contracting = {2}, .rhs_contracting = {1}, .lhs_batch = {0}, .rhs_batch = {0}});
}
Emitter::Value Emitter::reduce(Value x, Value initial, ops::Reducer reducer, Dimensions dimensions) {
  Shape result = without(shape(x), dimensions);
  Attributes attributes;
  attributes.dimensions = std::move(dimensions);
  attributes.reducer = reducer;
  return add(Opcode::kReduce, std::move(attributes), {x, initial}, {dtype(x), std::move(result)});
}
Emitter::Value Emitter::reduce(Value x, ops::Reducer reducer, Dimensions dimensions) {
  return reduce(x, neutral(reducer, dtype(x)), reducer, std::move(dimensions));
}
Emitter::Value Emitter::neutral(ops::Reducer reducer, DType dtype) {
  const TensorType one{dtype, {}};
  switch (reducer) {
    case ops::Reducer::kAdd:
    case ops::Reducer::kOr:
      return full(one, 0);
    case ops::Reducer::kMultiply:
      return full(one, 1);
    case ops::Reducer::kMaximum:
      return lowest(one);
    case ops::Reducer::kMinimum:
      return highest(one);
    case ops::Reducer::kAnd:
      return dtype == DType::kPred ? full(one, 1) : unary(Opcode::kNot, full(one, 0));
    case ops::Reducer::kLast:
      break;
  }
  SPUD_CHECK(false, "no value is neutral to being replaced");
}

}  // namespace spud::compiler
