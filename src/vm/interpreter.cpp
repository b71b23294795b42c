// SPDX-License-Identifier: Apache-2.0
#include "vm/interpreter.hpp"

namespace spud::vm {

using ops::Opcode;
using ops::Value;
using protocol::Future;
using protocol::Started;
using protocol::Task;

/// The values of a region under way. A slot is emptied when its last reader has taken it.
struct Interpreter::Frame {
  struct Slot {
    Future<bool> ready;
    std::optional<Value> value;
    unsigned readers = 0;
  };
  std::vector<Slot> slots;
  const std::vector<ir::ValueInfo>* types = nullptr;

  void set(ir::ValueId id, Value value) {
    Slot& slot = slots[id];
    value.signed_bits = (*types)[id].signed_bits;
    if (slot.readers > 0) slot.value = std::move(value);
    slot.ready.set(true);
  }
  Value take(ir::ValueId id) {
    Slot& slot = slots[id];
    SPUD_CHECK(slot.readers > 0 && slot.value.has_value(), "a value lives until its last use");
    if (--slot.readers > 0) return *slot.value;
    Value last = std::move(*slot.value);
    slot.value.reset();
    return last;
  }
};

namespace {

/// A verified plan loops and branches on public values only. A defect of ours ends the attempt, not the
/// process.
Error not_public(const ir::Instruction& instruction) {
  return {ErrorCode::kInternal,
          "what decides a loop or branch is not public",
          "instruction '" + instruction.origin + "'",
          "",
          "",
          ""};
}

}  // namespace

/// What an instruction costs, from when its operands are there until its results are, goes to its account.
class Interpreter::Entry {
 public:
  Entry(Desk& desk, const ir::Instruction& instruction) : desk_(desk), instruction_(instruction) {
    if (desk_.ledger == nullptr) return;
    account_ = desk_.ledger->account_of(instruction);
    desk_.executor.charge(account_);
    if (desk_.times != nullptr) desk_.times->began(account_);
    began_ = desk_.executor.traffic().rounds;
  }
  ~Entry() {
    // One thread writes: no need to add in one step.
    if (desk_.progress != nullptr) {
      auto& done = desk_.progress->instructions;
      done.store(done.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    if (desk_.ledger == nullptr) return;
    const auto rounds = desk_.executor.traffic().rounds - began_;
    desk_.ledger->ran(instruction_, rounds);
    if (desk_.times != nullptr) desk_.times->ended(account_, rounds);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Desk& desk_;
  const ir::Instruction& instruction_;
  std::uint64_t began_ = 0;
  protocol::Account account_ = protocol::Account::kRun;
};

Task<std::vector<Value>> Interpreter::run(const ir::Region& region, std::vector<Value> parameters) {
  auto frame = std::make_shared<Frame>();
  frame->types = &region.values;
  for (std::size_t i = 0; i < region.values.size(); ++i) {
    frame->slots.push_back({Future<bool>(desk_.executor), std::nullopt, 0});
  }
  for (const auto& instruction : region.instructions) {
    for (auto id : instruction.operands) ++frame->slots[id].readers;
  }
  for (auto id : region.results) ++frame->slots[id].readers;
  for (ir::ValueId i = 0; i < region.parameter_count; ++i) frame->set(i, std::move(parameters[i]));
  parameters.clear();

  std::vector<Started<bool>> instructions;
  instructions.reserve(region.instructions.size());
  for (const auto& instruction : region.instructions) {
    instructions.emplace_back(desk_.executor, execute(instruction, frame));
  }
  std::vector<Value> results;
  for (auto id : region.results) {
    Future<bool> ready = frame->slots[id].ready;
    co_await ready;
    results.push_back(frame->take(id));
  }
  for (auto& instruction : instructions) co_await instruction;
  co_return results;
}

Task<bool> Interpreter::execute(const ir::Instruction& instruction, std::shared_ptr<Frame> frame) {
  for (auto id : instruction.operands) {
    Future<bool> ready = frame->slots[id].ready;
    co_await ready;
  }
  std::vector<Value> operands;
  for (auto id : instruction.operands) operands.push_back(frame->take(id));
  const Entry entry(desk_, instruction);
  if (instruction.opcode == Opcode::kWhile || instruction.opcode == Opcode::kConditional) {
    std::vector<Value> results;
    if (instruction.opcode == Opcode::kWhile) {
      auto results_task = run_while(instruction, std::move(operands));
      results = co_await results_task;
    } else {
      auto results_task = run_conditional(instruction, std::move(operands));
      results = co_await results_task;
    }
    for (std::uint32_t i = 0; i < instruction.result_count; ++i)
      frame->set(instruction.first_result + i, std::move(results[i]));
    co_return true;
  }
  if (instruction.opcode == Opcode::kSort || instruction.opcode == Opcode::kFirst) {
    auto results_task = machine_.run_many(instruction.opcode, instruction.attributes, std::move(operands),
                                          instruction.origin);
    std::vector<Value> results = co_await results_task;
    for (std::uint32_t i = 0; i < instruction.result_count; ++i)
      frame->set(instruction.first_result + i, std::move(results[i]));
    co_return true;
  }
  // The result's type is what the verified region says.
  TensorType type = frame->types->at(instruction.first_result).type;
  auto result_task = machine_.run(instruction.opcode, instruction.attributes, std::move(operands),
                                  std::move(type), instruction.origin);
  Value result = co_await result_task;
  frame->set(instruction.first_result, std::move(result));
  co_return true;
}

Task<std::vector<Value>> Interpreter::run_while(const ir::Instruction& instruction,
                                                std::vector<Value> carried) {
  const ir::Region &condition = instruction.regions[0], &body = instruction.regions[1];
  const std::uint64_t loop = loops_++;
  while (true) {
    desk_.source.turn_begins(loop);
    auto verdict_task = run(condition, carried);
    std::vector<Value> verdict = co_await verdict_task;
    if (!verdict[0].is_public()) {
      desk_.executor.fail(not_public(instruction));
      co_return carried;
    }
    if (verdict[0].literal().int_at(0) == 0) break;
    if (desk_.ledger != nullptr) desk_.ledger->turned(instruction);
    auto carried_task = run(body, std::move(carried));
    carried = co_await carried_task;
  }
  desk_.source.turn_begins(loop);
  co_return carried;
}

Task<std::vector<Value>> Interpreter::run_conditional(const ir::Instruction& instruction,
                                                      std::vector<Value> operands) {
  if (!operands[0].is_public()) {
    desk_.executor.fail(not_public(instruction));
    operands.erase(operands.begin());
    co_return operands;
  }
  const auto last = static_cast<std::int64_t>(instruction.regions.size()) - 1;
  std::int64_t chosen = operands[0].literal().int_at(0);
  // XLA: an index out of range takes the last branch.
  if (chosen < 0 || chosen > last) chosen = last;
  operands.erase(operands.begin());
  auto results_task = run(instruction.regions[static_cast<std::size_t>(chosen)], std::move(operands));
  std::vector<Value> results = co_await results_task;
  co_return results;
}

}  // namespace spud::vm
