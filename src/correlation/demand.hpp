// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "base/limits.hpp"
#include "correlation/instruction.hpp"

namespace spud::correlation {

/// A step of a demand: one instruction, or a loop over steps (body not empty).
///
/// Registers are numbered in the order they are made, loops unrolled; a step names its operands by how many
/// registers ago they were made. Every number of a loop's body may grow by a constant a turn: that is how a
/// slice that walks over a table, and a mask made before the loop, stay one step however often the loop
/// turns.
struct Step {
  Instruction instruction;           ///< operands hold distances
  std::uint64_t turns = 1;           ///< of a loop
  std::vector<Step> body;            ///< of a loop
  std::vector<std::int64_t> growth;  ///< of a loop: a turn's growth of each number of the body, in order
  bool is_loop() const { return !body.empty(); }
};

/// Everything a plan asks of the dealer, in order. Its size grows with the program, not with the turns of its
/// loops.
struct Demand {
  unsigned parties = 2;
  std::vector<Step> steps;
};

/// The numbers of a step that may grow, in a fixed order: an instruction's parameters, map starts and
/// distances; a loop's body's.
std::size_t number_count(const Step& step);

/// Calls visit with every instruction in order: loops unrolled, growth applied, operands as absolute register
/// numbers, and the number of the register it makes. Stops at the first error; a distance that leads nowhere
/// is an error, and so are more than `most` instructions.
Status for_each(const Demand& demand, const std::function<Status(const Instruction&, RegisterId made)>& visit,
                std::uint64_t most = limits::kInstructionsPerDemand);

/// What a demand costs.
struct DemandCost {
  std::uint64_t dealt_bits = 0;  ///< to the last party
  std::uint64_t tape_bytes = 0;  ///< the same as it is packed on the tape
  std::uint64_t items = 0;       ///< streams a party draws from its seed
};
Result<DemandCost> cost(const Demand& demand);

/// Wire form (schemas/demand.capnp), in Cap'n Proto's canonical encoding: equal demands have equal bytes.
Bytes encode(const Demand& demand);
Result<Demand> decode_demand(ByteView bytes);
/// SHA-256 of the wire form.
Digest digest(const Demand& demand);

}  // namespace spud::correlation
