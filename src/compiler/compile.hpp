// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/passes/pipeline.hpp"
#include "ir/plan.hpp"

namespace spud::compiler {

/// How the caller brings a parameter.
struct Parameter {
  ir::Visibility visibility = ir::Visibility::kSecret;
  std::optional<TensorType> type;  ///< checked against the program's where it is known
  std::optional<Rank> owner{};     ///< of a secret: the party that brings it and knows it
};

struct CompileRequest {
  ByteView program;                   ///< a serialised HloModuleProto or HloProto; not kept
  std::vector<Parameter> parameters;  ///< in the order of the program's, tuples flattened
  unsigned ring_bits = 64;            ///< of the device: 32, 64 or 128
  unsigned fraction_bits = 18;        ///< of the device's floats: less than half the ring
};

/// Compiles a program for exact types, visibilities and number formats. A pure function: the same request
/// gives the same plan, digest included, on every machine, build and thread count. Errors name what in the
/// program, or which in<k>, is at fault; everything that cannot be run is refused here, before a secret
/// moves.
/// `observer` sees the program as each step leaves it.
Result<ir::Plan> compile(const CompileRequest& request, const StepObserver& observer = {});

/// The types of a program's parameters in0, in1, …, tuples flattened: what a client needs before it can ask
/// for a plan.
Result<std::vector<TensorType>> parameter_types(ByteView program);

}  // namespace spud::compiler
