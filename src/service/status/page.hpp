// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/status/view.hpp"

namespace spud::service::status {

/// The status page: HTML and SVG, a function of the snapshot alone. Names come from whoever chose them and
/// are escaped.
std::string page(const Snapshot& snapshot);

/// Its Content-Security-Policy: nothing runs but the page's own script, no style but its own, and nothing is
/// asked of anybody but the service itself; a second fence behind the escaping.
std::string content_policy();

}  // namespace spud::service::status
