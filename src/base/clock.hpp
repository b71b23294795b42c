// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace spud {

using Millis = std::chrono::milliseconds;

/// Time as an argument: services take the system's, tests one that they move by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic; for deadlines and durations.
  virtual Millis now() const = 0;
  /// Milliseconds since 1970-01-01 UTC; for certificates, expiry and logs only.
  virtual std::int64_t unix_millis() const = 0;
  /// The same two as fine as there are, in microseconds; for traces.
  virtual std::int64_t now_micros() const { return 1000 * now().count(); }
  virtual std::int64_t unix_micros() const { return 1000 * unix_millis(); }
};

class SystemClock final : public Clock {
 public:
  Millis now() const override;
  std::int64_t unix_millis() const override;
  std::int64_t now_micros() const override;
  std::int64_t unix_micros() const override;
};

class ManualClock final : public Clock {
 public:
  Millis now() const override { return now_; }
  std::int64_t unix_millis() const override { return unix_ + now_.count(); }
  void advance(Millis by) { now_ += by; }

 private:
  Millis now_{0};
  std::int64_t unix_ = 1'700'000'000'000;
};

}  // namespace spud
