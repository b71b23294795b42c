// SPDX-License-Identifier: Apache-2.0
#include "app/bench/control_line.hpp"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spud::app::bench {

ControlLine::~ControlLine() {
  ::close(fd_);
}

Status ControlLine::send(const Json& message) {
  const std::string line = message.dump() + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const auto sent = ::send(fd_, line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0)
      return fail(ErrorCode::kUnavailable, std::string("cannot be told: ") + std::strerror(errno));
    at += static_cast<std::size_t>(sent);
  }
  return {};
}

Result<Json> ControlLine::receive(net::Deadline deadline) {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      Json message = Json::parse(buffer_.substr(0, end), nullptr, false);
      buffer_.erase(0, end + 1);
      if (!message.is_object()) return fail(ErrorCode::kInternal, "sent what is no message", "control line");
      return message;
    }
    pollfd wait{fd_, POLLIN, 0};
    const int ready = ::poll(&wait, 1, deadline.poll_millis());
    if (ready < 0) return fail(ErrorCode::kCancelled, "interrupted");
    if (ready == 0) return fail(ErrorCode::kTimeout, "does not answer");
    char part[4096];
    const auto got = ::recv(fd_, part, sizeof part, 0);
    if (got <= 0) return fail(ErrorCode::kUnavailable, "has ended");
    buffer_.append(part, static_cast<std::size_t>(got));
  }
}

Json to_json(const Error& error) {
  return {{"code", static_cast<int>(error.code)}, {"what", error.what},   {"where", error.where},
          {"expected", error.expected},           {"party", error.party}, {"hint", error.hint}};
}

Error error_from(const Json& json) {
  return {static_cast<ErrorCode>(json.value("code", static_cast<int>(ErrorCode::kInternal))),
          json.value("what", ""),
          json.value("where", ""),
          json.value("expected", ""),
          json.value("party", ""),
          json.value("hint", "")};
}

}  // namespace spud::app::bench
