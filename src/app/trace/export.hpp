// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "service/trace/timeline.hpp"

/// Timelines as files that other programs open.
namespace spud::app::trace {

/// Chrome's trace event format, a process a service: for Perfetto and chrome://tracing.
std::string chrome_text(const service::trace::Timeline& timeline);

/// OTLP/JSON, as a collector of OpenTelemetry takes it at /v1/traces and reads it from files: one line, a
/// resource a service. `version` is that of the program.
std::string otlp_text(const service::trace::Timeline& timeline, const std::string& version);

}  // namespace spud::app::trace
