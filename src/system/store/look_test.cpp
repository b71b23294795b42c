// SPDX-License-Identifier: Apache-2.0
#include "system/store/look.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <unistd.h>

#include "system/store/scratch_folder.hpp"
#include "system/store/store.hpp"

namespace spud::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(Look, TakesAStoreInUseAndLeavesItAlone) {
  ScratchFolder scratch;
  auto store = Store::open(scratch.path() / "store", {"rows"});
  ASSERT_TRUE(store);
  EXPECT_TRUE(look_at(scratch.path() / "store"));
  EXPECT_TRUE((*store)->put((*store)->family("rows"), as_bytes("k"), as_bytes("v"), Durability::kSynced));
}

TEST(Look, MakesNoFolder) {
  ScratchFolder scratch;
  EXPECT_TRUE(look_at(scratch.path() / "not/yet"));
  EXPECT_FALSE(fs::exists(scratch.path() / "not"));
}

TEST(Look, RefusesWhatIsNoFolder) {
  ScratchFolder scratch;
  std::ofstream(scratch.path() / "file") << "text";
  for (const fs::path& folder : {scratch.path() / "file", scratch.path() / "file/below"}) {
    auto refused = look_at(folder);
    ASSERT_FALSE(refused) << folder;
    EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
    EXPECT_THAT(refused.error().message(), HasSubstr("is not a folder"));
  }
}

/// root may write everywhere: for a while this process is nobody.
class AsNobody {
 public:
  AsNobody() : before_(::geteuid()) {
    if (before_ == 0) {
      EXPECT_EQ(::seteuid(65'534), 0);
    }
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(before_), 0); }

 private:
  const uid_t before_;
};

TEST(Look, RefusesAFolderThatCannotBeWritten) {
  ScratchFolder scratch;
  fs::permissions(scratch.path(), fs::perms::owner_read | fs::perms::owner_exec);
  Status refused;
  {
    AsNobody nobody;
    refused = look_at(scratch.path() / "store");
  }
  fs::permissions(scratch.path(), fs::perms::owner_all);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("cannot be written"));
}

TEST(Look, RefusesAnotherFormatAndADamagedOne) {
  ScratchFolder scratch;
  std::ofstream(scratch.path() / "FORMAT") << "spud store format 999\n";
  auto other = look_at(scratch.path());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(other.error().message(), HasSubstr("the store has format 999"));
  std::ofstream(scratch.path() / "FORMAT") << "something else\n";
  auto damaged = look_at(scratch.path());
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace spud::store
