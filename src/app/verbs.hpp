// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.hpp"

namespace spud::app {

/// Each adds its verbs to the command line. A verb's callback sets the process's exit code: 0 done, 1 the job
/// or check failed, 2 usage or bad input.
void add_sim(CLI::App& app, int& exit_code);
void add_plan(CLI::App& app, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);

/// One line on standard error, and the exit code that fits: bad input is 2, everything else 1.
int report(const Error& error);

}  // namespace spud::app
