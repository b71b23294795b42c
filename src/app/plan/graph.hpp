// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/plan/report.hpp"

namespace spud::app::plan {

/// How much of all bytes, in six steps: "h0" for nothing to "h5" for a third and more; names of the page's
/// style.
const char* heat_of(double share);

/// The plan as a drawing, inline SVG, with one for each region of its loops and branches folded below it.
std::string graph_html(const Report& report);

}  // namespace spud::app::plan
