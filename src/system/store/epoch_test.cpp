// SPDX-License-Identifier: Apache-2.0
#include "system/store/epoch.hpp"

#include <gtest/gtest.h>

#include "system/store/key.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::store {
namespace {

namespace fs = std::filesystem;

class EpochTest : public ::testing::Test {
 protected:
  Epoch entered(const fs::path& path) {
    auto store = Store::open(path, {"life"});
    EXPECT_TRUE(store) << store.error().message();
    auto epoch = enter_epoch(**store, (*store)->family("life"), clock);
    EXPECT_TRUE(epoch) << epoch.error().message();
    return *epoch;
  }
  ManualClock clock;
  ScratchFolder folder;
  fs::path first = folder.path() / "a", second = folder.path() / "b";
};

TEST_F(EpochTest, StaysWhileTheFolderIsTheSame) {
  for (int i = 0; i < 3; ++i) {
    const auto epoch = entered(first);
    EXPECT_EQ(epoch.number, 1u);
    EXPECT_FALSE(epoch.copied);
  }
  fs::rename(first, second);
  EXPECT_FALSE(entered(second).copied) << "moved";
}

TEST_F(EpochTest, ACopyEntersALaterOneOnce) {
  entered(first);
  fs::copy(first, second, fs::copy_options::recursive);
  EXPECT_TRUE(entered(second).copied);
  EXPECT_EQ(entered(second).number, static_cast<std::uint64_t>(clock.unix_millis()));
  EXPECT_FALSE(entered(second).copied);
  EXPECT_EQ(entered(first).number, 1u) << "the original is none";
}

TEST_F(EpochTest, IsRaisedOnDemand) {
  entered(first);
  {
    auto store = Store::open(first, {"life"});
    ASSERT_TRUE(store);
    ASSERT_TRUE(raise_epoch(**store, (*store)->family("life"), clock));
  }
  const auto epoch = entered(first);
  EXPECT_EQ(epoch.number, static_cast<std::uint64_t>(clock.unix_millis()));
  EXPECT_FALSE(epoch.copied);
}

TEST_F(EpochTest, TheSameCopyBroughtBackAgainEntersAnotherOne) {
  entered(first);
  const auto bring_back = [&] {
    fs::remove_all(second);
    fs::copy(first, second, fs::copy_options::recursive);
    return entered(second).number;
  };
  const auto once = bring_back();
  clock.advance(Millis(1));
  EXPECT_GT(bring_back(), once);
}

TEST_F(EpochTest, GrowsWhereTheClockWasTurnedBack) {
  entered(first);
  const auto raise = [&] {
    auto store = Store::open(first, {"life"});
    ASSERT_TRUE(store);
    ASSERT_TRUE(raise_epoch(**store, (*store)->family("life"), clock));
  };
  clock.advance(Millis(1000));
  raise();
  clock.advance(Millis(-500));
  raise();
  EXPECT_EQ(entered(first).number, static_cast<std::uint64_t>(clock.unix_millis()) + 501);
}

TEST_F(EpochTest, ADamagedNumberIsCorrupt) {
  auto store = Store::open(first, {"life"});
  ASSERT_TRUE(store);
  const auto family = (*store)->family("life");
  ASSERT_TRUE((*store)->put(family, Key("epoch"), as_bytes("abc"), Durability::kSynced));
  auto epoch = enter_epoch(**store, family, clock);
  ASSERT_FALSE(epoch);
  EXPECT_EQ(epoch.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace spud::store
