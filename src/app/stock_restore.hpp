// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace spud::app {

/// Adds `restore` and `clone`, which do the same, to the verb `stock`.
void add_stock_restore(CLI::App& stock, int& exit_code);

}  // namespace spud::app
