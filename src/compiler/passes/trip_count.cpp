// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/trip_count.hpp"

#include <algorithm>

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Comparison;
using ops::Opcode;

/// Wide enough for differences of 64-bit integers.
using Wide = __int128;

std::optional<Wide> constant_integer(const ir::Region& region, ValueId value) {
  const auto* made = definition(region, value);
  if (made == nullptr || made->opcode != Opcode::kConstant) return std::nullopt;
  const auto& literal = *made->attributes.literal;
  if (!literal.shape().empty() || !is_integer(literal.dtype())) return std::nullopt;
  const Wide number = literal.int_at(0);
  // u64 wraps there.
  if (!is_signed(literal.dtype()) && number < 0) return number + (Wide(1) << 64);
  return number;
}

/// parameter `comparison` bound, whichever side the program writes them on.
struct Test {
  ValueId parameter;
  Comparison comparison;
  Wide bound;
};

Comparison mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kLt:
      return Comparison::kGt;
    case Comparison::kLe:
      return Comparison::kGe;
    case Comparison::kGt:
      return Comparison::kLt;
    case Comparison::kGe:
      return Comparison::kLe;
    default:
      return comparison;
  }
}

std::optional<Test> test_of(const ir::Region& condition) {
  const auto* made = definition(condition, condition.results[0]);
  if (made == nullptr || made->opcode != Opcode::kCompare) return std::nullopt;
  const ValueId left = made->operands[0], right = made->operands[1];
  const Comparison comparison = made->attributes.comparison;
  if (left < condition.parameter_count) {
    if (auto bound = constant_integer(condition, right)) return Test{left, comparison, *bound};
  } else if (right < condition.parameter_count) {
    if (auto bound = constant_integer(condition, left)) return Test{right, mirrored(comparison), *bound};
  }
  return std::nullopt;
}

/// What a turn adds to a parameter.
std::optional<Wide> step_of(const ir::Region& body, ValueId parameter) {
  const auto* made = definition(body, body.results[parameter]);
  if (made == nullptr) return std::nullopt;
  if (made->opcode == Opcode::kAdd) {
    if (made->operands[0] == parameter) return constant_integer(body, made->operands[1]);
    if (made->operands[1] == parameter) return constant_integer(body, made->operands[0]);
  }
  if (made->opcode == Opcode::kSubtract && made->operands[0] == parameter) {
    if (auto step = constant_integer(body, made->operands[1])) return -*step;
  }
  return std::nullopt;
}

/// The least n with ¬(start + n · step `comparison` bound); nullopt if there is none.
std::optional<Wide> turns(Wide start, Wide step, Comparison comparison, Wide bound) {
  switch (comparison) {
    case Comparison::kLe:
      return turns(start, step, Comparison::kLt, bound + 1);
    case Comparison::kGe:
      return turns(start, step, Comparison::kGt, bound - 1);
    case Comparison::kGt:
      return turns(-start, -step, Comparison::kLt, -bound);
    case Comparison::kLt:
      if (start >= bound) return Wide(0);
      if (step <= 0) return std::nullopt;
      return (bound - start + step - 1) / step;
    case Comparison::kNe:
      if (start == bound) return Wide(0);
      if (step == 0 || (bound - start) % step != 0 || (bound - start) / step < 0) return std::nullopt;
      return (bound - start) / step;
    default:
      break;
  }
  return std::nullopt;
}

bool fits(Wide number, DType dtype) {
  const unsigned bits = bit_width(dtype);
  if (is_signed(dtype)) return number >= -(Wide(1) << (bits - 1)) && number < Wide(1) << (bits - 1);
  return number >= 0 && number < Wide(1) << bits;
}

/// Follows a value back through loops that hand it on unchanged.
ValueId origin_of(const ir::Region& region, ValueId value) {
  for (const auto* made = definition(region, value); made != nullptr && made->opcode == Opcode::kWhile;
       made = definition(region, value)) {
    const auto at = value - made->first_result;
    if (!is_invariant(*made, at)) break;
    value = made->operands[at];
  }
  return value;
}

}  // namespace

const ir::Instruction* definition(const ir::Region& region, ValueId value) {
  if (value < region.parameter_count) return nullptr;
  auto after = std::upper_bound(
      region.instructions.begin(), region.instructions.end(), value,
      [](ValueId wanted, const ir::Instruction& instruction) { return wanted < instruction.first_result; });
  return &*std::prev(after);
}

std::optional<std::uint64_t> trip_count(const ir::Region& region, const ir::Instruction& loop) {
  const auto test = test_of(loop.regions[0]);
  if (!test) return std::nullopt;
  const auto start = constant_integer(region, loop.operands[test->parameter]);
  const auto step = step_of(loop.regions[1], test->parameter);
  if (!start || !step) return std::nullopt;
  const auto count = turns(*start, *step, test->comparison, test->bound);
  const DType dtype = region.values[loop.operands[test->parameter]].type.dtype;
  if (!count || *count > UINT32_MAX || !fits(*start + *count * *step, dtype)) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

bool is_invariant(const ir::Instruction& loop, std::uint32_t at) {
  const auto& body = loop.regions[1];
  return origin_of(body, body.results[at]) == at;
}

}  // namespace spud::compiler
