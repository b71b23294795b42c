// SPDX-License-Identifier: Apache-2.0
#include "vm/ledger.hpp"

namespace spud::vm {

using protocol::Account;

InstructionCost& InstructionCost::operator+=(const InstructionCost& other) {
  runs += other.runs;
  turns += other.turns;
  rounds += other.rounds;
  opened_bits += other.opened_bits;
  payload_bytes += other.payload_bytes;
  dealt_bits += other.dealt_bits;
  tape_bytes += other.tape_bytes;
  items += other.items;
  for (const auto& [op, count] : other.demand) demand[op] += count;
  return *this;
}

Ledger::Ledger(const ir::Plan& plan) {
  add(plan.main, 0, std::nullopt);
}

void Ledger::add(const ir::Region& region, std::size_t depth, std::optional<std::size_t> outer) {
  for (const auto& instruction : region.instructions) {
    const std::size_t place = entries_.size();
    places_.emplace(&instruction, place);
    entries_.push_back({&instruction, &region, depth, outer, {}});
    for (const auto& nested : instruction.regions) add(nested, depth + 1, place);
  }
}

InstructionCost Ledger::total() const {
  InstructionCost sum = rest_;
  for (const auto& entry : entries_) sum += entry.own;
  sum.rounds = 0;
  return sum;
}

InstructionCost Ledger::with_regions(std::size_t index) const {
  const Entry& outer = entries_[index];
  InstructionCost sum = outer.own;
  for (++index; index < entries_.size() && entries_[index].depth > outer.depth; ++index)
    sum += entries_[index].own;
  sum.runs = outer.own.runs;
  sum.turns = outer.own.turns;
  sum.rounds = outer.own.rounds;
  return sum;
}

Account Ledger::account_of(const ir::Instruction& instruction) const {
  return static_cast<Account>(places_.at(&instruction) + 1);
}

std::string Ledger::name_of(Account account) const {
  if (account == Account::kRun) return "inputs and outputs";
  const auto& instruction = *entries_[static_cast<std::size_t>(account) - 1].instruction;
  return "instruction '" +
         (instruction.origin.empty() ? std::string(to_string(instruction.opcode)) : instruction.origin) + "'";
}

InstructionCost& Ledger::of(Account account) {
  return account == Account::kRun ? rest_ : entries_[static_cast<std::size_t>(account) - 1].own;
}

void Ledger::ran(const ir::Instruction& instruction, std::uint64_t rounds) {
  auto& cost = of(account_of(instruction));
  ++cost.runs;
  cost.rounds += rounds;
}

void Ledger::turned(const ir::Instruction& loop) {
  ++of(account_of(loop)).turns;
}

void Ledger::opened(const protocol::PostedOpening& opening) {
  auto& cost = of(opening.account);
  cost.opened_bits += opening.bits();
  cost.payload_bytes += opening.byte_count();
}

void Ledger::asked(Account account, const correlation::Instruction& instruction,
                   std::span<const correlation::RegisterType> operands) {
  auto& cost = of(account);
  ++cost.demand[instruction.op];
  if (correlation::takes_stream(instruction.op)) ++cost.items;
  if (!correlation::is_dealing(instruction.op)) return;
  cost.dealt_bits += correlation::dealt_bits(instruction, operands[0]);
  cost.tape_bytes += correlation::dealt_bytes(instruction, operands[0]);
}

}  // namespace spud::vm
