// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "alu/format.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// Works out between which numbers every value lies and writes ValueInfo::signed_bits of every secret number
/// for which that saves something. Ranges are of values as a device of this format holds them: they allow for
/// the unit that a truncation may add and for the error that functions state (alu/alu.hpp).
///
/// What ranges start from: element types of integers and halves, constants, bits, clamps, functions with a
/// bounded result, and that a truncation works only for numbers below a quarter of the ring (where it does
/// not, the result means nothing, and ref2k refuses the run). Visibilities must be there; passes that change
/// the region come before.
void infer_ranges(ir::Region& main, const alu::NumberFormat& format);

}  // namespace spud::compiler
