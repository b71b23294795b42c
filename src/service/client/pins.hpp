// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>

#include "service/device.hpp"

namespace spud::service::client {

/// The devices that a client has decided to trust: name and digest, one a line, in a file of its own. What is
/// not in it is not used: a scheduler cannot put other nodes behind a name.
class Pins {
 public:
  /// A file that does not exist is an empty one.
  static Result<Pins> read(const std::filesystem::path& file);

  /// kDenied, saying what to do, for a device that is not pinned or has another digest than when it was.
  Status check(const Device& device) const;
  /// kConflict if the name is pinned to another digest: whoever means it takes the old line out of the file
  /// first.
  Status add(const DeviceId& name, const Digest& digest);
  /// Forgets a device that was dropped.
  Status remove(const DeviceId& name);
  const std::map<DeviceId, Digest>& all() const { return pins_; }

 private:
  explicit Pins(std::filesystem::path file) : file_(std::move(file)) {}
  Status write() const;

  std::filesystem::path file_;
  std::map<DeviceId, Digest> pins_;
};

}  // namespace spud::service::client
