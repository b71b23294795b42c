// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "system/net/address.hpp"
#include "system/net/deadline.hpp"

namespace spud::service::status {

struct HttpAnswer {
  int status = 0;  ///< 200, 404
  std::string body;
};

/// One document of an operations port, in plain HTTP/1.0. But for looking up a host's name, all of it is here
/// within `patience`, head and body of `bytes` at the most, however the other side behaves. kUnavailable or
/// kTimeout where nobody answers, kPeerFault if it is no HTTP, kResource if it is too large. `path` is ours:
/// "/status.json".
Result<HttpAnswer> http_get(const net::Address& address, const std::string& path, Millis patience,
                            std::size_t bytes);

}  // namespace spud::service::status
