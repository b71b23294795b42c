// SPDX-License-Identifier: Apache-2.0
#include "system/store/fault_env.hpp"

#include <gtest/gtest.h>

#include "system/store/chunked_blob.hpp"
#include "system/store/key.hpp"
#include "system/store/scratch_folder.hpp"
#include "system/store/store.hpp"

namespace spud::store {
namespace {

/// A store on a disk whose power can fail.
class PowerLoss : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    auto opened = Store::open(folder_.path(), {"jobs", "shares"}, {.env = disk_.env()});
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
  }
  void lose_power() {
    disk_.crash();
    store_.reset();
    ASSERT_TRUE(disk_.restart());
    open();
  }
  Family jobs() const { return store_->family("jobs"); }
  bool has(const Key& key) const { return store_->get(jobs(), key).value().has_value(); }

  ScratchFolder folder_;
  FaultEnv disk_;
  std::unique_ptr<Store> store_;
};

TEST_F(PowerLoss, KeepsSyncedWritesAndLosesThoseAfterThem) {
  ASSERT_TRUE(store_->put(jobs(), Key("relaxed before"), {}, Durability::kRelaxed));
  ASSERT_TRUE(store_->put(jobs(), Key("synced"), {}, Durability::kSynced));
  ASSERT_TRUE(store_->put(jobs(), Key("relaxed after"), {}, Durability::kRelaxed));
  lose_power();
  EXPECT_TRUE(has(Key("relaxed before")));
  EXPECT_TRUE(has(Key("synced")));
  EXPECT_FALSE(has(Key("relaxed after")));
}

TEST_F(PowerLoss, KeepsRelaxedWritesWhenOnlyTheProcessEnds) {
  ASSERT_TRUE(store_->put(jobs(), Key("relaxed"), {}, Durability::kRelaxed));
  store_.reset();
  open();
  EXPECT_TRUE(has(Key("relaxed")));
}

TEST_F(PowerLoss, KeepsEverySyncedWriteOverManyCrashes) {
  for (std::uint64_t round = 0; round < 8; ++round) {
    for (std::uint64_t i = 0; i < 5; ++i) {
      ASSERT_TRUE(store_->put(jobs(), Key("kept").number(8 * round + i), Bytes(300), Durability::kSynced));
    }
    ASSERT_TRUE(store_->put(jobs(), Key("lost").number(round), Bytes(300), Durability::kRelaxed));
    lose_power();
    for (std::uint64_t before = 0; before <= round; ++before) {
      for (std::uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(has(Key("kept").number(8 * before + i)));
      EXPECT_FALSE(has(Key("lost").number(before)));
    }
  }
}

TEST_F(PowerLoss, LosesABatchWholly) {
  Batch batch;
  batch.put(jobs(), Key("a"), {}).put(store_->family("shares"), Key("a"), {});
  ASSERT_TRUE(store_->write(std::move(batch), Durability::kRelaxed));
  lose_power();
  EXPECT_FALSE(has(Key("a")));
  EXPECT_FALSE(store_->get(store_->family("shares"), Key("a")).value().has_value());
}

TEST_F(PowerLoss, KeepsIngestedRows) {
  const Bytes key(1), value(100'000);
  const Store::Row row{key, value};
  ASSERT_TRUE(store_->ingest(jobs(), {&row, 1}));
  lose_power();
  EXPECT_EQ(store_->get(jobs(), Bytes(1)).value(), Bytes(100'000));
}

TEST_F(PowerLoss, WritesFailOnceThePowerIsOff) {
  disk_.crash();
  auto status = store_->put(jobs(), Key("a"), {}, Durability::kSynced);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

TEST_F(PowerLoss, FullDiskIsAResourceErrorAndLosesNothing) {
  ASSERT_TRUE(store_->put(jobs(), Key("a"), {}, Durability::kSynced));
  ASSERT_TRUE(store_->probe());
  disk_.fill_disk();
  auto status = store_->put(jobs(), Key("b"), {}, Durability::kSynced);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResource) << status.error().message();
  EXPECT_FALSE(store_->probe());
  store_.reset();
  disk_.empty_disk();
  open();
  EXPECT_TRUE(has(Key("a")));
  EXPECT_TRUE(store_->probe());
}

TEST_F(PowerLoss, CommittedBlobSurvivesWithAllItsChunksAndAnUploadLeavesNothing) {
  Family shares = store_->family("shares");
  const Bytes chunk(1 << 20, std::byte{7}), done{std::byte{1}}, half{std::byte{2}};
  {
    auto blobs = ChunkedBlob::open(*store_, shares).value();
    crypto::Sha256 hash;
    for (std::uint64_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(blobs->put_chunk(done, i, chunk));
      hash.update(chunk);
    }
    ASSERT_TRUE(blobs->put_chunk(half, 0, chunk));
    ASSERT_TRUE(blobs->commit(done, hash.finish(), Durability::kSynced));
    ASSERT_TRUE(blobs->put_chunk(half, 1, chunk));
  }
  lose_power();
  auto blobs = ChunkedBlob::open(*store_, store_->family("shares")).value();
  auto reader = blobs->read(done).value();
  EXPECT_EQ(reader.info().bytes, 4u << 20);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(reader.next().value(), chunk);
  EXPECT_EQ(reader.next().value(), std::nullopt);
  EXPECT_EQ(blobs->find(half).value(), std::nullopt);
}

}  // namespace
}  // namespace spud::store
