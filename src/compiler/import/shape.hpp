// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// Checks a shape of the file: element types that spud computes with, static sizes, rank and element count in
/// limits.
Result<HloShape> import_shape(const hlo::ShapeProto& shape);

}  // namespace spud::compiler
