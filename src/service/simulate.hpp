// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.hpp"
#include "compiler/compile.hpp"
#include "io/meta.hpp"
#include "ir/plan.hpp"
#include "vm/run.hpp"

namespace spud::service {

/// A device that lives in one process: for trying programs before there are partners.
struct SimulatedDevice {
  vm::ProtocolKind protocol = vm::ProtocolKind::kSemi2k;
  unsigned parties = 2;
  alu::NumberFormat format;
};

/// Protocol, party count, ring and fraction bits fit together.
Status verify(const SimulatedDevice& device);

/// Compiles for inputs as a meta.json describes them.
Result<ir::Plan> compile_for(const SimulatedDevice& device, ByteView program, const io::Meta& meta,
                             const compiler::StepObserver& observer = {});

struct Simulation {
  std::vector<Literal> outputs;
  std::vector<vm::Traffic> traffic;  ///< by rank; they differ where inputs are private
  std::uint64_t tape_bytes = 0;
  double compile_seconds = 0;
  double run_seconds = 0;  ///< sharing, dealing, all parties, reconstruction
};

/// Encodes and splits the inputs, runs every party and a dealer as threads, and puts the outputs together
/// again. `link` makes the links between parties slower.
Result<Simulation> simulate(const SimulatedDevice& device, ByteView program, const io::Meta& meta,
                            const std::vector<Literal>& inputs, Random& random,
                            const net::LinkShape& link = {});

}  // namespace spud::service
