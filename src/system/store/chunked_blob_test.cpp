// SPDX-License-Identifier: Apache-2.0
#include "system/store/chunked_blob.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "system/store/key.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::store {
namespace {

Bytes bytes(std::string_view text) {
  ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

class Blobs : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    blobs_.reset();
    store_.reset();
    auto opened = Store::open(folder_.path(), {"shares", "records"});
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::move(*opened);
    auto blobs = ChunkedBlob::open(*store_, store_->family("shares"));
    ASSERT_TRUE(blobs);
    blobs_ = std::move(*blobs);
  }
  int rows() const {
    int count = 0;
    EXPECT_TRUE(store_->scan(store_->family("shares"), {}, [&](ByteView, ByteView) -> Result<Walk> {
      ++count;
      return Walk::kContinue;
    }));
    return count;
  }
  void upload(ByteView key, std::string_view first, std::string_view second) {
    ASSERT_TRUE(blobs_->put_chunk(key, 1, as_bytes(second)));
    ASSERT_TRUE(blobs_->put_chunk(key, 0, as_bytes(first)));
  }
  static Digest digest(std::string_view text) { return crypto::sha256(as_bytes(text)); }

  ScratchFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ChunkedBlob> blobs_;
  const Bytes key_ = bytes("dataset");
};

TEST_F(Blobs, ReadBackInOrderWithSizeAndDigest) {
  upload(key_, "hello ", "world");
  BlobInfo info = blobs_->commit(key_, digest("hello world"), Durability::kSynced).value();
  EXPECT_EQ(info, (BlobInfo{11, 2, digest("hello world")}));
  open();
  EXPECT_EQ(blobs_->find(key_).value(), info);
  auto reader = blobs_->read(key_).value();
  EXPECT_EQ(reader.next().value(), bytes("hello "));
  EXPECT_EQ(reader.next().value(), bytes("world"));
  EXPECT_EQ(reader.next().value(), std::nullopt);
  int listed = 0;
  EXPECT_TRUE(blobs_->list([&](ByteView key, const BlobInfo& found) -> Status {
    EXPECT_TRUE(std::ranges::equal(key, key_));
    EXPECT_EQ(found, info);
    ++listed;
    return {};
  }));
  EXPECT_EQ(listed, 1);
}

