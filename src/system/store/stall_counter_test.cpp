// SPDX-License-Identifier: Apache-2.0
#include "system/store/stall_counter.hpp"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "system/store/scratch_folder.hpp"

namespace spud::store {
namespace {

using rocksdb::WriteStallCondition;

TEST(StallCounter, CountsStallsThatBegin) {
  StallCounter counter;
  const auto changes = [&](WriteStallCondition before, WriteStallCondition now) {
    rocksdb::WriteStallInfo info;
    info.condition.prev = before;
    info.condition.cur = now;
    counter.OnStallConditionsChanged(info);
  };
  changes(WriteStallCondition::kNormal, WriteStallCondition::kDelayed);
  changes(WriteStallCondition::kDelayed, WriteStallCondition::kStopped);
  changes(WriteStallCondition::kStopped, WriteStallCondition::kDelayed);
  changes(WriteStallCondition::kDelayed, WriteStallCondition::kNormal);
  EXPECT_EQ(counter.count(), 1u);
  changes(WriteStallCondition::kNormal, WriteStallCondition::kStopped);
  EXPECT_EQ(counter.count(), 2u);
}

TEST(StallCounter, IsToldByADatabaseThatHasTooManyFiles) {
  ScratchFolder folder;
  const auto counter = std::make_shared<StallCounter>();
  rocksdb::Options options;
  options.create_if_missing = true;
  options.listeners.push_back(counter);
  // Two files that lie over each other are enough.
  options.level0_file_num_compaction_trigger = 2;
  options.level0_slowdown_writes_trigger = 2;
  options.level0_stop_writes_trigger = 100;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, (folder.path() / "db").string(), &opened).ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  for (int file = 0; file < 3; ++file) {
    ASSERT_TRUE(database->Put({}, "key", std::to_string(file)).ok());
    ASSERT_TRUE(database->Flush({}).ok());
  }
  EXPECT_GE(counter->count(), 1u);
}

}  // namespace
}  // namespace spud::store
