// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/trace/timeline.hpp"

/// `spud job report`: a job's course as one page, with nothing to load and no script.
namespace spud::app::job_report {

std::string html_text(const service::trace::Timeline& timeline);

}  // namespace spud::app::job_report
