// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/literal.hpp"

namespace spud::app::bench {

/// The largest |got − expected| of two tensors of one type; infinite where one is no number and the other is.
double largest_error(const Literal& got, const Literal& expected);

}  // namespace spud::app::bench
