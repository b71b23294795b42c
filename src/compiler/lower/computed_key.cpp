// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/computed_key.hpp"

#include "ir/builder.hpp"
#include "ir/canonical.hpp"

namespace spud::compiler {
namespace {

using ir::Instruction;
using ir::ValueId;
using ops::Opcode;

/// Equal but for their operands.
bool are_alike(Instruction a, Instruction b) {
  if (a.operands.size() != b.operands.size() || !a.regions.empty() || !b.regions.empty()) return false;
  a.operands.clear();
  b.operands.clear();
  Bytes one, other;
  ir::append_canonical(one, a);
  ir::append_canonical(other, b);
  return one == other;
}

/// Which value of the second side stands for which of the first.
class Twins {
 public:
  explicit Twins(const ir::Region& region)
      : region_(region), definitions_(region.values.size(), nullptr), twins_(region.values.size()) {
    for (const auto& instruction : region.instructions) definitions_[instruction.first_result] = &instruction;
  }

  bool match(ValueId a, ValueId b) {
    std::vector<std::pair<ValueId, ValueId>> open{{a, b}};
    while (!open.empty()) {
      const auto [x, y] = open.back();
      open.pop_back();
      if (twins_[x]) {
        if (*twins_[x] != y) return false;
        continue;
      }
      twins_[x] = y;
      if (region_.values[x].type != region_.values[y].type) return false;
      const auto *left = definitions_[x], *right = definitions_[y];
      if (left == nullptr || right == nullptr) {
        if (left != right || x / 2 != y / 2 || x == y) return false;
        if (row_ && *row_ != x % 2) return false;
        row_ = x % 2;
        continue;
      }
      if (!are_alike(*left, *right)) return false;
      for (std::size_t i = 0; i < left->operands.size(); ++i)
        open.emplace_back(left->operands[i], right->operands[i]);
    }
    return row_.has_value();
  }

  bool has(ValueId x) const { return twins_[x].has_value(); }
  /// 0 if the first side is of row a.
  unsigned row() const { return *row_; }

 private:
  const ir::Region& region_;
  std::vector<const Instruction*> definitions_;
  std::vector<std::optional<ValueId>> twins_;
  std::optional<unsigned> row_;
};

}  // namespace

std::optional<ComputedKey> match_computed_key(const ir::Region& comparator) {
  if (comparator.results.size() != 1 || comparator.instructions.empty()) return std::nullopt;
  const Instruction* test = nullptr;
  for (const auto& instruction : comparator.instructions)
    if (instruction.first_result == comparator.results[0]) test = &instruction;
  if (test == nullptr || test->opcode != Opcode::kCompare) return std::nullopt;
  const auto comparison = ops::usual_order(test->attributes.comparison);
  if (comparison != ops::Comparison::kLt && comparison != ops::Comparison::kGt) return std::nullopt;
  Twins twins(comparator);
  if (!twins.match(test->operands[0], test->operands[1])) return std::nullopt;

  std::vector<ir::ValueInfo> row;
  for (ValueId p = 0; p < comparator.parameter_count; p += 2) row.push_back(comparator.values[p]);
  ir::RegionBuilder builder(std::move(row));
  std::vector<ValueId> values(comparator.values.size(), 0);
  for (ValueId p = 0; p < comparator.parameter_count; ++p) values[p] = p / 2;
  for (Instruction instruction : comparator.instructions) {
    const auto old = instruction.first_result;
    if (!twins.has(old)) continue;
    for (auto& operand : instruction.operands) operand = values[operand];
    values[old] = builder.add(std::move(instruction), {comparator.values[old]});
  }
  const bool is_first_less = (comparison == ops::Comparison::kLt) == (twins.row() == 0);
  return ComputedKey{std::move(builder).finish({values[test->operands[0]]}), is_first_less ? 1 : -1};
}

}  // namespace spud::compiler
