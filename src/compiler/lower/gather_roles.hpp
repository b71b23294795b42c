// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/lower/expand.hpp"

namespace spud::compiler {

bool contains(const Emitter::Dimensions& list, std::int64_t d);
void append(Emitter::Dimensions& to, const Emitter::Dimensions& from);
Shape sizes_of(const Shape& shape, const Emitter::Dimensions& dimensions);
Emitter::Dimensions inverse(const Emitter::Dimensions& order);

/// What gather and scatter share: which dimension of the operand, the indices and the result (the updates) is
/// what.
struct Roles {
  const HloGather& numbers;
  Shape operand, indices;
  /// Of the indices, without the vector: those that batch with the operand, in its order, and the others.
  Emitter::Dimensions index_batch, index_others;
  /// Of the operand: those that make up the window, in order.
  Emitter::Dimensions window;

  static Result<Roles> of(const HloGather& numbers, const Shape& operand, const Shape& indices,
                          std::size_t result_rank);
  std::int64_t batch() const { return element_count(sizes_of(operand, numbers.batching)); }
  std::int64_t picks() const { return element_count(sizes_of(indices, index_others)); }
  /// Component k of every index, [batch, picks].
  Emitter::Value component(Emitter& e, Emitter::Value starts, std::size_t k) const;
  /// Dimensions of the result in the order [batching…, others…, window…].
  Emitter::Dimensions result_order(std::size_t result_rank) const;
};

}  // namespace spud::compiler
