// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "correlation/demand.hpp"

namespace spud::correlation {

/// A recorded step, or the place where a turn of loop `loop` begins (or, after its last turn, ends).
struct Recorded {
  Step step;
  bool is_mark = false;
  std::uint64_t loop = 0;
};

/// Folds what was recorded into loops: neighbouring turns of one loop that differ only by a constant growth
/// of their numbers become one body. What does not repeat stays as it is, so the result always means the
/// same.
std::vector<Step> fold(std::vector<Recorded> recorded);

}  // namespace spud::correlation
