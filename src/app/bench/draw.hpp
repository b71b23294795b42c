// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.hpp"
#include "io/meta.hpp"

namespace spud::app::bench {

/// The inputs of a program, drawn from the ranges of its meta.json: floats uniform in [lowest, highest),
/// integers and booleans uniform in [lowest, highest) too. A range of one value gives that value. Names the
/// input that lacks a type, a shape or a range, or whose range its type cannot hold.
Result<std::vector<Literal>> draw_inputs(const io::Meta& meta, Random& random);

}  // namespace spud::app::bench
