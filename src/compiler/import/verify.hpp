// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/import/module.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// Turns a parsed program into a module that the rest of the compiler may believe, or says what is wrong with
/// it. Holds afterwards:
/// * every opcode is supported (all others are collected and refused in one message);
/// * ids are unique, operands stand before their users in the same computation, roots are in their
/// computation, the
///   entry exists, parameter numbers are dense from 0;
/// * no computation calls itself, however far around; regions nest within limits;
/// * every result has the shape and element type that its operands make; literals hold exactly their
/// elements;
/// * counts and sizes are within base/limits.hpp.
/// Errors name the instruction and its computation.
Result<HloModule> verify_module(const hlo::HloModuleProto& proto);

}  // namespace spud::compiler
