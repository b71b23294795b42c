// SPDX-License-Identifier: Apache-2.0
#include "system/store/group_commit.hpp"

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "system/store/fault_env.hpp"
#include "system/store/key.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::store {
namespace {

class GroupCommitTest : public ::testing::Test {
 protected:
  void open() {
    auto opened = Store::open(folder.path(), {"rows"}, {.env = disk.env()});
    ASSERT_TRUE(opened) << opened.error().message();
    store = std::move(*opened);
  }
  std::optional<std::uint64_t> value() {
    auto row = store->get(store->family("rows"), Key("n"));
    if (!row || !*row) return std::nullopt;
    return get_u64(**row);
  }
  Result<Batch> put(std::uint64_t n) {
    Bytes bytes;
    put_u64(bytes, n);
    Batch batch;
    batch.put(store->family("rows"), Key("n"), bytes);
    return batch;
  }

  ScratchFolder folder;
  FaultEnv disk;
  std::unique_ptr<Store> store;
};

TEST_F(GroupCommitTest, WhatWasReturnedSurvivesALossOfPower) {
  open();
  {
    GroupCommit commit(*store);
    ASSERT_TRUE(commit.run([&] { return put(7); }));
  }
  disk.crash();
  store.reset();
  ASSERT_TRUE(disk.restart());
  open();
  EXPECT_EQ(value(), 7u);
}

TEST_F(GroupCommitTest, DecisionsOfManyThreadsAreWrittenInTheirOrder) {
  open();
  GroupCommit commit(*store);
  constexpr int kThreads = 8, kEach = 50;
  std::uint64_t counter = 0;  // guarded by the commit
  std::atomic<int> failed{0};
  std::barrier together(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      together.arrive_and_wait();
      for (int i = 0; i < kEach; ++i) {
        if (!commit.run([&] { return put(++counter); })) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  // All wrote to one row: what is there now is the last decision's.
  EXPECT_EQ(value(), std::uint64_t{kThreads * kEach});
}

TEST_F(GroupCommitTest, AnErrorOfTheDecisionWritesNothing) {
  open();
  GroupCommit commit(*store);
  auto refused = commit.run([]() -> Result<Batch> { return fail(ErrorCode::kConflict, "no"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(value(), std::nullopt);
  EXPECT_TRUE(commit.run([&] { return put(1); }));
}

TEST_F(GroupCommitTest, AfterAFailedWriteNothingIsDecidedAnyMore) {
  open();
  GroupCommit commit(*store);
  disk.crash();
  EXPECT_FALSE(commit.run([&] { return put(1); }));
  bool decided = false;
  EXPECT_FALSE(commit.run([&] {
    decided = true;
    return put(2);
  }));
  EXPECT_FALSE(decided);
  store.reset();
}

}  // namespace
}  // namespace spud::store
