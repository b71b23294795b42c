// SPDX-License-Identifier: Apache-2.0
#include "app/device_options.hpp"

namespace spud::app {

void add_device_options(CLI::App& verb, DeviceOptions& options) {
  verb.add_option("--protocol", options.protocol,
                  "How it computes: semi2k, or ref2k, which hides nothing and checks ranges")
      ->capture_default_str();
  verb.add_option("--parties", options.parties, "Parties that compute")->capture_default_str();
  verb.add_option("--ring", options.ring, "Bits of the ring of floats: 32, 64 or 128")->capture_default_str();
  verb.add_option("--fraction-bits", options.fraction_bits, "Fraction bits of floats")->capture_default_str();
}

Result<service::SimulatedDevice> device_of(const DeviceOptions& options) {
  service::SimulatedDevice device{
      .protocol = {}, .parties = options.parties, .format = {options.ring, options.fraction_bits}};
  SPUD_ASSIGN(device.protocol, vm::protocol_from_string(options.protocol));
  SPUD_TRY(service::verify(device));
  return device;
}

}  // namespace spud::app
