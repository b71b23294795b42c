// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/bench/program.hpp"
#include "app/bench/setting.hpp"

namespace spud::app::bench {

/// All that a party does before the clock starts, but for connecting.
struct Prepared {
  ir::Plan plan;
  Bytes demand;  ///< encoded, as the dealer is asked
  correlation::DemandCost dealt;
  double compile_seconds = 0;
};

/// Compiles a program and forecasts its demand, as a node does for an attempt.
Result<Prepared> prepare(const Program& program, const Setting& setting);

/// The inputs of every call of `spud bench`: those beside the program, or drawn, the same on all machines.
Result<std::vector<Literal>> fixed_inputs(const Program& program);

/// One party's part of those inputs. All parties split them alike.
Result<std::vector<vm::Input>> inputs_of(Rank rank, const Program& program, const Setting& setting);

}  // namespace spud::app::bench
