// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/literal.hpp"
#include "ir/plan.hpp"
#include "service/device.hpp"
#include "vm/run.hpp"

namespace spud::actors {

/// An input of a program as compiling sees it: a secret of a type, which a party may have in plain, or a
/// public tensor.
struct PlannedInput {
  TensorType type;
  std::optional<Literal> open{};
  std::optional<Rank> keeper{};
};

/// A program compiled for a device, and what it will ask of a dealer.
struct Planned {
  ir::Plan plan;
  Digest digest;  ///< of the plan
  Bytes demand;   ///< encoded
  Digest demand_digest;
  std::uint64_t instructions = 0;  ///< that the run will execute
  std::uint64_t rounds = 0;        ///< and take
  std::uint64_t peak_bytes = 0;    ///< memory that an attempt takes at this rank, an estimate
  std::uint64_t sent_bytes = 0;    ///< payload of rounds, to each peer
  std::uint64_t tape_bytes = 0;    ///< to the last rank
};

vm::Seat seat_of(const service::Device& device, Rank own);

/// What a plan and what it was compiled from take in memory is estimated from the program's bytes.
inline constexpr std::size_t kPlanPerProgram = 4;

/// Compiles a program for the inputs at hand and forecasts its demand, which is the same at every rank.
/// kResource if the demand is too large to be sent. `where` says for whom, in errors.
Result<Planned> plan_for(const service::Device& device, Rank own, ByteView program,
                         const std::vector<PlannedInput>& inputs, const std::string& where);

}  // namespace spud::actors
