// SPDX-License-Identifier: Apache-2.0
// What `spud plan --json` prints.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "app/plan/report.hpp"
#include "correlation/demand.hpp"
#include "ir/codec.hpp"

namespace spud::app::plan {
namespace {

using nlohmann::json;

json demand_of(const vm::InstructionCost& cost) {
  json kinds = json::object();
  for (const auto& [op, count] : cost.demand) kinds[correlation::to_string(op)] = count;
  return kinds;
}

json costs_of(const Report& report, const vm::InstructionCost& cost) {
  return {{"opened_bits", cost.opened_bits},
          {"bytes_sent", report.sent(cost)},
          {"dealt_bits", cost.dealt_bits},
          {"tape_bytes", cost.tape_bytes},
          {"items", cost.items},
          {"demand", demand_of(cost)}};
}

}  // namespace

std::string json_text(const Report& report, bool with_steps) {
  const auto& f = report.forecast;
  json out{{"program", report.plan.program.hex()},
           {"plan", ir::digest(report.plan).hex()},
           {"rounds", f.traffic.rounds},
           {"opened_bits", f.traffic.opened_bits},
           {"bytes_sent", f.traffic.payload_bytes * (report.device.parties - 1)},
           {"tape_bytes", f.dealt.tape_bytes},
           {"dealt_bits", f.dealt.dealt_bits},
           {"items", f.dealt.items},
           {"peak_bytes", f.peak_bytes},
           {"demand", correlation::digest(f.demand).hex()},
           {"demand_bytes", correlation::encode(f.demand).size()},
           {"inputs_and_outputs", costs_of(report, report.ledger.rest())}};
  if (report.kept) {
    // Who sends most; the others send less.
    out["bytes_sent"] = *std::ranges::max_element(report.kept->sent);
    out["bytes_sent_by_party"] = report.kept->sent;
    out["if_shared"] = {{"bytes_sent_by_all", report.kept->sent_if_shared},
                        {"tape_bytes", report.kept->tape_bytes_if_shared}};
  }
  json& operations = out["operations"] = json::array();
  for (std::size_t i = 0; i < report.ledger.entries().size(); ++i) {
    const auto& entry = report.ledger.entries()[i];
    json one = costs_of(report, entry.own);
    one["results"] = results_of(*entry.instruction);
    one["operation"] = to_string(entry.instruction->opcode);
    one["origin"] = entry.instruction->origin;
    one["path"] = path_of(report.ledger, i);
    one["type"] = type_of(entry);
    one["rounds"] = entry.own.rounds;
    one["runs"] = entry.own.runs;
    if (entry.instruction->opcode == ops::Opcode::kWhile) one["turns"] = entry.own.turns;
    operations.push_back(std::move(one));
  }
  if (with_steps) {
    json& steps = out["passes"] = json::array();
    for (const auto& step : report.steps) {
      json one{{"name", step.name}, {"changed", step.changed}, {"instructions", step.instructions}};
      if (step.changed) one["text"] = step.text;
      steps.push_back(std::move(one));
    }
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace spud::app::plan
