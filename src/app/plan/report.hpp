// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "app/plan/steps.hpp"
#include "service/simulate.hpp"
#include "vm/run.hpp"

namespace spud::app::plan {

/// What parties save by keeping their inputs to themselves.
struct Kept {
  std::vector<std::uint64_t> sent;         ///< bytes, by rank, to all other parties
  std::uint64_t sent_if_shared = 0;        ///< bytes that all parties together would send of secret inputs
  std::uint64_t tape_bytes_if_shared = 0;  ///< that the dealer would send
  std::uint64_t sent_by_all() const { return std::accumulate(sent.begin(), sent.end(), std::uint64_t{0}); }
};

/// A compiled program and what a run of it will cost, by one forecast.
struct Report {
  std::string name;  ///< the program's file, without its folders
  service::SimulatedDevice device;
  const ir::Plan& plan;
  const vm::Forecast& forecast;
  const vm::Ledger& ledger;  ///< of that forecast
  const std::vector<Step>& steps;
  vm::InstructionCost total;   ///< the ledger's
  std::optional<Kept> kept{};  ///< if any input is private

  /// To all other parties.
  std::uint64_t sent(const vm::InstructionCost& cost) const {
    return cost.payload_bytes * (device.parties - 1);
  }
  /// What instructions are ordered by: bytes that a party sends and that the last party's tape brings.
  std::uint64_t bytes(const vm::InstructionCost& cost) const { return sent(cost) + cost.tape_bytes; }
  /// Of all bytes, from 0 to 1.
  double share(const vm::InstructionCost& cost) const;
};

/// An instruction as a person names it: "while.5 / divide.3", by the names in the program or, where one has
/// none, by the operation.
std::string path_of(const vm::Ledger& ledger, std::size_t index);

/// "%3", "%4, %5", "%4 to %9"
std::string results_of(const ir::Instruction& instruction);

/// Type and visibility of the first result; "" if there is none.
std::string type_of(const vm::Ledger::Entry& entry);

/// Indices into the ledger's entries, the most expensive first, then those of more rounds, then as in the
/// plan.
std::vector<std::size_t> by_cost(const Report& report);

/// Whether it costs a message or a correlation.
bool is_free(const vm::InstructionCost& cost);

/// "3 mask, 2 deal": what a cost asks of the dealer.
std::string demand_text(const vm::InstructionCost& cost);

/// "12.5%"
std::string percent_text(double share);

/// The costs, one instruction a line, with totals: for a terminal.
std::string costs_text(const Report& report);

/// The step's text, with that before it, each time a step of that name ran; with an empty name, of every step
/// that changed something what it left. Names the steps if there is none of that name.
Result<std::string> steps_text(const std::vector<Step>& steps, const std::string& name);

/// Everything as a JSON document; the steps with their texts if `with_steps`.
std::string json_text(const Report& report, bool with_steps);

/// Everything as one page that needs nothing else and runs nothing that came with the program.
std::string html_text(const Report& report);

}  // namespace spud::app::plan
