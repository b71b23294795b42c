// SPDX-License-Identifier: Apache-2.0
#include "system/store/store.hpp"

#include <array>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.hpp"
#include "system/store/fault_env.hpp"
#include "system/store/key.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::store {
namespace {

namespace fs = std::filesystem;

Bytes bytes(std::string_view text) {
  ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

std::unique_ptr<Store> open(const fs::path& folder) {
  auto store = Store::open(folder, {"jobs", "tapes"});
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::move(*store) : nullptr;
}

std::vector<std::string> texts(const Store& store, Family family, ByteView prefix, ByteView from = {}) {
  std::vector<std::string> values;
  auto status = store.scan(
      family, prefix,
      [&](ByteView, ByteView value) -> Result<Walk> {
        values.emplace_back(as_text(value));
        return Walk::kContinue;
      },
      from);
  EXPECT_TRUE(status);
  return values;
}

void overwrite(const fs::path& file, std::streamoff at, const std::string& with) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(stream) << file;
  stream.seekp(at);
  stream << with;
}

/// The largest file of the database with this extension.
fs::path find_file(const fs::path& folder, const std::string& extension) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(folder / "db")) {
    if (entry.path().extension() != extension) continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  return largest;
}

TEST(Store, ReturnsWhatWasPutAfterReopening) {
  ScratchFolder folder;
  {
    auto store = open(folder.path());
    Family jobs = store->family("jobs");
    ASSERT_TRUE(store->put(jobs, Key("a"), as_bytes("1"), Durability::kSynced));
    ASSERT_TRUE(store->put(jobs, Key("b"), as_bytes("2"), Durability::kRelaxed));
    ASSERT_TRUE(store->erase(jobs, Key("b"), Durability::kRelaxed));
    ASSERT_TRUE(store->put(store->family("tapes"), Key("a"), {}, Durability::kSynced));
  }
  auto store = open(folder.path());
  EXPECT_EQ(store->get(store->family("jobs"), Key("a")).value(), bytes("1"));
  EXPECT_EQ(store->get(store->family("jobs"), Key("b")).value(), std::nullopt);
  EXPECT_EQ(store->get(store->family("tapes"), Key("a")).value(), Bytes{});
}

TEST(Store, ScansOnlyThePrefixInKeyOrderFromTheGivenKey) {
  ScratchFolder folder;
  auto store = open(folder.path());
  Family jobs = store->family("jobs");
  for (std::uint64_t i : {300, 2, 1}) {
    ASSERT_TRUE(store->put(jobs, Key("log").number(i), as_bytes(std::to_string(i)), Durability::kRelaxed));
  }
  ASSERT_TRUE(store->put(jobs, Key("logs"), as_bytes("other"), Durability::kRelaxed));
  EXPECT_EQ(texts(*store, jobs, Key("log")), (std::vector<std::string>{"1", "2", "300"}));
  EXPECT_EQ(texts(*store, jobs, Key("log"), Key("log").number(2)), (std::vector<std::string>{"2", "300"}));
  EXPECT_EQ(texts(*store, jobs, {}).size(), 4u);
}

TEST(Store, ScanStopsWhenToldAndPassesErrorsOn) {
  ScratchFolder folder;
  auto store = open(folder.path());
  Family jobs = store->family("jobs");
  ASSERT_TRUE(store->put(jobs, Key("a"), {}, Durability::kRelaxed));
  ASSERT_TRUE(store->put(jobs, Key("b"), {}, Durability::kRelaxed));
  int rows = 0;
  EXPECT_TRUE(store->scan(jobs, {}, [&](ByteView, ByteView) -> Result<Walk> {
    ++rows;
    return Walk::kStop;
  }));
  EXPECT_EQ(rows, 1);
  auto status = store->scan(jobs, {}, [](ByteView, ByteView) -> Result<Walk> { return bad_input("no"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().what, "no");
}

TEST(Store, BatchWritesAllFamiliesOrNone) {
  ScratchFolder folder;
  auto store = open(folder.path());
  Family jobs = store->family("jobs"), tapes = store->family("tapes");
  Batch good;
  good.put(jobs, Key("a"), as_bytes("1")).put(tapes, Key("a"), as_bytes("2"));
  ASSERT_TRUE(store->write(std::move(good), Durability::kSynced));
  Batch bad;
  bad.erase(jobs, Key("a")).put(tapes, Bytes(limits::kBytesPerStoredKey + 1), {});
  auto status = store->write(std::move(bad), Durability::kSynced);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResource);
  EXPECT_EQ(store->get(jobs, Key("a")).value(), bytes("1"));
}

TEST(Store, ErasesRangesAndOnlyThose) {
  ScratchFolder folder;
  auto store = open(folder.path());
  Family tapes = store->family("tapes");
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(store->put(tapes, Key("t").number(i), as_bytes(std::to_string(i)), Durability::kRelaxed));
  }
  ASSERT_TRUE(store->erase_range(tapes, Key("t").number(2), Key("t").number(9), Durability::kSynced));
  EXPECT_EQ(texts(*store, tapes, Key("t")), (std::vector<std::string>{"0", "1", "9"}));
}

