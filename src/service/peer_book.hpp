// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace spud::service {

/// Which peers of a service work, as far as it knows: state machine, no clock, no sockets. A peer is known
/// from the first that is heard of it, well or ill, and forgotten when nothing was for kKept: what nobody has
/// to do with any more must not look as if it were there, or as if it were missed.
class PeerBook {
 public:
  static constexpr Millis kKept{15 * 60'000};

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
  std::map<std::string, Entry> peers_;
};

}  // namespace spud::service
