// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "service/simulate.hpp"

namespace spud::app {

/// The device that a verb without services works for.
struct DeviceOptions {
  std::string protocol = "semi2k";
  unsigned parties = 2, ring = 64, fraction_bits = 18;
};

void add_device_options(CLI::App& verb, DeviceOptions& options);
Result<service::SimulatedDevice> device_of(const DeviceOptions& options);

}  // namespace spud::app
