// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/doctor/findings.hpp"

namespace spud::app {

/// This machine: its clock, what its processor can do, its limits.
void check_host(Findings& findings);

}  // namespace spud::app
