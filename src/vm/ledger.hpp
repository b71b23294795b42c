// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "correlation/instruction.hpp"
#include "ir/plan.hpp"
#include "protocol/opening.hpp"

namespace spud::vm {

/// What one instruction costs in a whole run: the sum over all turns of the loops around it. What an
/// instruction makes of its operand for others to use as well, a mask, is paid by the first that needs it.
struct InstructionCost {
  std::uint64_t runs = 0;           ///< how often it ran
  std::uint64_t turns = 0;          ///< of a loop, in all its runs
  std::uint64_t rounds = 0;         ///< from its operands to its results, with what its regions take
  std::uint64_t opened_bits = 0;    ///< by each party that sends to each peer: all, or who knows the value
  std::uint64_t payload_bytes = 0;  ///< the same as it is sent
  std::uint64_t dealt_bits = 0;     ///< to the last party
  std::uint64_t tape_bytes = 0;     ///< the same as it is packed on the tape
  std::uint64_t items = 0;          ///< streams a party draws from its seed
  std::map<correlation::Op, std::uint64_t> demand;  ///< instructions for the dealer
  bool operator==(const InstructionCost&) const = default;
  /// As of two instructions one after the other.
  InstructionCost& operator+=(const InstructionCost& other);
};

/// Puts the costs of a run to the accounts of the plan's instructions. One run, one ledger.
class Ledger {
 public:
  /// An instruction, with where it stands. Nested ones follow theirs.
  struct Entry {
    const ir::Instruction* instruction = nullptr;
    const ir::Region* region = nullptr;
    std::size_t depth = 0;
    std::optional<std::size_t> outer;  ///< the entry in whose region it is; none in the main one
    InstructionCost own;               ///< without its regions', but for the rounds
  };

  /// The plan outlives it and stays where it is.
  explicit Ledger(const ir::Plan& plan);

  /// In the order of the plan's text.
  const std::vector<Entry>& entries() const { return entries_; }
  /// What no instruction asked for: inputs and outputs.
  const InstructionCost& rest() const { return rest_; }
  /// All bits, bytes and items together. Rounds are not summed: instructions share them.
  InstructionCost total() const;
  /// An entry's own costs and those of its regions; `index` into entries().
  InstructionCost with_regions(std::size_t index) const;

  // ---- what a run tells it
  /// "instruction 'dot.3'", "inputs and outputs"
  std::string name_of(protocol::Account account) const;
  protocol::Account account_of(const ir::Instruction& instruction) const;
  void ran(const ir::Instruction& instruction, std::uint64_t rounds);
  void turned(const ir::Instruction& loop);
  void opened(const protocol::PostedOpening& opening);
  void asked(protocol::Account account, const correlation::Instruction& instruction,
             std::span<const correlation::RegisterType> operands);

 private:
  void add(const ir::Region& region, std::size_t depth, std::optional<std::size_t> outer);
  InstructionCost& of(protocol::Account account);

  std::vector<Entry> entries_;
  std::unordered_map<const ir::Instruction*, std::size_t> places_;
  InstructionCost rest_;
};

}  // namespace spud::vm
