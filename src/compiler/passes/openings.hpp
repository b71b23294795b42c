// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "ir/plan.hpp"

namespace spud::compiler {

/// What the uses of a secret number cause to be opened of it while it is not masked, in elements. A mask
/// belongs to a value: its second product opens nothing, but a slice of what is not masked is another value
/// and gets a mask of its own. An estimate: comparisons that open a part of each element count as whole.
struct Openings {
  bool itself = false;         ///< a product or comparison takes the value as it is: its elements, once
  std::uint64_t views = 0;     ///< by its slices, transposes and other linear images, each anew
  std::uint64_t in_loops = 0;  ///< those of `views` that lie in a loop of known length, all turns together

  std::uint64_t of(std::int64_t elements) const;
};

/// The openings of every value of a region, and of the regions of its instructions.
struct Survey {
  std::vector<Openings> values;
  std::vector<std::vector<Survey>> regions;  ///< by instruction
};

Survey survey_openings(const ir::Region& region);

/// Whether the result is a linear image of this operand alone, so that it is masked where the operand is.
bool is_view(const ir::Region& region, const ir::Instruction& instruction, std::size_t operand);

}  // namespace spud::compiler
