// SPDX-License-Identifier: Apache-2.0
// Cholesky decomposition and triangular systems, column by column: each step updates all that is left, so
// that a step is a few rounds.
#include <numeric>

#include "compiler/lower/expand.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;
using Value = Emitter::Value;

/// Steps are laid out one after the other, so larger systems would make programs of unreasonable length.
constexpr std::int64_t kSteps = 512;

/// [b, m, n]: the last two dimensions, and all before them as one.
struct Batched {
  Shape lead;
  Value value;
};

Result<Batched> batched(Emitter& e, Value x) {
  const Shape shape = e.shape(x);
  if (shape.size() < 2 || !is_float(e.dtype(x))) {
    return bad_input("operand has type " + to_string(e.type(x)), "", "matrices of floats");
  }
  Shape lead(shape.begin(), shape.end() - 2);
  return Batched{lead, e.reshape(x, {element_count(lead), shape[shape.size() - 2], shape.back()})};
}

Value unbatched(Emitter& e, const Shape& lead, Value x) {
  Shape shape = lead;
  shape.push_back(e.shape(x)[1]);
  shape.push_back(e.shape(x)[2]);
  return e.reshape(x, shape);
}

Value transposed(Emitter& e, Value x) {
  return e.transpose(x, {0, 2, 1});
}

Value part(Emitter& e, Value x, std::int64_t row, std::int64_t rows, std::int64_t column,
           std::int64_t columns) {
  return e.slice(x, {0, row, column}, {e.shape(x)[0], row + rows, column + columns});
}

Status expect_steps(std::int64_t steps) {
  if (steps <= kSteps) return {};
  return fail(ErrorCode::kResource, "a system of " + std::to_string(steps) + " unknowns", "",
              "at most " + std::to_string(kSteps));
}

}  // namespace

Result<Leaves> expand_cholesky(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  if (operands.size() != 1) return bad_input(std::to_string(operands.size()) + " operands", "", "1");
  SPUD_ASSIGN(const auto matrix, batched(e, operands[0]));
  const Shape shape = e.shape(matrix.value);
  const std::int64_t b = shape[0], n = shape[1];
  if (shape[2] != n)
    return bad_input("operand has type " + to_string(e.type(operands[0])), "", "square matrices");
  SPUD_TRY(expect_steps(n));
  if (n == 0) return Leaves{operands[0]};
  // Only the stated triangle is read.
  Value rest = hlo.structure->is_lower ? matrix.value : transposed(e, matrix.value);
  const Value zero = e.full({e.dtype(rest), {}}, 0);
  std::vector<Value> columns;
  for (std::int64_t j = 0; j < n; ++j) {
    const std::int64_t left = n - j;
    const Value inverse = e.unary(Opcode::kRsqrt, part(e, rest, 0, 1, 0, 1));
    const Value factors = e.broadcast(e.reshape(inverse, {b}), {b, left, 1}, {0});
    const Value column = e.times(part(e, rest, 0, left, 0, 1), factors);
    columns.push_back(e.pad(column, zero, {0, j, 0}, {0, 0, 0}, {0, 0, 0}));
    if (left == 1) break;
    const Value below = part(e, column, 1, left - 1, 0, 1);
    const Value square = e.matmul(below, transposed(e, below));
    rest = e.minus(part(e, rest, 1, left - 1, 1, left - 1), square);
  }
  Value factor = e.concatenate(columns, 2);
  if (!hlo.structure->is_lower) factor = transposed(e, factor);
  return Leaves{unbatched(e, matrix.lead, factor)};
}

Result<Leaves> expand_triangular_solve(Emitter& e, const HloInstruction& hlo, const Leaves& operands) {
  if (operands.size() != 2) return bad_input(std::to_string(operands.size()) + " operands", "", "2");
  const auto& options = *hlo.structure;
  SPUD_ASSIGN(const auto matrix, batched(e, operands[0]));
  SPUD_ASSIGN(const auto sides, batched(e, operands[1]));
  // x·a = b is aᵀ·xᵀ = bᵀ.
  Value a = matrix.value, b = options.is_left ? sides.value : transposed(e, sides.value);
  const Shape shape = e.shape(a);
  const std::int64_t count = shape[0], n = shape[1];
  if (shape[2] != n || matrix.lead != sides.lead || e.shape(b)[1] != n || e.dtype(a) != e.dtype(b)) {
    return bad_input("operands " + to_string(e.type(operands[0])) + " and " + to_string(e.type(operands[1])),
                     "", "square matrices and as many right sides that fit");
  }
  SPUD_TRY(expect_steps(n));
  if (n == 0 || e.shape(b)[2] == 0) return Leaves{operands[1]};
  bool is_lower = options.is_lower;
  if (options.is_transposed != !options.is_left) {
    a = transposed(e, a);
    is_lower = !is_lower;
  }
  // An upper system is a lower one from the end.
  if (!is_lower) {
    a = e.reverse(a, {1, 2});
    b = e.reverse(b, {1});
  }
  const std::int64_t width = e.shape(b)[2];
  std::optional<Value> inverse;
  if (!options.is_unit) {
    std::vector<Value> diagonal;
    for (std::int64_t i = 0; i < n; ++i) diagonal.push_back(e.reshape(part(e, a, i, 1, i, 1), {count, 1}));
    const Value all = e.concatenate(diagonal, 1);
    inverse = e.binary(Opcode::kDivide, e.full(e.type(all), 1), all);
  }
  std::vector<Value> solved;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t left = n - i - 1;
    Value x = part(e, b, 0, 1, 0, width);
    if (inverse) {
      const Value one = e.reshape(e.slice(*inverse, {0, i}, {count, i + 1}), {count});
      x = e.times(x, e.broadcast(one, {count, 1, width}, {0}));
    }
    solved.push_back(x);
    if (left == 0) break;
    const Value known = e.matmul(part(e, a, i + 1, left, i, 1), x);
    b = e.minus(part(e, b, 1, left, 0, width), known);
  }
  Value out = e.concatenate(solved, 1);
  if (!is_lower) out = e.reverse(out, {1});
  if (!options.is_left) out = transposed(e, out);
  return Leaves{unbatched(e, sides.lead, out)};
}

}  // namespace spud::compiler
