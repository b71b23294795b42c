// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "service/scheduler/node_registry.hpp"

namespace spud::service::scheduler {

/// The devices of a scheduler. Immutable once made: whoever wants another makes one under another name.
class DeviceBook {
 public:
  void reload(Device device);
  /// Places a device on nodes that take work now. Asked again with the same words by the same party it
  /// answers the device that it made before; with other words the name is a conflict.
  Result<Device> create(const crypto::Identity& caller, const wire::CreateDevice& request,
                        const NodeRegistry& registry, Millis now);
  Result<Device> find(const DeviceId& name) const;
  wire::Devices list() const;
  /// Only the party that made it; dropping what does not exist is done already.
  Status drop(const crypto::Identity& caller, const DeviceId& name);

 private:
  std::map<DeviceId, Device> devices_;
};

}  // namespace spud::service::scheduler
