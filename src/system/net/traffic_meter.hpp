// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace spud::net {

/// Is told what goes over connections while it goes, in bytes as Traffic counts them. Any thread.
class TrafficMeter {
 public:
  virtual ~TrafficMeter() = default;
  virtual void sent(std::uint64_t bytes) = 0;
  virtual void received(std::uint64_t bytes) = 0;
};

}  // namespace spud::net
