// SPDX-License-Identifier: Apache-2.0
#include "correlation/demand.hpp"

#include <unordered_map>

namespace spud::correlation {
namespace {

/// Modulo 2^64: a peer's numbers may be anything, and what comes out is checked like what came in.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Walks steps with the growth that the loops around them have added so far.
class Walker {
 public:
  Walker(const std::function<Status(const Instruction&, RegisterId)>& visit, std::uint64_t most)
      : visit_(visit), most_(most) {}

  Status walk(std::span<const Step> steps, std::span<const std::int64_t> added) {
    std::size_t at = 0;
    for (const auto& step : steps) {
      const std::size_t count = number_count(step);
      auto mine = added.empty() ? added : added.subspan(at, count);
      at += count;
      SPUD_TRY(step.is_loop() ? turn(step, mine) : execute(step.instruction, mine));
    }
    return {};
  }

 private:
  Status turn(const Step& loop, std::span<const std::int64_t> added) {
    std::vector<std::int64_t> now(loop.growth.size(), 0);
    for (std::size_t i = 0; i < now.size() && !added.empty(); ++i) now[i] = added[i];
    for (std::uint64_t t = 0; t < loop.turns; ++t) {
      SPUD_TRY(walk(loop.body, now));
      for (std::size_t i = 0; i < now.size(); ++i) now[i] = sum(now[i], loop.growth[i]);
    }
    return {};
  }

  Status execute(const Instruction& written, std::span<const std::int64_t> added) {
    Instruction now = written;
    std::size_t at = 0;
    auto grow = [&](std::int64_t& number) {
      if (!added.empty()) number = sum(number, added[at++]);
    };
    for (auto& number : now.numbers) grow(number);
    if (now.map) {
      for (auto& number : now.map->start) grow(number);
    }
    for (auto& operand : now.operands) {
      auto distance = static_cast<std::int64_t>(operand);
      grow(distance);
      if (distance < 1 || static_cast<std::uint64_t>(distance) > made_) {
        return fail(ErrorCode::kPeerFault, "an operand names a register that was never made",
                    std::string("demand instruction ") + to_string(now.op));
      }
      operand = made_ - static_cast<std::uint64_t>(distance);
    }
    if (++executed_ > most_) {
      return fail(ErrorCode::kResource, "the demand has too many instructions, loops unrolled", "demand",
                  "at most " + std::to_string(most_));
    }
    SPUD_TRY(visit_(now, made_));
    if (makes_register(now.op)) ++made_;
    return {};
  }

  const std::function<Status(const Instruction&, RegisterId)>& visit_;
  RegisterId made_ = 0;
  std::uint64_t most_, executed_ = 0;
};

}  // namespace

std::size_t number_count(const Step& step) {
  if (!step.is_loop()) {
    const auto& i = step.instruction;
    return i.numbers.size() + (i.map ? i.map->start.size() : 0) + i.operands.size();
  }
  std::size_t count = 0;
  for (const auto& inner : step.body) count += number_count(inner);
  return count;
}

Status for_each(const Demand& demand, const std::function<Status(const Instruction&, RegisterId made)>& visit,
                std::uint64_t most) {
  return Walker(visit, most).walk(demand.steps, {});
}

Result<DemandCost> cost(const Demand& demand) {
  DemandCost total;
  std::unordered_map<RegisterId, RegisterType> types;
  SPUD_TRY(for_each(demand, [&](const Instruction& instruction, RegisterId made) -> Status {
    std::vector<RegisterType> operands;
    for (auto id : instruction.operands) {
      auto found = types.find(id);
      if (found == types.end())
        return fail(ErrorCode::kPeerFault, "a register is used after it was freed", "demand");
      operands.push_back(found->second);
    }
    SPUD_ASSIGN(auto type, infer_type(instruction, operands));
    if (takes_stream(instruction.op)) ++total.items;
    if (is_dealing(instruction.op)) {
      total.dealt_bits += dealt_bits(instruction, operands[0]);
      total.tape_bytes += dealt_bytes(instruction, operands[0]);
    } else if (instruction.op == Op::kFree) {
      types.erase(instruction.operands[0]);
    } else {
      types.emplace(made, std::move(type));
    }
    return {};
  }));
  return total;
}

}  // namespace spud::correlation
