// SPDX-License-Identifier: Apache-2.0
#include "service/stock/stock_keys.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "system/crypto/random.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::service::stock {
namespace {

Seed seed_of(unsigned char fill) {
  Seed seed;
  for (auto& byte : seed.writable()) byte = std::byte{fill};
  return seed;
}

StockKeys keys(std::initializer_list<unsigned char> fills) {
  std::vector<Seed> seeds;
  for (auto fill : fills) seeds.push_back(seed_of(fill));
  return StockKeys::of(std::move(seeds));
}

const TapeId kTape{PartyId("carol"), NodeId("dealer"), 1, 5};

class StockKeysTest : public ::testing::Test {
 protected:
  wire::TapeHead sealed_by(const StockKeys& with) {
    auto head = with.seal(kTape, {seed_of(1), seed_of(2)}, random);
    EXPECT_TRUE(head) << head.error().message();
    return *head;
  }
  crypto::OsRandom random;
};

TEST_F(StockKeysTest, WhatOneSealsItOpens) {
  const auto k = keys({10});
  const auto head = sealed_by(k);
  auto secrets = k.open(kTape, head);
  ASSERT_TRUE(secrets) << secrets.error().message();
  EXPECT_TRUE(std::ranges::equal(secrets->tape_key.view(), seed_of(1).view()));
  EXPECT_TRUE(std::ranges::equal(secrets->seed.view(), seed_of(2).view()));
  EXPECT_NE(sealed_by(k).sealed, head.sealed) << "the same secrets never look the same";
}

TEST_F(StockKeysTest, OldKeysStillOpenWhatTheySealed) {
  const auto head = sealed_by(keys({10}));
  const auto rotated = keys({11, 10});
  EXPECT_FALSE(rotated.current(head));
  EXPECT_TRUE(rotated.open(kTape, head));
  EXPECT_TRUE(rotated.current(sealed_by(rotated)));
  auto gone = keys({11}).open(kTape, head);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
}

TEST_F(StockKeysTest, AHeadOpensForItsOwnTapeOnly) {
  const auto k = keys({10});
  auto head = sealed_by(k);
  auto other = kTape;
  other.sequence = 6;
  auto opened = k.open(other, head);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  head.sealed[3] ^= std::byte{1};
  EXPECT_FALSE(k.open(kTape, head));
  head.sealed.pop_back();
  EXPECT_FALSE(k.open(kTape, head));
}

TEST_F(StockKeysTest, FilesAreMadeOnceAndReadBack) {
  store::ScratchFolder folder;
  const auto file = folder.path() / "stock.key";
  ASSERT_TRUE(StockKeys::make_file(file, random));
  auto again = StockKeys::make_file(file, random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  auto loaded = StockKeys::load({file});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_TRUE(loaded->open(kTape, sealed_by(*loaded)));
  EXPECT_TRUE(StockKeys::load({})->empty());
}

TEST_F(StockKeysTest, FilesThatAreNoKeysOrOpenToAllAreRefused) {
  store::ScratchFolder folder;
  const auto file = folder.path() / "stock.key";
  ASSERT_TRUE(StockKeys::make_file(file, random));
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  auto open_to_all = StockKeys::load({file});
  ASSERT_FALSE(open_to_all);
  EXPECT_EQ(open_to_all.error().code, ErrorCode::kDenied);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  for (const char* text : {"", "ab", "zz", "not a key"}) {
    std::ofstream(file, std::ios::trunc) << text;
    auto refused = StockKeys::load({file});
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
    EXPECT_NE(refused.error().message().find("64 hex digits"), std::string::npos);
  }
}

}  // namespace
}  // namespace spud::service::stock