TEST(Store, IngestsSortedRowsDurably) {
  ScratchFolder folder;
  {
    auto store = open(folder.path());
    const Key keys[] = {Key("t").number(0), Key("t").number(1), Key("t").number(2)};
    const Bytes values[] = {bytes("0"), bytes("1"), bytes("2")};
    const Store::Row rows[] = {{keys[0], values[0]}, {keys[1], values[1]}, {keys[2], values[2]}};
    ASSERT_TRUE(store->ingest(store->family("tapes"), rows));
    ASSERT_TRUE(store->ingest(store->family("tapes"), {}));
  }
  auto store = open(folder.path());
  EXPECT_EQ(texts(*store, store->family("tapes"), Key("t")), (std::vector<std::string>{"0", "1", "2"}));
}

TEST(Store, FolderIsReadableByItsOwnerOnly) {
  ScratchFolder folder;
  auto store = open(folder.path() / "new" / "data");
  EXPECT_EQ(fs::status(folder.path() / "new" / "data").permissions(), fs::perms::owner_all);
}

TEST(Store, RefusesASecondOpenAndNamesTheFolder) {
  ScratchFolder folder;
  auto first = open(folder.path());
  auto second = Store::open(folder.path(), {"jobs"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message().find(folder.path().string() + ": another process"), std::string::npos);
  first.reset();
  EXPECT_TRUE(Store::open(folder.path(), {"jobs"}));
}

TEST(Store, RefusesAFolderLockedByAnotherProcess) {
  ScratchFolder folder;
  { auto store = open(folder.path()); }
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const std::string lock = (folder.path() / "LOCK").string();
  pid_t child = ::fork();
  if (child == 0) {  // only system calls here: other threads' locks were copied in whatever state they had
    char byte = 0;
    int file = ::open(lock.c_str(), O_RDWR);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    bool held = file >= 0 && ::fcntl(file, F_SETLK, &whole) == 0;
    if (!held || ::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::close(done[1]);
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto store = Store::open(folder.path(), {"jobs"});
  EXPECT_EQ(store ? ErrorCode::kInternal : store.error().code, ErrorCode::kUnavailable);
  for (int end : {ready[0], done[0], done[1]}) ::close(end);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Store, RefusesAnUnknownFormatVersionUntouched) {
  ScratchFolder folder;
  { auto store = open(folder.path()); }
  std::ofstream(folder.path() / "FORMAT") << "spud store format 7\n";
  auto store = Store::open(folder.path(), {"jobs", "tapes", "new"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(store.error().message().find("the store has format 7; expected format 1"), std::string::npos);
}

TEST(Store, RefusesADamagedFormatRecordOrOneThatIsMissing) {
  ScratchFolder folder;
  {
    auto store = open(folder.path());
    ASSERT_TRUE(store->put(store->family("jobs"), Key("a"), {}, Durability::kSynced));
  }
  std::ofstream(folder.path() / "FORMAT") << "spud store format one\n";
  EXPECT_EQ(Store::open(folder.path(), {}).error().code, ErrorCode::kCorrupt);
  fs::remove(folder.path() / "FORMAT");
  EXPECT_EQ(Store::open(folder.path(), {}).error().code, ErrorCode::kCorrupt);
}

TEST(Store, RefusesAFolderWhoseDatabaseVanished) {
  ScratchFolder folder;
  { auto store = open(folder.path()); }
  fs::remove_all(folder.path() / "db");
  EXPECT_EQ(Store::open(folder.path(), {"jobs"}).error().code, ErrorCode::kCorrupt);
}

TEST(Store, RefusesALogDamagedInTheMiddle) {
  ScratchFolder folder;
  {
    auto store = open(folder.path());
    for (std::uint64_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(store->put(store->family("jobs"), Key("j").number(i), Bytes(1000), Durability::kSynced));
    }
  }
  overwrite(find_file(folder.path(), ".log"), 5000, "damaged");
  auto store = Store::open(folder.path(), {"jobs", "tapes"});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt) << store.error().message();
}

TEST(Store, RefusesToReturnDamagedRows) {
  ScratchFolder folder;
  {
    auto store = open(folder.path());
    const Bytes key = bytes("k"), value(10'000);
    const Store::Row row{key, value};
    ASSERT_TRUE(store->ingest(store->family("tapes"), {&row, 1}));
  }
  overwrite(find_file(folder.path(), ".sst"), 3000, "damaged");
  auto store = open(folder.path());
  auto row = store->get(store->family("tapes"), bytes("k"));
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, ErrorCode::kCorrupt);
}

/// Flips one bit of a file.
void flip(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(stream) << file;
  stream.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(stream.get() ^ 0x10);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(byte);
}

struct Damage {
  const char* extension;  ///< of the file; "" for the manifest
  bool flushed;           ///< the rows lie in a file of their own, not in the log
};

class DamagedStore : public ::testing::TestWithParam<Damage> {};

/// Wherever one bit is flipped: all rows are as they were, or opening or reading says what is damaged.
TEST_P(DamagedStore, GivesBackWhatWasWrittenOrSaysThatItIsDamaged) {
  constexpr int kRows = 40;
  const auto value = [](int i) { return bytes(std::string(50, 'v') + std::to_string(i)); };
  ScratchFolder made;
  {
    auto store = open(made.path());
    const auto jobs = store->family("jobs");
    std::vector<Bytes> keys, values;
    std::vector<Store::Row> rows;
    for (int i = 0; i < kRows; ++i) {
      keys.push_back(bytes("k" + std::to_string(100 + i)));
      values.push_back(value(i));
    }
    for (int i = 0; i < kRows; ++i) rows.push_back({keys[i], values[i]});
    if (GetParam().flushed) {
      ASSERT_TRUE(store->ingest(jobs, rows));
    } else {
      for (const auto& row : rows) ASSERT_TRUE(store->put(jobs, row.key, row.value, Durability::kSynced));
    }
  }
  const auto find = [&](const fs::path& folder) {
    if (*GetParam().extension != 0) return find_file(folder, GetParam().extension);
    for (const auto& entry : fs::directory_iterator(folder / "db")) {
      if (entry.path().filename().string().starts_with("MANIFEST")) return entry.path();
    }
    return fs::path();
  };
  const auto size = fs::file_size(find(made.path()));
  int noticed = 0;
  constexpr int kPlaces = 24;
  for (int place = 0; place < kPlaces; ++place) {
    ScratchFolder copy;
    fs::copy(made.path(), copy.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    const auto file = find(copy.path());
    const auto at = place + 1 == kPlaces ? size - 1 : size * static_cast<unsigned>(place) / kPlaces;
    flip(file, at);
    SCOPED_TRACE(file.string() + " at " + std::to_string(at) + " of " + std::to_string(size));
    auto store = Store::open(copy.path(), {"jobs", "tapes"});
    Status whole;
    if (!store) {
      whole = std::unexpected(store.error());
    } else {
      for (int i = 0; whole && i < kRows; ++i) {
        auto row = (*store)->get((*store)->family("jobs"), bytes("k" + std::to_string(100 + i)));
        if (!row) {
          whole = std::unexpected(row.error());
        } else {
          ASSERT_TRUE(*row) << "row " << i << " is gone, and nobody says so";
          EXPECT_EQ(**row, value(i));
        }
      }
    }
    if (whole) continue;
    ++noticed;
    EXPECT_EQ(whole.error().code, ErrorCode::kCorrupt) << whole.error().message();
    EXPECT_NE(whole.error().message().find(copy.path().string()), std::string::npos)
        << whole.error().message();
    EXPECT_NE(whole.error().hint.find("spud stock restore"), std::string::npos) << whole.error().hint;
    EXPECT_NE(whole.error().expected.find("disk"), std::string::npos) << whole.error().expected;
  }
  EXPECT_GT(noticed, kPlaces / 2) << "otherwise nothing was shown";
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedStore,
                         ::testing::Values(Damage{".sst", true}, Damage{".log", false}, Damage{"", true}),
                         [](const auto& tested) {
                           const std::string extension = tested.param.extension;
                           return extension == ".sst" ? "Rows" : extension == ".log" ? "Log" : "Manifest";
                         });

TEST(Store, LeavesTheRoomThatItIsToldTo) {
  ScratchFolder folder;
  auto store = Store::open(folder.path(), {"jobs"}, {.min_free_bytes = 1});
  ASSERT_TRUE(store);
  const auto free = (*store)->free_bytes();
  ASSERT_TRUE(free);
  EXPECT_TRUE((*store)->room(0));
  const auto refused = (*store)->room(*free + (1ull << 40));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResource);
  EXPECT_NE(refused.error().message().find("store.min_free_bytes"), std::string::npos);
}

TEST(Store, WritesNothingMoreOnceAWriteHasFailed) {
  ScratchFolder folder;
  FaultEnv disk;
  auto open = [&] { return Store::open(folder.path(), {"rows"}, {.env = disk.env()}).value(); };
  auto store = open();
  auto rows = store->family("rows");
  const Bytes before = bytes("before"), after = bytes("after"), large(1 << 20);
  ASSERT_TRUE(store->put(rows, before, before, Durability::kSynced));
  EXPECT_TRUE(store->fault());
  disk.fill_disk();
  EXPECT_FALSE(store->put(rows, after, large, Durability::kSynced));
  disk.empty_disk();
  ASSERT_FALSE(store->fault());
  EXPECT_EQ(store->fault().error().code, ErrorCode::kResource);
  for (const auto& refused : {store->put(rows, after, after, Durability::kRelaxed), store->probe(),
                              store->erase(rows, before, Durability::kSynced),
                              store->ingest(rows, std::array{Store::Row{after, after}}),
                              store->erase_range(rows, before, {}, Durability::kSynced)}) {
    EXPECT_EQ(refused.error().message(), store->fault().error().message());
  }
  EXPECT_EQ(store->get(rows, before), before) << "it can be read";
  store = nullptr;
  store = open();
  rows = store->family("rows");
  EXPECT_TRUE(store->fault());
  EXPECT_TRUE(store->put(rows, after, after, Durability::kSynced));
  EXPECT_EQ(store->get(rows, before), before);
}

TEST(Store, TellsHowLongSyncedWritesTookAndNoOthers) {
  ScratchFolder folder;
  FaultEnv disk;
  std::vector<double> seconds;
  auto store = Store::open(folder.path(), {"rows"},
                           {.env = disk.env(), .on_sync = [&](double took) { seconds.push_back(took); }})
                   .value();
  auto rows = store->family("rows");
  ASSERT_TRUE(store->put(rows, bytes("a"), bytes("1"), Durability::kSynced));
  ASSERT_TRUE(store->put(rows, bytes("b"), bytes("2"), Durability::kRelaxed));
  ASSERT_TRUE(store->probe());
  EXPECT_EQ(seconds.size(), 2u);
  for (double took : seconds) EXPECT_GT(took, 0);
  disk.fill_disk();
  ASSERT_FALSE(store->put(rows, bytes("c"), Bytes(1 << 20), Durability::kSynced));
  EXPECT_EQ(seconds.size(), 2u) << "what was not written did not take so long";
}

TEST(Store, TellsWhatItsFamiliesTakeInMemoryAndInFiles) {
  ScratchFolder folder;
  auto store = open(folder.path());
  const auto taken = [&] {
    std::map<std::string, std::uint64_t> by_family;
    for (auto& [family, bytes] : store->bytes_by_family()) by_family[family] = bytes;
    return by_family;
  };
  EXPECT_EQ(taken()["jobs"], 0u);
  EXPECT_EQ(taken()["tapes"], 0u);
  auto jobs = store->family("jobs"), tapes = store->family("tapes");
  for (char name = 'a'; name <= 'h'; ++name)
    ASSERT_TRUE(store->put(jobs, bytes(std::string(1, name)), Bytes(10'000), Durability::kRelaxed));
  EXPECT_GE(taken()["jobs"], 80'000u);
  EXPECT_LT(taken()["jobs"], 90'000u);
  EXPECT_EQ(taken()["tapes"], 0u);
  const auto key = bytes("tape");
  const Bytes value(50'000);
  ASSERT_TRUE(store->ingest(tapes, std::array{Store::Row{key, value}}));
  EXPECT_GE(taken()["tapes"], 50'000u);
  EXPECT_LT(taken()["tapes"], 60'000u);
  EXPECT_EQ(store->stalls(), 0u);
}

TEST(Store, RefusesAFileInPlaceOfTheFolder) {
  ScratchFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  auto store = Store::open(folder.path() / "file", {});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kBadInput);
}

TEST(Key, ComponentsComeBackAndDoNotRunTogether) {
  Key key("job", "a");
  key.number(7);
  KeyReader reader(key);
  EXPECT_EQ(reader.text().value(), "job");
  EXPECT_EQ(reader.text().value(), "a");
  EXPECT_EQ(reader.number().value(), 7u);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.number().error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(KeyReader(bytes("long")).text().error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(std::ranges::equal(Key("ab", "c").view(), Key("a", "bc").view()));
}

TEST(Key, EndOfPrefixSkipsFullBytes) {
  EXPECT_EQ(end_of_prefix(bytes("a")), bytes("b"));
  EXPECT_EQ(end_of_prefix(bytes("a\xff")), bytes("b"));
  EXPECT_TRUE(end_of_prefix(bytes("\xff\xff")).empty());
}

}  // namespace
}  // namespace spud::store
