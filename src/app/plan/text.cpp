// SPDX-License-Identifier: Apache-2.0
// What `spud plan` prints for a terminal.
#include "service/status/text.hpp"

#include <algorithm>

#include "app/plan/report.hpp"
#include "correlation/demand.hpp"
#include "ir/codec.hpp"

namespace spud::app::plan {

using service::status::bytes_text;
namespace {

/// Columns of equal width, numbers to the right, the last one as it is.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const {
    std::vector<std::size_t> widths(rows_[0].size(), 0);
    for (const auto& row : rows_) {
      for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
    }
    std::string out;
    for (const auto& row : rows_) {
      for (std::size_t c = 0; c + 1 < row.size(); ++c)
        out += std::string(widths[c] - row[c].size(), ' ') + row[c] + "  ";
      out += row.back() + "\n";
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::uint64_t instructions_for_dealer(const vm::InstructionCost& cost) {
  std::uint64_t sum = 0;
  for (const auto& [op, count] : cost.demand) sum += count;
  return sum;
}

std::string times(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " turn" : " turns");
}

std::string loops_text(const Report& report) {
  std::string out;
  for (std::size_t i = 0; i < report.ledger.entries().size(); ++i) {
    const auto& entry = report.ledger.entries()[i];
    if (entry.instruction->opcode != ops::Opcode::kWhile) continue;
    const auto all = report.ledger.with_regions(i);
    out += "loop " + results_of(*entry.instruction) + " (" + path_of(report.ledger, i) +
           "): " + times(all.turns) + ", " + std::to_string(all.rounds) + " rounds, " +
           std::to_string(report.sent(all)) + " bytes sent, " + std::to_string(all.tape_bytes) +
           " bytes of tape\n";
  }
  return out.empty() ? out : out + "\n";
}

}  // namespace

std::string costs_text(const Report& report) {
  Table table({"share", "rounds", "opened bits", "sent bytes", "tape bytes", "dealer's steps", "runs",
               "instruction"});
  auto row = [&](const vm::InstructionCost& cost, std::string rounds, std::string runs, std::string name) {
    table.add({percent_text(report.share(cost)), std::move(rounds), std::to_string(cost.opened_bits),
               std::to_string(report.sent(cost)), std::to_string(cost.tape_bytes),
               std::to_string(instructions_for_dealer(cost)), std::move(runs), std::move(name)});
  };
  std::size_t costing = 0;
  for (auto i : by_cost(report)) {
    const auto& entry = report.ledger.entries()[i];
    if (is_free(entry.own)) continue;
    ++costing;
    const auto& instruction = *entry.instruction;
    row(entry.own, std::to_string(entry.own.rounds), std::to_string(entry.own.runs),
        results_of(instruction) + " " + to_string(instruction.opcode) + "  // " + path_of(report.ledger, i));
  }
  if (!is_free(report.ledger.rest())) row(report.ledger.rest(), "", "", "inputs and outputs");
  row(report.total, std::to_string(report.forecast.traffic.rounds), "",
      "all; independent instructions share rounds");
  const std::size_t free = report.ledger.entries().size() - costing;
  std::string out = "costs, all turns of loops together; of " +
                    std::to_string(report.ledger.entries().size()) + " instructions " + std::to_string(free) +
                    " cost nothing\n" + table.text() + "\n" + loops_text(report);
  const auto& f = report.forecast;
  out += "plan    " + ir::digest(report.plan).hex() + "\n";
  out += "rounds  " + std::to_string(f.traffic.rounds) + "\n";
  if (report.kept) {
    out += "sent    ";
    for (std::size_t rank = 0; rank < report.kept->sent.size(); ++rank) {
      out += (rank == 0 ? "" : ", ") + std::to_string(report.kept->sent[rank]) + " bytes by party " +
             std::to_string(rank);
    }
    out += "\n";
  } else {
    out += "sent    " + std::to_string(f.traffic.payload_bytes * (report.device.parties - 1)) +
           " bytes a party\n";
  }
  out += "tape    " + std::to_string(f.dealt.tape_bytes) + " bytes to the last party\n";
  if (report.kept) {
    out += "shared  were the private inputs shared, all parties would send " +
           std::to_string(report.kept->sent_if_shared) + " bytes, not " +
           std::to_string(report.kept->sent_by_all()) + ", and the dealer " +
           std::to_string(report.kept->tape_bytes_if_shared) + "\n";
  }
  out += "memory  about " + bytes_text(f.peak_bytes) + " at its most, at party 0\n";
  out += "demand  " + std::to_string(correlation::encode(f.demand).size()) + " bytes, " +
         correlation::digest(f.demand).hex() + "\n";
  return out;
}

Result<std::string> steps_text(const std::vector<Step>& steps, const std::string& name) {
  std::string out;
  bool found = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const bool named = step.name == name;
    found |= named;
    if (name.empty() ? !step.changed : !named) continue;
    out += "== " + std::to_string(i + 1) + " " + headline(steps, i) + "\n";
    if (!step.changed) continue;
    if (named && i > 0) out += "-- before\n" + text_before(steps, i) + "-- after\n";
    out += step.text + "\n";
  }
  if (found || name.empty()) return out;
  std::string names;
  for (const auto& one : names_of(steps)) names += (names.empty() ? "" : ", ") + one;
  return bad_input("no step of the compiler is named '" + name + "'", "--pass", "one of " + names);
}

}  // namespace spud::app::plan
