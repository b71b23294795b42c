// SPDX-License-Identifier: Apache-2.0
#include "vm/peak_memory.hpp"

#include <algorithm>
#include <iterator>
#include <new>

#include "ring/buffer.hpp"

namespace spud::vm {

void PeakMemory::took(std::uint64_t bytes) {
  held_ += bytes;
  if (bytes >= ring::kPooledBytes) {
    pooled_ += bytes;
    if (auto found = idle_.find(bytes); found != idle_.end()) {
      idle_bytes_ -= bytes;
      if (--found->second == 0) idle_.erase(found);
    }
  }
  peak_ = std::max(peak_, held_ + idle_bytes_);
}

void PeakMemory::gave_back(std::uint64_t bytes) {
  held_ -= bytes;
  if (bytes < ring::kPooledBytes) return;
  pooled_ -= bytes;
  try {
    ++idle_[bytes];
  } catch (const std::bad_alloc&) {
    return;  // as if it had not been kept
  }
  idle_bytes_ += bytes;
  while (idle_bytes_ > std::max<std::uint64_t>(ring::kIdleBytes, pooled_)) {
    auto largest = std::prev(idle_.end());
    idle_bytes_ -= largest->first;
    if (--largest->second == 0) idle_.erase(largest);
  }
}

}  // namespace spud::vm
