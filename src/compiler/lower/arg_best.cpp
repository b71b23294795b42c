// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/arg_best.hpp"

#include <algorithm>
#include <array>

#include "ops/plain/evaluate.hpp"

namespace spud::compiler {
namespace {

using ops::Opcode;

bool only_compares(const ir::Region& body) {
  return std::ranges::all_of(body.instructions, [](const ir::Instruction& instruction) {
    switch (instruction.opcode) {
      case Opcode::kCompare:
      case Opcode::kSelect:
      case Opcode::kAnd:
      case Opcode::kOr:
      case Opcode::kXor:
      case Opcode::kNot:
      case Opcode::kMaximum:
      case Opcode::kMinimum:
        return true;
      default:
        return false;
    }
  });
}

double number(const Literal& x) {
  return is_float(x.dtype()) ? x.float_at(0) : static_cast<double>(x.int_at(0));
}

/// The two results on these arguments; nullopt where something cannot be computed.
std::optional<std::array<double, 2>> results(const ir::Region& body, const std::array<int, 4>& arguments) {
  std::vector<Literal> values(body.values.size());
  for (std::size_t i = 0; i < 4; ++i) {
    values[i] = Literal(body.values[i].type);
    if (is_float(values[i].dtype())) {
      values[i].set_float(0, arguments[i]);
    } else {
      values[i].set_int(0, arguments[i]);
    }
  }
  for (const auto& instruction : body.instructions) {
    std::vector<Literal> operands;
    for (auto operand : instruction.operands) operands.push_back(values[operand]);
    auto out = ops::plain::evaluate(instruction.opcode, instruction.attributes, operands,
                                    body.values[instruction.first_result].type);
    if (!out) return std::nullopt;
    values[instruction.first_result] = (*out)[0];
  }
  return std::array{number(values[body.results[0]]), number(values[body.results[1]])};
}

bool keeps(const ir::Region& body, int direction) {
  for (int code = 0; code < 256; ++code) {
    const int x = code & 3, i = code >> 2 & 3, y = code >> 4 & 3, j = code >> 6 & 3;
    const bool is_better = direction < 0 ? x > y : x < y;
    const bool first = x == y ? i <= j : is_better;
    const auto found = results(body, {x, i, y, j});
    if (!found || (*found)[0] != (first ? x : y) || (*found)[1] != (first ? i : j)) return false;
  }
  return true;
}

}  // namespace

int arg_best_direction(const ScalarFunction& reducer) {
  const auto& body = reducer.body();
  if (body.parameter_count != 4 || body.results.size() != 2 || !only_compares(body)) return 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (body.values[i].type.dtype == DType::kPred) return 0;
  }
  for (int direction : {-1, 1}) {
    if (keeps(body, direction)) return direction;
  }
  return 0;
}

}  // namespace spud::compiler
