// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "alu/format.hpp"
#include "base/random.hpp"
#include "correlation/demand.hpp"
#include "correlation/tape.hpp"
#include "ir/plan.hpp"
#include "protocol/network.hpp"
#include "system/net/link_shape.hpp"
#include "vm/executor.hpp"
#include "vm/ledger.hpp"
#include "vm/party.hpp"

namespace spud::vm {

/// An input that one party has in plain.
struct PrivateInput {
  Rank owner{};
  TensorType type;
  std::optional<Literal> value;  ///< the owner's; nullopt elsewhere
};

/// An input of a run: a public tensor, this party's share, or one that a party keeps.
using Input = std::variant<Literal, alu::StoredShare, PrivateInput>;
/// What the run on shapes wants of an input that is not public.
Input shape_of(const ir::InputSpec& input, const alu::NumberFormat& format);

/// An output of a run: a public tensor, or this party's share.
using Output = std::variant<Literal, alu::StoredShare>;

/// What a run will cost, before anything secret moves.
struct Forecast {
  correlation::Demand demand;
  correlation::DemandCost dealt;
  Traffic traffic;
  std::uint64_t instructions = 0;  ///< each turn of a loop anew, as Progress counts them
  /// The most memory of a process that this seat's part takes: values, openings under way, the tape's buffer,
  /// inputs and outputs. What the process has anyway, and the plan, come on top.
  std::uint64_t peak_bytes = 0;
};

/// The run on shapes: executes the plan with phantoms for secrets. `inputs` gives the public inputs their
/// values, which loops may depend on; the data of others is not looked at. Traffic is that of the seat; who
/// keeps inputs to itself sends more than the others. `ledger`, made for this plan, gets what each
/// instruction costs; together they cost what is forecast.
Result<Forecast> forecast(const ir::Plan& plan, const Seat& seat, const std::vector<Input>& inputs,
                          Ledger* ledger = nullptr);

/// What one party brings to an attempt.
struct Attempt {
  Seat seat;
  protocol::Network* network = nullptr;
  Seed seed;                                ///< from the dealer
  correlation::TapeReader* tape = nullptr;  ///< of the last party
  std::map<Rank, Seed> pair_keys;           ///< with every other compute party; the dealer does not know them
  Progress* progress = nullptr;             ///< is told how far the run is; null: nobody watches
  TimeSheet* times = nullptr;               ///< is told where its time goes; opened by the run
};

struct RunResult {
  std::vector<Output> outputs;
  Traffic traffic;
  std::uint64_t tape_bytes = 0;
};

/// Runs one party's part of a plan. Blocks; the thread is this attempt's own. Outputs' shares are refreshed.
Result<RunResult> run(const ir::Plan& plan, Attempt attempt, std::vector<Input> inputs,
                      const RoundExecutor::Observer& observer = {});

/// All parties and the dealer as threads of this process.
struct SimulatedRun {
  std::vector<std::vector<Output>> outputs_by_rank;
  std::vector<Traffic> traffic;  ///< by rank; they differ where inputs are private
  std::uint64_t tape_bytes = 0;
};
Result<SimulatedRun> run_all(const ir::Plan& plan, ProtocolKind kind, unsigned parties, Random& random,
                             const std::vector<std::vector<Input>>& inputs_by_rank,
                             const net::LinkShape& link = {});

/// Inputs fit the plan: number, types, visibility, owners, exact sizes. Names the input that does not. With
/// data, `rank` has what it owns, and nothing that others do.
Status verify_inputs(const ir::Plan& plan, const std::vector<Input>& inputs, Rank rank, bool with_data);

}  // namespace spud::vm
