// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/builder.hpp"

namespace spud::compiler {

/// An HLO value as the values of its arrays, in order.
using Leaves = std::vector<ir::ValueId>;

/// Writes what one HLO instruction becomes: operations whose result types follow from their operands. What is
/// asked of it must make sense: whoever lowers an instruction checks the file's numbers first.
class Emitter {
 public:
  using Value = ir::ValueId;
  using Dimensions = std::vector<std::int64_t>;

  /// Instructions are said to come from `origin`, and their results to be of this visibility until it is
  /// inferred.
  Emitter(ir::RegionBuilder& builder, std::string origin, ir::Visibility visibility = ir::Visibility::kPublic)
      : builder_(builder), origin_(std::move(origin)), visibility_(visibility) {}

  // By value: what is emitted next moves the types of all values.
  TensorType type(Value x) const { return builder_.info(x).type; }
  Shape shape(Value x) const { return builder_.info(x).type.shape; }
  DType dtype(Value x) const { return builder_.info(x).type.dtype; }
  ir::RegionBuilder& builder() { return builder_; }
  const std::string& origin() const { return origin_; }

  Value add(ops::Opcode opcode, ops::Attributes attributes, std::vector<Value> operands, TensorType result);

  // Constants.
  Value constant(Literal literal);
  /// `value` everywhere; of floats the nearest, of integers it must be one of theirs.
  Value full(const TensorType& type, double value);
  /// The least (greatest) number of the type: −∞ (∞) of floats.
  Value lowest(const TensorType& type);
  Value highest(const TensorType& type);
  /// Whether both are constants, of the same bytes.
  bool is_same_constant(Value x, Value y) const;
  Value iota(const TensorType& type, std::int64_t dimension);

  // Element-wise, operands of one type.
  Value unary(ops::Opcode opcode, Value x);
  Value binary(ops::Opcode opcode, Value x, Value y);
  Value plus(Value x, Value y) { return binary(ops::Opcode::kAdd, x, y); }
  Value minus(Value x, Value y) { return binary(ops::Opcode::kSubtract, x, y); }
  Value times(Value x, Value y) { return binary(ops::Opcode::kMultiply, x, y); }
  Value both(Value x, Value y) { return binary(ops::Opcode::kAnd, x, y); }
  Value compare(ops::Comparison comparison, Value x, Value y);
  Value select(Value condition, Value on_true, Value on_false);
  Value convert(Value x, DType dtype);

  // Shape.
  /// Dimension i of x becomes dimension dimensions[i].
  Value broadcast(Value x, Shape shape, Dimensions dimensions);
  Value reshape(Value x, Shape shape);
  Value transpose(Value x, Dimensions order);
  Value slice(Value x, Dimensions start, Dimensions limit);
  Value slice(Value x, Dimensions start, Dimensions limit, Dimensions stride);
  Value concatenate(std::vector<Value> parts, std::int64_t dimension);
  Value pad(Value x, Value padding, Dimensions low, Dimensions high, Dimensions interior);
  Value reverse(Value x, Dimensions dimensions);
  /// All places of a window in x: [places…, window…]. Dilation 1 is none. Refuses what would be too large.
  Result<Value> windows(Value x, Dimensions sizes, Dimensions stride, Dimensions dilation);

  // Linear algebra and reductions.
  Value dot(Value x, Value y, ops::DotDimensions dimensions);
  /// Batched [b, m, k] × [b, k, n].
  Value matmul(Value x, Value y);
  Value reduce(Value x, Value initial, ops::Reducer reducer, Dimensions dimensions);
  /// From the reducer's neutral value.
  Value reduce(Value x, ops::Reducer reducer, Dimensions dimensions);
  /// What changes nothing, a scalar. Not of kLast, which has none.
  Value neutral(ops::Reducer reducer, DType dtype);

 private:
  ir::RegionBuilder& builder_;
  std::string origin_;
  ir::Visibility visibility_;
};

}  // namespace spud::compiler
