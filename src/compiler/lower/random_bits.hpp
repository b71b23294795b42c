// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "ir/builder.hpp"

namespace spud::compiler {

/// The bits that XLA's rng-bit-generator draws, spelled out in operations on integers, so that they are the
/// same bits for a public state and a secret one. `state`: u64[2], key and counter, or u64[3] with a counter
/// of 128 bits for Philox; `algorithm` as HLO numbers them. Returns the next state and bits of type `result`.
std::vector<ir::ValueId> random_bits(ir::RegionBuilder& builder, const std::string& origin, ir::ValueId state,
                                     std::int64_t algorithm, const TensorType& result);

}  // namespace spud::compiler
