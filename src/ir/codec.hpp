// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "ir/canonical.hpp"
#include "ir/plan.hpp"

namespace spud::ir {

/// The version that encode() writes and decode() reads.
inline constexpr unsigned kPlanVersion = 2;

/// A plan as bytes of schemas/plan.capnp. The plan must pass verify(); a defect in it is ours.
Bytes encode(const Plan& plan);

/// Reads what encode() wrote. Total on any bytes: sizes are checked before anything is allocated, and what it
/// returns has passed verify(). Errors are kCorrupt, or what verify() says.
Result<Plan> decode(ByteView bytes);

}  // namespace spud::ir
