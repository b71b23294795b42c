// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace spud::net {

/// Where a service listens: a host name or IP address, and a TCP port (0: any free one, for listeners only).
struct Address {
  std::string host;
  std::uint16_t port = 0;

  /// "host:port", "10.0.0.1:port" or "[::1]:port".
  static Result<Address> parse(std::string_view text);
  std::string str() const;
  bool operator==(const Address&) const = default;
};

}  // namespace spud::net
