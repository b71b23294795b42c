// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "system/net/deadline.hpp"

namespace spud::app::bench {

using Json = nlohmann::json;

/// One end of the line between the process that measures and one that it started: a JSON object a line. Both
/// ends are ours, so what comes is believed. Used by one thread.
class ControlLine {
 public:
  explicit ControlLine(int fd) : fd_(fd) {}
  ControlLine(const ControlLine&) = delete;
  ControlLine& operator=(const ControlLine&) = delete;
  ~ControlLine();

  Status send(const Json& message);
  /// kUnavailable when the other end has gone, kCancelled when a signal came.
  Result<Json> receive(net::Deadline deadline);
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string buffer_;
};

/// How an error goes over the line and comes out again.
Json to_json(const Error& error);
Error error_from(const Json& json);

}  // namespace spud::app::bench
