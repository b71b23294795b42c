// SPDX-License-Identifier: Apache-2.0
#include "app/plan/report.hpp"

#include <algorithm>
#include <cstdio>

#include "ir/print.hpp"

namespace spud::app::plan {

double Report::share(const vm::InstructionCost& cost) const {
  const std::uint64_t all = bytes(total);
  return all == 0 ? 0 : static_cast<double>(bytes(cost)) / static_cast<double>(all);
}

std::string path_of(const vm::Ledger& ledger, std::size_t index) {
  const auto& entries = ledger.entries();
  auto name = [&](std::size_t i) {
    const auto& instruction = *entries[i].instruction;
    return instruction.origin.empty() ? std::string(to_string(instruction.opcode)) : instruction.origin;
  };
  std::string path = name(index);
  for (auto outer = entries[index].outer; outer; outer = entries[*outer].outer)
    path = name(*outer) + " / " + path;
  return path;
}

std::string results_of(const ir::Instruction& instruction) {
  if (instruction.result_count == 0) return "";
  const std::uint32_t first = instruction.first_result, last = first + instruction.result_count - 1;
  const std::string text = "%" + std::to_string(first);
  return first == last ? text : text + (last - first == 1 ? ", %" : " to %") + std::to_string(last);
}

std::string type_of(const vm::Ledger::Entry& entry) {
  if (entry.instruction->result_count == 0) return "";
  return ir::to_text(entry.region->values[entry.instruction->first_result]);
}

std::vector<std::size_t> by_cost(const Report& report) {
  const auto& entries = report.ledger.entries();
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto &x = entries[a].own, &y = entries[b].own;
    const auto x_bytes = report.bytes(x), y_bytes = report.bytes(y);
    return x_bytes != y_bytes ? x_bytes > y_bytes : !is_free(x) && x.rounds > y.rounds;
  });
  return order;
}

bool is_free(const vm::InstructionCost& cost) {
  return cost.opened_bits == 0 && cost.demand.empty();
}

std::string demand_text(const vm::InstructionCost& cost) {
  std::string out;
  for (const auto& [op, count] : cost.demand) {
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + correlation::to_string(op);
  }
  return out;
}

std::string percent_text(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", 100 * share);
  return text;
}

}  // namespace spud::app::plan
