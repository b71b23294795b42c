// SPDX-License-Identifier: Apache-2.0
#include "vm/operation_times.hpp"

#include <algorithm>

namespace spud::vm {

void OperationTimes::Slot::add(const InstructionTime& time) {
  runs.fetch_add(time.runs, std::memory_order_relaxed);
  nanos.fetch_add(time.computing + time.dealer, std::memory_order_relaxed);
}

void OperationTimes::add(const Ledger& ledger, const std::vector<InstructionTime>& times) {
  if (times.empty()) return;
  slots_[place(std::nullopt)].add(times.front());
  const auto& entries = ledger.entries();
  for (std::size_t i = 0; i < std::min(entries.size(), times.size() - 1); ++i)
    slots_[place(entries[i].instruction->opcode)].add(times[i + 1]);
}

OperationTimes::Figures OperationTimes::figures(std::optional<ops::Opcode> operation) const {
  const auto& slot = slots_[place(operation)];
  return {slot.runs.load(std::memory_order_relaxed),
          static_cast<double>(slot.nanos.load(std::memory_order_relaxed)) * 1e-9};
}

}  // namespace spud::vm
