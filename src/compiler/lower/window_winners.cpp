// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/window_winners.hpp"

#include <algorithm>

namespace spud::compiler {

using ops::Comparison;
using ops::Opcode;

WindowWinners winners(Emitter& e, Emitter::Value rows, const ScalarFunction& select) {
  const std::int64_t size = e.shape(rows)[0], width = e.shape(rows)[1];
  Emitter::Value won = e.full({DType::kPred, {size, width}}, 1);
  // A step on, each row stands for `reach` elements.
  std::int64_t reach = 1;
  while (e.shape(rows)[0] > 1) {
    const std::int64_t length = e.shape(rows)[0], half = length / 2;
    auto even = e.slice(rows, {0, 0}, {2 * half, width}, {2, 1});
    auto odd = e.slice(rows, {1, 0}, {2 * half, width}, {2, 1});
    auto first = select.apply(e, {even, odd})[0];
    auto better = e.select(first, even, odd);
    // [half, 2, reach, width]: the first of a pair keeps what it has where it wins.
    auto both = e.concatenate(
        {e.reshape(first, {half, 1, width}), e.reshape(e.unary(Opcode::kNot, first), {half, 1, width})}, 1);
    auto spread = e.reshape(e.broadcast(both, {half, 2, reach, width}, {0, 1, 3}), {2 * half * reach, width});
    const std::int64_t covered = std::min(2 * half * reach, size);
    spread = e.slice(spread, {0, 0}, {covered, width});
    auto kept = e.both(e.slice(won, {0, 0}, {covered, width}), spread);
    won = covered == size ? kept : e.concatenate({kept, e.slice(won, {covered, 0}, {size, width})}, 0);
    rows = length % 2 == 0 ? better
                           : e.concatenate({better, e.slice(rows, {length - 1, 0}, {length, width})}, 0);
    reach *= 2;
  }
  return {rows, won};
}

bool wants_least(const ScalarFunction& select) {
  return std::ranges::any_of(select.body().instructions, [](const auto& instruction) {
    const auto comparison = ops::usual_order(instruction.attributes.comparison);
    return instruction.opcode == Opcode::kCompare &&
           (comparison == Comparison::kLe || comparison == Comparison::kLt);
  });
}

std::optional<ops::Reducer> chosen_extreme(const ScalarFunction& select) {
  const auto& body = select.body();
  if (body.instructions.size() != 1) return std::nullopt;
  const auto& compare = body.instructions[0];
  if (compare.opcode != Opcode::kCompare || compare.operands != Leaves{0, 1} ||
      body.results != Leaves{compare.first_result})
    return std::nullopt;
  switch (compare.attributes.comparison) {
    case Comparison::kGe:
    case Comparison::kGt:
      return ops::Reducer::kMaximum;
    case Comparison::kLe:
    case Comparison::kLt:
      return ops::Reducer::kMinimum;
    default:
      return std::nullopt;
  }
}

}  // namespace spud::compiler
