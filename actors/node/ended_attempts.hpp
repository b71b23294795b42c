// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>

#include "base/error.hpp"
#include "base/id.hpp"

namespace spud::actors {

/// Why the attempts that failed last on this node did. A peer whose link comes after the end is told the
/// cause that its own log should name, rather than that this node knows nothing of the attempt.
class EndedAttempts {
 public:
  /// Older failures are forgotten: their peers have long given up.
  static constexpr std::size_t kRemembered = 256;

  void remember(const JobId& job, std::uint32_t attempt, Error cause);
  /// Null if the attempt has not failed here, or too long ago.
  const Error* cause(const JobId& job, std::uint32_t attempt) const;

 private:
  struct Ended {
    JobId job;
    std::uint32_t attempt = 0;
    Error cause;
  };
  std::deque<Ended> ended_;
};

}  // namespace spud::actors
