// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "base/literal.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// A constant of the file as a row-major literal of `type`, whatever layout it is stored in. Checks that it
/// holds exactly the elements of its type before it allocates.
Result<Literal> import_literal(const hlo::LiteralProto& literal, const TensorType& type);

}  // namespace spud::compiler