TEST_F(Blobs, HalfAnUploadIsInvisibleAndGoneAfterReopening) {
  ASSERT_TRUE(blobs_->put_chunk(key_, 0, as_bytes("half")));
  EXPECT_EQ(blobs_->find(key_).value(), std::nullopt);
  EXPECT_EQ(blobs_->read(key_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(blobs_->received(key_), std::vector<std::uint64_t>{0});
  open();
  EXPECT_TRUE(blobs_->received(key_).empty());
  EXPECT_EQ(rows(), 0);
}

TEST_F(Blobs, CommitRefusesAMissingChunkAndCanBeTriedAgain) {
  ASSERT_TRUE(blobs_->put_chunk(key_, 1, as_bytes("b")));
  auto refused = blobs_->commit(key_, digest("ab"), Durability::kSynced);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "upload: chunk 0 was never sent");
  ASSERT_TRUE(blobs_->put_chunk(key_, 0, as_bytes("a")));
  EXPECT_TRUE(blobs_->commit(key_, digest("ab"), Durability::kSynced));
}

TEST_F(Blobs, CommitRefusesBytesThatDoNotHaveTheAnnouncedDigest) {
  upload(key_, "a", "b");
  auto refused = blobs_->commit(key_, digest("ba"), Durability::kSynced);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(blobs_->find(key_).value(), std::nullopt);
}

TEST_F(Blobs, RepeatsAreHarmlessAndConflictsRefused) {
  upload(key_, "x", "b");
  upload(key_, "a", "b");
  BlobInfo info = blobs_->commit(key_, digest("ab"), Durability::kSynced).value();
  EXPECT_EQ(blobs_->commit(key_, digest("ab"), Durability::kSynced).value(), info);
  EXPECT_TRUE(blobs_->put_chunk(key_, 1, as_bytes("b")));
  EXPECT_EQ(blobs_->put_chunk(key_, 1, as_bytes("c")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(blobs_->commit(key_, digest("ac"), Durability::kSynced).error().code, ErrorCode::kConflict);
}

TEST_F(Blobs, CommitAndEraseTakeEffectWithTheBatchTheyCameWith) {
  Family records = store_->family("records");
  upload(key_, "a", "b");
  Batch record;
  record.put(records, Key("dataset"), as_bytes("ready"));
  ASSERT_TRUE(blobs_->commit(key_, digest("ab"), Durability::kSynced, std::move(record)));
  EXPECT_EQ(store_->get(records, Key("dataset")).value(), bytes("ready"));
  Batch gone;
  gone.erase(records, Key("dataset"));
  ASSERT_TRUE(blobs_->erase(key_, Durability::kSynced, std::move(gone)));
  EXPECT_EQ(store_->get(records, Key("dataset")).value(), std::nullopt);
  EXPECT_EQ(rows(), 0);
}

TEST_F(Blobs, ErasingOneLeavesANeighbourAndAReaderLearnsOfIt) {
  const Bytes other = bytes("dataset2");
  upload(key_, "a", "b");
  upload(other, "c", "d");
  ASSERT_TRUE(blobs_->commit(key_, digest("ab"), Durability::kSynced));
  ASSERT_TRUE(blobs_->commit(other, digest("cd"), Durability::kSynced));
  auto reader = blobs_->read(key_).value();
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(blobs_->erase(key_, Durability::kSynced));
  EXPECT_EQ(reader.next().error().code, ErrorCode::kNotFound);
  auto neighbour = blobs_->read(other).value();
  EXPECT_EQ(neighbour.next().value(), bytes("c"));
  upload(key_, "e", "f");
  EXPECT_TRUE(blobs_->commit(key_, digest("ef"), Durability::kSynced));
}

TEST_F(Blobs, AChunkChangedBehindTheRecordIsCorruption) {
  upload(key_, "a", "b");
  ASSERT_TRUE(blobs_->commit(key_, digest("ab"), Durability::kSynced));
  Bytes row;
  ASSERT_TRUE(
      store_->scan(store_->family("shares"), Key("chunk"), [&](ByteView key, ByteView) -> Result<Walk> {
        row.assign(key.begin(), key.end());
        return Walk::kContinue;
      }));
  ASSERT_TRUE(store_->put(store_->family("shares"), row, as_bytes("c"), Durability::kSynced));
  auto reader = blobs_->read(key_).value();
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.next().error().code, ErrorCode::kCorrupt);
}

TEST_F(Blobs, AnEmptyBlobIsABlob) {
  BlobInfo info = blobs_->commit(key_, digest(""), Durability::kSynced).value();
  EXPECT_EQ(info.bytes, 0u);
  EXPECT_EQ(blobs_->read(key_).value().next().value(), std::nullopt);
}

TEST_F(Blobs, HoldsMoreThanOneWriteBuffer) {
  // 96 MiB, past the 64 MiB of a write buffer, so that chunks move to files while others still come.
  const Bytes chunk(limits::kPayloadBytesPerRequest, std::byte{0x5a});
  crypto::Sha256 hash;
  for (std::uint64_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(blobs_->put_chunk(key_, i, chunk));
    hash.update(chunk);
  }
  Digest all = hash.finish();
  EXPECT_EQ(blobs_->commit(key_, all, Durability::kSynced).value().bytes, 6 * chunk.size());
  open();
  auto reader = blobs_->read(key_).value();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(reader.next().value()->size(), chunk.size());
  EXPECT_EQ(reader.next().value(), std::nullopt);
}

TEST_F(Blobs, RefusesAnIndexBeyondTheLimit) {
  EXPECT_EQ(blobs_->put_chunk(key_, limits::kChunksPerStoredBlob, {}).error().code, ErrorCode::kResource);
}

}  // namespace
}  // namespace spud::store
