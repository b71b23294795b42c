// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "schemas/hlo.pb.h"

namespace spud::compiler {

/// Reads an HloModuleProto, or the HloProto that wraps one. Refuses what is too large, cut short or something
/// else; beyond that the message is only syntax: nothing in it is believed before import/verify.hpp has seen
/// it.
Result<std::unique_ptr<hlo::HloModuleProto>> parse(ByteView program);

}  // namespace spud::compiler
