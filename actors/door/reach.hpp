// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace spud::actors {

/// What is said of somebody who is tried again and again: neither every failure, nor nothing. One that was
/// never reached has a try's grace, since services are started together. One thread.
class Reach {
 public:
  /// How often a cause that lasts is told.
  static constexpr Millis kRemind{5 * 60'000};
  /// Most causes told within that time: one may hold a number.
  static constexpr std::size_t kCauses = 16;

  enum class Say { kNothing, kReached, kBack, kNotReached };

  /// What to say of this try.
  Say tried(const Status& outcome, Millis now);
  bool reached() const { return reached_; }
  /// Why it is not reached, one clause; empty if it is.
  std::string reason() const;
  /// Since it was lost or, before it was ever reached, first tried.
  Millis away(Millis now) const { return now - since_; }

 private:
  Say failed(const std::string& cause, Millis now);

  bool reached_ = false, ever_ = false;
  std::optional<std::string> cause_;  ///< of the last try, if it failed
  std::map<std::string, Millis> told_;
  Millis since_{0};
};

}  // namespace spud::actors
