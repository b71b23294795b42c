// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/openings.hpp"

#include <limits>
#include <optional>

#include "compiler/passes/trip_count.hpp"

namespace spud::compiler {
namespace {

using ir::ValueId;
using ops::Opcode;

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out;
  return __builtin_add_overflow(a, b, &out) ? std::numeric_limits<std::uint64_t>::max() : out;
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out;
  return __builtin_mul_overflow(a, b, &out) ? std::numeric_limits<std::uint64_t>::max() : out;
}

bool is_secret(const ir::ValueInfo& info) {
  return info.visibility != ir::Visibility::kPublic;
}

/// Whether one party has all operands in plain and computes by itself.
bool is_private(const ir::Region& region, const ir::Instruction& instruction) {
  std::optional<Rank> owner;
  for (ValueId operand : instruction.operands) {
    const auto& info = region.values[operand];
    if (!is_secret(info)) continue;
    if (!info.owner || (owner && *owner != *info.owner)) return false;
    owner = info.owner;
  }
  return owner.has_value();
}

/// Integers that may use their whole ring: the difference of two may wrap, so that each is compared by itself
/// too.
bool is_wide(DType dtype) {
  return is_integer(dtype) && byte_width(dtype) >= 4;
}

/// Whether the kernel masks this operand as it is. Kernels that mask a sum or difference of it do not count:
/// that is masked ahead only where both terms are.
bool masks(const ir::Region& region, const ir::Instruction& instruction, std::size_t operand) {
  const auto info = [&](std::size_t i) -> const ir::ValueInfo& {
    return region.values[instruction.operands[i]];
  };
  if (is_private(region, instruction)) return false;
  const DType from = info(operand).type.dtype;
  switch (instruction.opcode) {
    case Opcode::kMultiply:
    case Opcode::kDot:
      return is_secret(info(1 - operand));
    case Opcode::kDivide:
      return is_secret(info(1));
    case Opcode::kCompare:
      return is_wide(from) && instruction.attributes.comparison != ops::Comparison::kEq &&
             instruction.attributes.comparison != ops::Comparison::kNe;
    case Opcode::kMaximum:
    case Opcode::kMinimum:
      return is_wide(from);
    case Opcode::kConvert: {
      const DType to = instruction.attributes.dtype;
      if (is_float(from)) return !is_float(to);
      // Widened, unless the device's floats live in a ring as small.
      return to == DType::kPred || byte_width(to) > byte_width(from) ||
             (is_float(to) && byte_width(from) < 8);
    }
    case Opcode::kAbs:
    case Opcode::kSign:
    case Opcode::kErf:
    case Opcode::kGelu:
    case Opcode::kGeluByTanh:
    case Opcode::kExp:
    case Opcode::kLog:
    case Opcode::kSqrt:
    case Opcode::kRsqrt:
    case Opcode::kTanh:
    case Opcode::kLogistic:
    case Opcode::kFloor:
    case Opcode::kCeil:
    case Opcode::kReciprocal:
    case Opcode::kExpm1:
    case Opcode::kLog1p:
      return true;
    default:
      return false;
  }
}

void add(Openings& to, const Openings& more) {
  to.itself = to.itself || more.itself;
  to.views = sum(to.views, more.views);
  to.in_loops = sum(to.in_loops, more.in_loops);
}

/// A value that a loop hands on unchanged is one and the same inside and after it; what its turns open of its
/// views they open in every turn.
void add_loop(Survey& survey, const ir::Region& region, const ir::Instruction& loop, const Survey& body) {
  const std::uint64_t turns = trip_count(region, loop).value_or(0);
  for (std::uint32_t at = 0; at < loop.operands.size(); ++at) {
    if (!is_invariant(loop, at)) continue;
    const Openings& inside = body.values[at];
    const std::uint64_t views = product(inside.views, turns);
    Openings& here = survey.values[loop.operands[at]];
    add(here, Openings{inside.itself, views, views});
    add(here, survey.values[loop.first_result + at]);
  }
}

}  // namespace

std::uint64_t Openings::of(std::int64_t elements) const {
  return sum(views, itself ? static_cast<std::uint64_t>(elements) : 0);
}

bool is_view(const ir::Region& region, const ir::Instruction& instruction, std::size_t operand) {
  switch (instruction.opcode) {
    case Opcode::kNegate:
    case Opcode::kBroadcast:
    case Opcode::kReshape:
    case Opcode::kTranspose:
    case Opcode::kSlice:
    case Opcode::kReverse:
      return true;
    case Opcode::kDynamicSlice:
      return operand == 0;
    case Opcode::kConvert:
      // Every float of a device has one format.
      return is_float(instruction.attributes.dtype) &&
             is_float(region.values[instruction.operands[0]].type.dtype);
    case Opcode::kAdd:
    case Opcode::kSubtract:
      return !is_secret(region.values[instruction.operands[1 - operand]]);
    default:
      return false;
  }
}

Survey survey_openings(const ir::Region& region) {
  Survey survey;
  survey.values.resize(region.values.size());
  survey.regions.resize(region.instructions.size());
  // Backwards: what is made of a value is known before the value.
  for (std::size_t i = region.instructions.size(); i-- > 0;) {
    const auto& instruction = region.instructions[i];
    for (const auto& nested : instruction.regions) survey.regions[i].push_back(survey_openings(nested));
    if (instruction.opcode == Opcode::kWhile) {
      add_loop(survey, region, instruction, survey.regions[i][1]);
      continue;
    }
    for (std::size_t o = 0; o < instruction.operands.size(); ++o) {
      Openings& here = survey.values[instruction.operands[o]];
      if (masks(region, instruction, o)) here.itself = true;
      if (is_view(region, instruction, o)) {
        const Openings& image = survey.values[instruction.first_result];
        const auto elements = region.values[instruction.first_result].type.elements();
        add(here, Openings{false, image.of(elements), image.in_loops});
      }
    }
  }
  return survey;
}

}  // namespace spud::compiler
