// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <vector>

#include "correlation/demand.hpp"
#include "correlation/streams.hpp"
#include "correlation/tape.hpp"

namespace spud::correlation {

/// Expands a demand from the parties' seeds and writes the last party's corrections, in the order in which
/// they are used. Deterministic: live and stocked tapes of one seed are the same bytes. The demand is checked
/// as it runs: it comes from peers. seeds[p] is party p's; `cancelled`, if given, ends the work with
/// ErrorCode::kCancelled.
Status deal(const Demand& demand, const std::vector<Seed>& seeds, TapeWriter& tape,
            const std::atomic<bool>* cancelled = nullptr);
/// With other randomness than seeds': for tests.
Status deal(const Demand& demand, const std::vector<std::shared_ptr<const Streams>>& parties,
            TapeWriter& tape, const std::atomic<bool>* cancelled = nullptr);

}  // namespace spud::correlation
