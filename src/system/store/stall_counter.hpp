// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include <rocksdb/listener.h>

namespace spud::store {

/// Counts how often writes of a column family began to be slowed down or stopped, because flushes or
/// compactions do not keep up. RocksDB calls it on any thread.
class StallCounter : public rocksdb::EventListener {
 public:
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override {
    using rocksdb::WriteStallCondition;
    if (info.condition.prev == WriteStallCondition::kNormal &&
        info.condition.cur != WriteStallCondition::kNormal)
      ++count_;
  }
  std::uint64_t count() const { return count_; }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace spud::store
