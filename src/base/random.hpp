// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace spud {

/// Randomness as an argument: the operating system's in production (system/crypto), seeded in tests.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills `out` or says why it could not; the caller must not go on without it.
  virtual Status fill(MutableBytes out) = 0;
  Result<Seed> seed() {
    Seed fresh;
    SPUD_TRY(fill(fresh.writable()));
    return fresh;
  }
};

}  // namespace spud
