// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/footprint.hpp"

namespace spud::vm {

/// The most memory that a process needs for a computation of which it is told when what is held and given
/// back: with what released buffers keep, by the rules of ring/buffer.hpp.
class PeakMemory final : public MemoryMeter {
 public:
  void took(std::uint64_t bytes) override;
  void gave_back(std::uint64_t bytes) override;

  std::uint64_t peak() const { return peak_; }

 private:
  std::uint64_t held_ = 0;    ///< in use, small and large
  std::uint64_t pooled_ = 0;  ///< in use, in buffers that are kept when they are released
  std::uint64_t idle_bytes_ = 0;
  std::uint64_t peak_ = 0;
  std::map<std::uint64_t, std::uint64_t> idle_;  ///< kept ones, by size
};

}  // namespace spud::vm
