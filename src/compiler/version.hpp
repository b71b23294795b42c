// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spud::compiler {

/// Stands in every plan and its digest. Raised with every change that can change a plan: nodes of a device
/// run a job only while their compilers are equal.
inline constexpr char kCompilerVersion[] = "5";

}  // namespace spud::compiler
