// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "ir/builder.hpp"

namespace spud::compiler {

/// x, if `select` is what frameworks spell 1 − erf(x) as: near zero 1 − x·P(x²), elsewhere e^(−x²)/|x| times
/// a polynomial in 1/x², or two minus that. The series of the near part is checked by its numbers, the far
/// one by its shape: its powers of 1/x² leave any ring for small x, whose results nobody takes.
std::optional<ir::ValueId> complementary_error_argument(const ir::RegionBuilder& builder,
                                                        const ir::Instruction& select);

}  // namespace spud::compiler
