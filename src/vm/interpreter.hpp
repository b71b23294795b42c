// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/plan.hpp"
#include "ops/machine.hpp"
#include "vm/local.hpp"

namespace spud::vm {

/// Runs the regions of a plan: every instruction is set off at once and waits for its operands, so that
/// whatever is ready shares rounds, in an order that is a function of the plan alone. A value is dropped at
/// its last use.
class Interpreter {
 public:
  Interpreter(Desk desk, alu::NumberFormat format)
      : desk_(desk), machine_(alu::Alu(desk.protocol, desk.executor, format)) {}

  /// The region's results for these parameters.
  protocol::Task<std::vector<ops::Value>> run(const ir::Region& region, std::vector<ops::Value> parameters);

  ops::Machine& machine() { return machine_; }

 private:
  struct Frame;
  class Entry;
  /// Runs one instruction once its operands are there; the value tells that it is done.
  protocol::Task<bool> execute(const ir::Instruction& instruction, std::shared_ptr<Frame> frame);
  protocol::Task<std::vector<ops::Value>> run_while(const ir::Instruction& instruction,
                                                    std::vector<ops::Value> carried);
  protocol::Task<std::vector<ops::Value>> run_conditional(const ir::Instruction& instruction,
                                                          std::vector<ops::Value> operands);

  Desk desk_;
  ops::Machine machine_;
  std::uint64_t loops_ = 0;
};

}  // namespace spud::vm
