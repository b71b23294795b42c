// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "service/trace/part.hpp"

namespace spud::app::job_report {

/// "820 µs", "12.4 ms", "3.21 s", "4 min 5 s"
std::string duration_text(std::int64_t micros);
/// With spaces between thousands.
std::string count_text(std::uint64_t count);
/// "2026-01-31 12:00:00.123", UTC; "–" for 0.
std::string moment_text(std::int64_t micros);

/// A span's figure by name; 0 if it has none.
std::int64_t figure(const service::trace::Span& span, const std::string& name);

}  // namespace spud::app::job_report
