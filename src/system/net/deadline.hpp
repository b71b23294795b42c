// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace spud::net {

/// A timeout that never passes.
inline constexpr Millis kForever = Millis::max();

/// The moment at which a call gives up, fixed when the call begins. Real time: it bounds waits of the
/// kernel's poll.
class Deadline {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `timeout` from now; kForever never passes, zero and less has passed already.
  static Deadline after(Millis timeout) {
    // Anything beyond a year would only overflow the clock's arithmetic.
    if (timeout >= Millis(std::chrono::hours(24 * 365))) return Deadline(std::nullopt);
    return Deadline(std::chrono::steady_clock::now() + timeout);
  }
  static Deadline never() { return Deadline(std::nullopt); }

  bool passed() const { return time_ && std::chrono::steady_clock::now() >= *time_; }
  /// Empty: never.
  std::optional<Time> time() const { return time_; }
  /// For poll(2): -1 for ever, else milliseconds left, rounded up so that a wait does not end just before the
  /// end.
  int poll_millis() const {
    if (!time_) return -1;
    auto left = std::chrono::ceil<Millis>(*time_ - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
  }
  Deadline earlier(Deadline other) const {
    if (!time_ || (other.time_ && *other.time_ < *time_)) return other;
    return *this;
  }

 private:
  explicit Deadline(std::optional<Time> time) : time_(time) {}
  std::optional<Time> time_;
};

}  // namespace spud::net
