// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "service/scheduler/node_registry.hpp"
#include "service/scheduler/placement.hpp"

namespace spud::service::scheduler {

/// The devices of a scheduler. Each is immutable: whoever wants another makes one under another name, or has
/// members of it replaced, which makes another one under the same.
class DeviceBook {
 public:
  void reload(Device device);
  /// Places a device on nodes that take work now. Asked again with the same words by the same party it
  /// answers the device that it made before; with other words the name is a conflict.
  Result<Device> create(const crypto::Identity& caller, const wire::CreateDevice& request,
                        const NodeRegistry& registry, Millis now);
  /// Other nodes of the same parties in place of those that are absent, or of `request.node`; another digest.
  /// Only the party that made it. Fails if nothing needs to be replaced, or a party has no other node.
  Result<Device> replace(const crypto::Identity& caller, const wire::ReplaceDevice& request,
                         const NodeRegistry& registry, Millis now);
  Result<Device> find(const DeviceId& name) const;
  wire::Devices list() const;
  /// Only the party that made it; dropping what does not exist is done already.
  Status drop(const crypto::Identity& caller, const DeviceId& name);

 private:
  std::vector<Candidate> candidates(crypto::Role role, const NodeRegistry& registry, Millis now) const;
  Status choose_members(Device& device, const wire::CreateDevice& request, const NodeRegistry& registry,
                        Millis now) const;

  std::map<DeviceId, Device> devices_;
};

}  // namespace spud::service::scheduler
