// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "system/net/socket.hpp"

namespace spud::net {

/// A TCP port that takes connections. accept() from one thread; shutdown() from any.
class Listener {
 public:
  /// kConflict if the port is in use; errors name the address. Port 0 takes a free one: see address().
  static Result<Listener> bind(const Address& address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  /// The next connection: kTimeout when none comes, kCancelled after shutdown(), kResource when the process
  /// has no descriptor left (a pause and a retry can help).
  Result<Socket> accept(Millis timeout);

  /// Makes accept() return now and from now on.
  void shutdown();

  /// With the port that was really taken.
  const Address& address() const { return address_; }

 private:
  Listener(int fd, Address address) : fd_(fd), address_(std::move(address)) {}
  int fd_ = -1;
  Address address_;
  std::atomic<bool> stopped_{false};
};

}  // namespace spud::net
