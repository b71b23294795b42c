// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "system/crypto/prg.hpp"

namespace spud::crypto {

/// The operating system's randomness, for everything that must be secret. Thread-safe.
class OsRandom final : public Random {
 public:
  Status fill(MutableBytes out) override;
};

/// The same bytes for the same seed and the same sequence of calls: tests and reproducible simulation only.
/// Each fill() begins a new stream. One thread at a time.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(const Seed& seed) : prg_(seed) {}
  explicit SeededRandom(std::uint64_t seed);
  Status fill(MutableBytes out) override;

 private:
  Prg prg_;
  std::uint64_t calls_ = 0;
};

}  // namespace spud::crypto
