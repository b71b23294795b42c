// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/client_verb.hpp"

namespace spud::app {

/// The verb that lists the nodes and dealers that a scheduler knows, under this name: `spud node list`, and
/// `spud device nodes` as it was called first.
void add_node_list(CLI::App& group, const char* name, int& exit_code);

}  // namespace spud::app
