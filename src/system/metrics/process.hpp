// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <prometheus/metric_family.h>

namespace spud::metrics {

/// The families process_* of Prometheus's client libraries, read from /proc now. One that cannot be read is
/// left out.
std::vector<prometheus::MetricFamily> process_families();

}  // namespace spud::metrics
