// SPDX-License-Identifier: Apache-2.0
#include "correlation/recorder.hpp"

namespace spud::correlation {
namespace {

/// Operands as distances from the register that is made next.
Step relative(Instruction instruction, RegisterId next) {
  for (auto& operand : instruction.operands) operand = next - operand;
  Step step;
  step.instruction = std::move(instruction);
  return step;
}

}  // namespace

std::shared_ptr<void> Recorder::note(const Instruction& instruction, std::span<const RegisterType> operands,
                                     RegisterId made) {
  if (observer_) observer_(instruction, operands);
  log_->recorded.push_back({relative(instruction, log_->made), false, 0});
  if (!makes_register(instruction.op)) return nullptr;
  SPUD_CHECK(made == log_->made, "registers are numbered in the order they are made");
  ++log_->made;
  return std::shared_ptr<void>(nullptr, [log = log_, made](void*) {
    if (!log->open) return;
    Instruction free;
    free.op = Op::kFree;
    free.operands = {made};
    log->recorded.push_back({relative(std::move(free), log->made), false, 0});
  });
}

void Recorder::turn_begins(std::uint64_t loop) {
  log_->recorded.push_back({{}, true, loop});
}

Demand Recorder::take() {
  log_->open = false;
  Demand demand;
  demand.parties = parties_;
  demand.steps = fold(std::move(log_->recorded));
  return demand;
}

}  // namespace spud::correlation
