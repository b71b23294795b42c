// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/common_subexpressions.hpp"

#include <algorithm>
#include <map>

#include "compiler/passes/rewrite.hpp"
#include "ir/canonical.hpp"

namespace spud::compiler {
namespace {

bool is_commutative(ops::Opcode opcode) {
  switch (opcode) {
    case ops::Opcode::kAdd:
    case ops::Opcode::kMultiply:
    case ops::Opcode::kMaximum:
    case ops::Opcode::kMinimum:
    case ops::Opcode::kAnd:
    case ops::Opcode::kOr:
    case ops::Opcode::kXor:
      return true;
    default:
      return false;
  }
}

Bytes key_of(ir::Instruction instruction, const ir::ValueInfo& result) {
  if (is_commutative(instruction.opcode)) std::sort(instruction.operands.begin(), instruction.operands.end());
  Bytes key;
  ir::append_canonical(key, instruction);
  const std::string type = to_string(result.type);
  for (char c : type) key.push_back(static_cast<std::byte>(c));
  return key;
}

}  // namespace

void merge_common_subexpressions(ir::Region& region) {
  rewrite(region, [] {
    return [known = std::map<Bytes, ir::ValueId>()](ir::RegionBuilder& builder,
                                                    const ir::Instruction& instruction,
                                                    const ir::ValueInfo& result) mutable {
      auto [entry, fresh] = known.emplace(key_of(instruction, result), 0);
      if (fresh) {
        entry->second = builder.add(instruction, {result});
      }
      return std::optional<ir::ValueId>(entry->second);
    };
  });
}

}  // namespace spud::compiler
