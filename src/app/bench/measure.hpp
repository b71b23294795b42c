// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "app/bench/deployment.hpp"
#include "app/bench/figures.hpp"
#include "app/bench/program.hpp"

namespace spud::app::bench {

/// Is told what is under way: "run 2 of 5".
using Progress = std::function<void(const std::string& step)>;

/// Measures one program: parties and dealer as processes of their own, a run to warm up, then the setting's.
/// Call it while this process has one thread.
Row measure(const Program& program, const Setting& setting, const Deployment& deployment,
            const Progress& progress);

}  // namespace spud::app::bench
