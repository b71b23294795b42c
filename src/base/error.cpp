// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

namespace spud {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadInput:
      return "bad-input";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kPeerFault:
      return "peer-fault";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kResource:
      return "resource";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::message() const {
  std::string line = where.empty() ? what : where + ": " + what;
  if (!expected.empty()) line += "; expected " + expected;
  if (!party.empty()) line += " [party at fault: " + party + "]";
  if (!hint.empty()) line += "; " + hint;
  return line;
}

Error Error::in(const std::string& outer) && {
  where = where.empty() ? outer : outer + ": " + where;
  return std::move(*this);
}

}  // namespace spud
