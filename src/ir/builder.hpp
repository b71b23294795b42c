// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/plan.hpp"

namespace spud::ir {

/// Writes a region instruction by instruction and keeps the numbering of values: the import and every pass
/// build regions with it. Types are the caller's promise; verify() checks them.
class RegionBuilder {
 public:
  /// Parameters are values 0 … n−1.
  explicit RegionBuilder(std::vector<ValueInfo> parameters);

  /// Appends `instruction` with results of these types; sets its first_result and result_count. Returns the
  /// first.
  ValueId add(Instruction instruction, std::vector<ValueInfo> results);
  /// The common case: one result, no regions.
  ValueId add(ops::Opcode opcode, ops::Attributes attributes, std::vector<ValueId> operands, ValueInfo result,
              std::string origin);

  const ValueInfo& info(ValueId value) const { return region_.values[value]; }
  /// The instruction that defines a value; null for a parameter. Valid until the next add().
  const Instruction* definition(ValueId value) const;
  std::size_t size() const { return region_.instructions.size(); }

  Region finish(std::vector<ValueId> results) &&;

 private:
  Region region_;
  std::vector<std::uint32_t>
      definitions_;  ///< index of the defining instruction, a value past the parameters
};

}  // namespace spud::ir
