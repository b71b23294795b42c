// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace spud::app {

/// Adds `trace` and `report` to `spud job`.
void add_job_trace(CLI::App& group, int& exit_code);

}  // namespace spud::app
