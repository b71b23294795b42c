// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace spud::service {

/// Which peers of a service work, as far as it knows: state machine, no clock, no sockets. A peer is known
/// from the first that is heard of it, well or ill, and forgotten when nothing was for kKept: what nobody has
/// to do with any more must not look as if it were there. One that failed is forgotten sooner: nobody has
/// tried since, so it may be back; one that is needed fails again before, or works.
class PeerBook {
 public:
  static constexpr Millis kKept{15 * 60'000};
  /// Longer than the pause before a job's next attempt and that attempt's wait for its links together, and
  /// shorter than the `for` of SpudPeerDown.
  static constexpr Millis kMissed{2 * 60'000};

  /// `beats` is how long a peer may be silent or untried at the most while it is needed: no less passes
  /// before one that failed is forgotten.
  explicit PeerBook(Millis beats = Millis(0)) : missed_(std::max(kMissed, beats)) {}

  struct Standing {
    bool up = false;
    std::optional<double> round_trip_seconds{};  ///< of one that is up
    bool operator==(const Standing&) const = default;
  };

  /// It answered, or sent something. Without a round trip the last one stays.
  Standing worked(const std::string& peer, std::optional<double> round_trip_seconds, Millis now);
  /// It did not answer, or its connection broke.
  Standing failed(const std::string& peer, Millis now);
  /// Those that are known no more, from now on.
  std::vector<std::string> forget(Millis now);

 private:
  struct Entry {
    Standing standing;
    Millis heard{0};
  };
  const Millis missed_;
  std::map<std::string, Entry> peers_;
};

}  // namespace spud::service
