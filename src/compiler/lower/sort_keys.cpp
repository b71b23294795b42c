// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/sort_keys.hpp"

#include <cmath>

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::ValueId;
using ops::Comparison;
using ops::Opcode;

class Match {
 public:
  explicit Match(const ir::Region& region) : region_(region), definitions_(region.values.size(), nullptr) {
    for (const auto& instruction : region.instructions) definitions_[instruction.first_result] = &instruction;
  }

  std::optional<SortKeys> keys() const {
    SortKeys found;
    std::optional<ValueId> at = region_.results[0];
    while (at) {
      auto step = key(*at);
      if (!step) return std::nullopt;
      found.operands.push_back(step->operand);
      found.directions.push_back(step->direction);
      at = step->rest;
    }
    return found;
  }

 private:
  struct Key {
    std::int64_t operand = 0, direction = 1;
    std::optional<ValueId> rest;  ///< what decides where the key is equal
  };

  const Instruction* definition(ValueId v, Opcode opcode) const {
    const Instruction* instruction = definitions_[v];
    return instruction != nullptr && instruction->opcode == opcode ? instruction : nullptr;
  }

  bool is_constant(ValueId v, bool (*holds)(double)) const {
    const auto* constant = definition(v, Opcode::kConstant);
    return constant != nullptr && is_float(constant->attributes.literal->dtype()) &&
           holds(constant->attributes.literal->float_at(0));
  }

  /// The parameter that a value is, but for the form of its NaN and zeros.
  ValueId stripped(ValueId v) const {
    while (const auto* choice = definition(v, Opcode::kSelect)) {
      const auto* test = definition(choice->operands[0], Opcode::kCompare);
      if (test == nullptr) break;
      const ValueId rest = choice->operands[2];
      const bool of_nan = test->attributes.comparison == Comparison::kNe &&
                          test->operands[0] == test->operands[1] &&
                          is_constant(choice->operands[1], [](double x) { return std::isnan(x); }) &&
                          base(rest) == base(test->operands[0]);
      const bool of_zero = test->attributes.comparison == Comparison::kEq &&
                           is_constant(test->operands[1], [](double x) { return x == 0; }) &&
                           is_constant(choice->operands[1], [](double x) { return x == 0; }) &&
                           base(rest) == base(test->operands[0]);
      if (!of_nan && !of_zero) break;
      v = rest;
    }
    return v;
  }
  /// The last operand of a chain of selects.
  ValueId base(ValueId v) const {
    while (const auto* choice = definition(v, Opcode::kSelect)) v = choice->operands[2];
    return v;
  }

  /// x < y of the two rows' elements of one operand; direction −1 for >.
  std::optional<Key> comparison(ValueId v, bool of_equality) const {
    const auto* test = definition(v, Opcode::kCompare);
    if (test == nullptr) return std::nullopt;
    ValueId a = stripped(test->operands[0]), b = stripped(test->operands[1]);
    if (a >= region_.parameter_count || b >= region_.parameter_count || a / 2 != b / 2 || a == b)
      return std::nullopt;
    const auto kind = ops::usual_order(test->attributes.comparison);
    const auto operand = static_cast<std::int64_t>(a / 2);
    if (of_equality) return kind == Comparison::kEq ? std::optional(Key{operand, 1, {}}) : std::nullopt;
    if (kind != Comparison::kLt && kind != Comparison::kGt) return std::nullopt;
    const bool is_descending = (kind == Comparison::kGt) != (a > b);
    return Key{operand, is_descending ? -1 : 1, {}};
  }

  /// "equal in this operand, and …": what follows.
  std::optional<ValueId> if_equal(ValueId v, std::int64_t operand) const {
    const auto* both = definition(v, Opcode::kAnd);
    if (both == nullptr) return std::nullopt;
    for (std::size_t i : {0u, 1u}) {
      const auto equal = comparison(both->operands[i], true);
      if (equal && equal->operand == operand) return both->operands[1 - i];
    }
    return std::nullopt;
  }

  std::optional<Key> key(ValueId v) const {
    if (auto one = comparison(v, false)) return one;
    if (const auto* either = definition(v, Opcode::kOr)) {
      for (std::size_t i : {0u, 1u}) {
        auto less = comparison(either->operands[i], false);
        if (!less) continue;
        less->rest = if_equal(either->operands[1 - i], less->operand);
        if (less->rest) return less;
      }
    }
    if (const auto* choice = definition(v, Opcode::kSelect)) {
      const auto equal = comparison(choice->operands[0], true);
      auto less = comparison(choice->operands[2], false);
      if (equal && less && equal->operand == less->operand) {
        less->rest = choice->operands[1];
        return less;
      }
    }
    return std::nullopt;
  }

  const ir::Region& region_;
  std::vector<const Instruction*> definitions_;
};

}  // namespace

std::optional<SortKeys> match_sort_keys(const ir::Region& comparator) {
  return Match(comparator).keys();
}

}  // namespace spud::compiler
