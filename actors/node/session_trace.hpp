// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "actors/node/planning.hpp"
#include "service/session/hello.hpp"
#include "service/trace/recorder.hpp"
#include "service/wire/dealer_codec.hpp"
#include "vm/ledger.hpp"
#include "vm/time_sheet.hpp"

namespace spud::actors {

/// The times of a run by instruction, as a trace has them. Instructions that one party computes on what it
/// alone has in plain come together as one row, and then no row says when: how long such a step takes may
/// follow from the data, and a trace goes to clients of other parties.
std::vector<service::trace::InstructionRow> instruction_rows(const vm::Ledger& ledger,
                                                             const std::vector<vm::InstructionTime>& times);

/// What the run on shapes says of the run to come.
service::trace::Attributes foretold(const Planned& planned);

/// When a node asked its dealer for a tape and when it had the answer, by the node's clock.
struct TapeOpening {
  service::trace::Context trace;
  std::int64_t asked = 0;
  std::int64_t answered = 0;
};

/// The dealer's part as it told it, on the node's clock: what the dealer did between question and answer lies
/// between them, which says how far their clocks are apart. `used_up`: when the tape was, by the node's
/// clock. nullopt: it told nothing, or what no clock shows.
std::optional<service::trace::Part> dealer_part(const service::wire::DealerTimes& times,
                                                const TapeOpening& opening, const service::Member& dealer,
                                                const service::session::Terms& terms,
                                                const service::trace::TraceId& trace, std::int64_t used_up);

}  // namespace spud::actors
