// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace spud::net {

using Micros = std::chrono::microseconds;

/// What a link is made to look like, one way: for measuring what a program costs on a slower network than the
/// one at hand.
struct LinkShape {
  Micros delay{0};                    ///< added to every byte
  std::uint64_t bits_per_second = 0;  ///< 0: as fast as it goes

  bool active() const { return delay.count() > 0 || bits_per_second > 0; }
  /// "20ms,100mbit", either part alone, or "none". Units: us, ms, s; kbit, mbit, gbit (powers of ten, a
  /// second).
  static Result<LinkShape> parse(std::string_view text);
  /// A form that parse() reads; needs a rate of 1 kbit/s or more, as parse() gives.
  std::string str() const;
  bool operator==(const LinkShape&) const = default;
};

/// When bytes given to such a link come out of it. A pure function of the calls; time is whatever the caller
/// counts.
class LinkSchedule {
 public:
  explicit LinkSchedule(const LinkShape& shape) : shape_(shape) {}
  /// Bytes handed in at `now` (never earlier than the call before) have all arrived at the time returned.
  Micros arrival(Micros now, std::size_t bytes);

 private:
  LinkShape shape_;
  Micros line_free_{0};      // when the last bit before ours has left
  std::uint64_t carry_ = 0;  // bits × 10^6 that did not fill a whole microsecond yet
};

}  // namespace spud::net
