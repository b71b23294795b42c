// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_vault.hpp"

#include <chrono>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "correlation/dealer.hpp"
#include "correlation/recorder.hpp"
#include "service/stock/tape_intake.hpp"
#include "system/crypto/random.hpp"
#include "system/store/fault_env.hpp"
#include "system/store/scratch_folder.hpp"

namespace spud::service::stock {
namespace {

namespace fs = std::filesystem;

Digest digest_of(unsigned n) {
  Digest digest;
  digest.bytes[0] = static_cast<std::byte>(n);
  return digest;
}
Seed seed_of(unsigned char fill) {
  Seed seed;
  for (auto& byte : seed.writable()) byte = std::byte{fill};
  return seed;
}
TapeId tape(std::uint64_t sequence) {
  return {PartyId("carol"), NodeId("dealer"), 1, sequence};
}
Claim claim(const char* job, std::uint32_t attempt = 1) {
  return {JobId(job), attempt, digest_of(3)};
}
const Digest kDevice = digest_of(1), kDemand = digest_of(2);

/// Bytes with a text in them that would be found on a disk.
Bytes corrections(std::size_t size, unsigned salt) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>("very recognisable text "[(i + salt) % 23]);
  return bytes;
}

class TapeVaultTest : public ::testing::Test {
 protected:
  ~TapeVaultTest() override { on_crash_point({}); }

  Status open(std::initializer_list<unsigned char> keys = {10}) {
    std::vector<Seed> seeds;
    for (auto fill : keys) seeds.push_back(seed_of(fill));
    SPUD_ASSIGN(vault, TapeVault::open(path, StockKeys::of(std::move(seeds)), limits, clock, random,
                                       {.env = disk.env()}));
    return {};
  }
  /// Takes in a tape as a node does; an error is the first step's that failed.
  Status take_in(const TapeId& id, const Bytes& bytes) {
    SPUD_ASSIGN(auto intake, vault->begin(id, kDevice, kDemand, seed_of(7), bytes.size()));
    SPUD_TRY(intake->write(bytes));
    SPUD_TRY(intake->made(bytes.size(), tape_digest(id, kDemand, hash_pieces(bytes))));
    return vault->ready(id);
  }
  Result<std::unique_ptr<StoredTape>> use(const Claim& who, const TapeId& id) {
    SPUD_TRY(vault->reserve(who, id, kDevice, kDemand));
    return vault->burn(who, id);
  }
  static Bytes read(StoredTape& stored, std::size_t size) {
    Bytes out(size);
    auto got = stored.reader()->read(out);
    EXPECT_TRUE(got) << got.error().message();
    return out;
  }
  TapeState state(const TapeId& id) {
    for (const auto& line : vault->list()) {
      if (line.id == id) return line.state;
    }
    return TapeState{0};
  }
  bool on_disk(std::string_view text) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(file), {});
      if (all.find(text) != std::string::npos) return true;
    }
    return false;
  }

  store::ScratchFolder folder;
  fs::path path = folder.path() / "stock";
  store::FaultEnv disk;
  VaultLimits limits{1ull << 30, Millis(0), 0};
  ManualClock clock;
  crypto::OsRandom random;
  std::unique_ptr<TapeVault> vault;
};

TEST_F(TapeVaultTest, GivesBackWhatItTookAfterARestartToo) {
  // Less than a piece, whole pieces, more than a file of them, and nothing.
  const std::size_t sizes[] = {100, TapeIntake::kPieceBytes, 66 * TapeIntake::kPieceBytes + 5, 0};
  ASSERT_TRUE(open());
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(take_in(tape(i + 1), corrections(sizes[i], i)));
  vault.reset();
  ASSERT_TRUE(open());
  EXPECT_EQ(vault->recovered().burnt, 0u);
  EXPECT_EQ(vault->ready_tapes(10).size(), 4u);
  EXPECT_EQ(vault->ready_tapes(1).front().id, tape(1));
  for (unsigned i = 0; i < 4; ++i) {
    auto stored = use(claim(("j" + std::to_string(i)).c_str()), tape(i + 1));
    ASSERT_TRUE(stored) << stored.error().message();
    EXPECT_TRUE(std::ranges::equal((*stored)->take_seed().view(), seed_of(7).view()));
    EXPECT_EQ(read(**stored, sizes[i]), corrections(sizes[i], i));
    std::byte more;
    auto over = (*stored)->reader()->read({&more, 1});
    ASSERT_FALSE(over);
    EXPECT_NE(over.error().message().find("exhausted"), std::string::npos);
  }
  EXPECT_TRUE(vault->list().empty()) << "what was used is erased with its reader";
  EXPECT_EQ(vault->bytes(), 0u);
}

TEST_F(TapeVaultTest, ALiveTapeAndAStockedOneOfTheSameSeedsAreTheSameBytes) {
  // Many comparisons' tables: several pieces, and writes of other sizes than they have.
  correlation::Recorder recorder(2);
  const auto mask = recorder.mask(64, {100'000}, 64);
  const correlation::Register lambda[] = {mask.whole};
  recorder.deal_tables(recorder.derive(correlation::Op::kOneHot, {63}, lambda),
                       [](std::int64_t, std::int64_t, const std::uint16_t*) {});
  const auto demand = recorder.take();
  std::vector<Seed> seeds;
  seeds.push_back(seed_of(1));
  seeds.push_back(seed_of(2));
  correlation::MemoryTape live;
  ASSERT_TRUE(correlation::deal(demand, seeds, live));
  const auto size = live.bytes().size();
  ASSERT_GT(size, TapeIntake::kPieceBytes);

  ASSERT_TRUE(open());
  {
    auto intake = vault->begin(tape(1), kDevice, kDemand, seeds[1], size);
    ASSERT_TRUE(intake);
    ASSERT_TRUE(correlation::deal(demand, seeds, **intake));
    ASSERT_TRUE((*intake)->made(size, tape_digest(tape(1), kDemand, hash_pieces(live.bytes()))));
  }
  ASSERT_TRUE(vault->ready(tape(1)));
  auto stored = use(claim("j"), tape(1));
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_TRUE(std::ranges::equal((*stored)->take_seed().view(), seeds[1].view()));
  EXPECT_EQ(read(**stored, size), live.bytes());
}

TEST_F(TapeVaultTest, NothingOfATapeIsReadableOnTheDisk) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(3 << 20, 0)));
  vault.reset();
  EXPECT_FALSE(on_disk("recognisable"));
  EXPECT_FALSE(on_disk(std::string(32, '\7'))) << "the seed";
  EXPECT_FALSE(on_disk(std::string(32, '\12'))) << "the key";
  EXPECT_TRUE(on_disk("dealer")) << "the search finds what is there: the tape's name";
}

TEST_F(TapeVaultTest, ATapeThatIsNotWhatWasDealtIsRefusedAndBurnt) {
  ASSERT_TRUE(open());
  const auto bytes = corrections(1000, 0);
  const auto digest = tape_digest(tape(1), kDemand, hash_pieces(bytes));
  {
    auto intake = vault->begin(tape(1), kDevice, kDemand, seed_of(7), 1000);
    ASSERT_TRUE(intake);
    ASSERT_TRUE((*intake)->write(ByteView(bytes).first(999)));
    auto shorter = (*intake)->made(1000, digest);
    ASSERT_FALSE(shorter);
    EXPECT_EQ(shorter.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(shorter.error().party, "carol");
  }
  EXPECT_TRUE(vault->list().empty());
  auto intake = vault->begin(tape(2), kDevice, kDemand, seed_of(7), 1000);
  ASSERT_TRUE(intake);
  ASSERT_TRUE((*intake)->write(bytes));
  EXPECT_FALSE((*intake)->made(1000, digest)) << "the digest is of another tape";
}

TEST_F(TapeVaultTest, PiecesThatWereChangedOnTheDiskAreNoticed) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(3 << 20, 0)));
  ASSERT_TRUE(take_in(tape(2), corrections(3 << 20, 1)));
  vault.reset();
  {
    auto rows = store::Store::open(path, {"tapes"}, {.env = disk.env()});
    ASSERT_TRUE(rows) << rows.error().message();
    auto& store = **rows;
    const auto family = store.family("tapes");
    auto moved = store.get(family, piece_key(tape(1), 0));
    ASSERT_TRUE(moved && *moved);
    ASSERT_TRUE(store.put(family, piece_key(tape(1), 1), **moved, store::Durability::kSynced));
    ASSERT_TRUE(store.erase(family, piece_key(tape(2), 2), store::Durability::kSynced));
  }
  ASSERT_TRUE(open());
  for (unsigned i : {1u, 2u}) {
    auto stored = use(claim(i == 1 ? "a" : "b"), tape(i));
    ASSERT_TRUE(stored) << stored.error().message();
    Bytes out(3 << 20);
    auto got = (*stored)->reader()->read(out);
    ASSERT_FALSE(got) << i;
    EXPECT_EQ(got.error().code, ErrorCode::kCorrupt) << got.error().message();
  }
}

TEST_F(TapeVaultTest, AReservedTapeIsBurntByARestart) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  ASSERT_TRUE(vault->reserve(claim("j"), tape(1), kDevice, kDemand));
  vault.reset();
  ASSERT_TRUE(open());
  EXPECT_EQ(vault->recovered().burnt, 1u);
  EXPECT_TRUE(vault->list().empty());
  EXPECT_FALSE(vault->burn(claim("j"), tape(1)));
}

TEST_F(TapeVaultTest, TheManifestNamesTapeDigestAndLedger) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  auto fields = vault->reserve(claim("j"), tape(1), kDevice, kDemand);
  ASSERT_TRUE(fields);
  EXPECT_EQ(find_field(*fields, "tape"), "carol/dealer/1/1");
  EXPECT_EQ(find_field(*fields, "digest of tape carol/dealer/1/1"),
            tape_digest(tape(1), kDemand, hash_pieces(corrections(10, 0))).hex());
  EXPECT_FALSE(find_field(*fields, "ledger of tape carol/dealer/1/1").empty());
  EXPECT_EQ(*vault->reserve(claim("j"), tape(1), kDevice, kDemand), *fields) << "asked again";
}

TEST_F(TapeVaultTest, ADifferenceBetweenTwoNodesLedgersNamesTheTape) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  const auto ours = vault->reserve(claim("j"), tape(1), kDevice, kDemand);
  ASSERT_TRUE(ours);
  vault.reset();
  // Another node took in something else under the same number.
  path = folder.path() / "peer";
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 1)));
  const auto theirs = vault->reserve(claim("j"), tape(1), kDevice, kDemand);
  ASSERT_TRUE(theirs);
  auto equal = compare_fields(*ours, *theirs, "manifest", "bob");
  ASSERT_FALSE(equal);
  EXPECT_NE(equal.error().message().find("tape carol/dealer/1/1"), std::string::npos)
      << equal.error().message();
  EXPECT_EQ(equal.error().party, "bob");
}

TEST_F(TapeVaultTest, CopiesOfAFolderBurnAllTheyHold) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  vault.reset();
  const auto original = path;
  path = folder.path() / "copy";
  fs::copy(original, path, fs::copy_options::recursive);
  ASSERT_TRUE(open());
  EXPECT_TRUE(vault->recovered().copied);
  EXPECT_EQ(vault->recovered().burnt, 1u);
  EXPECT_EQ(vault->epoch(), static_cast<std::uint64_t>(clock.unix_millis()));
  EXPECT_TRUE(vault->list().empty());
  EXPECT_FALSE(take_in(tape(1), corrections(10, 0))) << "its number was used";
  EXPECT_TRUE(take_in(tape(2), corrections(10, 0)));
  vault.reset();
  ASSERT_TRUE(open());
  EXPECT_FALSE(vault->recovered().copied) << "the copy has its own life now";
  EXPECT_EQ(vault->ready_tapes(9).size(), 1u);
  vault.reset();
  // The original goes on as before.
  path = original;
  ASSERT_TRUE(open());
  EXPECT_FALSE(vault->recovered().copied);
  EXPECT_EQ(vault->ready_tapes(9).size(), 1u);
  // A folder that was moved is no copy.
  vault.reset();
  path = folder.path() / "moved";
  fs::rename(original, path);
  ASSERT_TRUE(open());
  EXPECT_EQ(vault->ready_tapes(9).size(), 1u);
}

TEST_F(TapeVaultTest, ADisownedFolderStartsALaterEpochWithNothing) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  vault.reset();
  auto disowned = TapeVault::disown(path, clock, {.env = disk.env()});
  ASSERT_TRUE(disowned) << disowned.error().message();
  EXPECT_EQ(*disowned, 1u);
  ASSERT_TRUE(open());
  EXPECT_EQ(vault->epoch(), static_cast<std::uint64_t>(clock.unix_millis()));
  EXPECT_TRUE(vault->list().empty());
}

TEST_F(TapeVaultTest, KeysRotateWithoutTouchingTapes) {
  ASSERT_TRUE(open({10}));
  ASSERT_TRUE(take_in(tape(1), corrections(2 << 20, 0)));
  vault.reset();
  ASSERT_TRUE(open({11, 10}));
  EXPECT_EQ(vault->ready_tapes(9).size(), 1u);
  vault.reset();
  ASSERT_TRUE(open({11})) << "the old key is not needed any more";
  auto stored = use(claim("j"), tape(1));
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_EQ(read(**stored, 2 << 20), corrections(2 << 20, 0));
  stored->reset();
  ASSERT_TRUE(take_in(tape(2), corrections(10, 0)));
  vault.reset();
  ASSERT_TRUE(open({12}));
  EXPECT_EQ(vault->recovered().burnt, 1u) << "a tape whose key is gone is of no use";
  EXPECT_TRUE(vault->list().empty());
}

TEST_F(TapeVaultTest, LimitsAreKept) {
  limits = {1000, Millis(5000), 0};
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(600, 0)));
  auto full = vault->begin(tape(2), kDevice, kDemand, seed_of(7), 600);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kResource);
  {
    auto first = vault->begin(tape(3), kDevice, kDemand, seed_of(7), 300);
    ASSERT_TRUE(first);
    EXPECT_FALSE(vault->begin(tape(4), kDevice, kDemand, seed_of(7), 300)) << "what is on its way counts";
  }
  clock.advance(Millis(5001));
  ASSERT_TRUE(vault->sweep());
  EXPECT_TRUE(vault->list().empty()) << "too old";
  EXPECT_TRUE(take_in(tape(5), corrections(600, 0)));
  auto huge = vault->begin(tape(6), kDevice, kDemand, seed_of(7), ~0ull >> 2);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, ErrorCode::kResource);
}

/// A clock that is set while everything runs.
class SetClock final : public Clock {
 public:
  Millis now() const override { return steady.now(); }
  std::int64_t unix_millis() const override { return steady.unix_millis() + offset; }
  ManualClock steady;
  std::int64_t offset = 0;
};

TEST_F(TapeVaultTest, AClockThatJumpsMakesNoTapeOlderOrYounger) {
  constexpr std::int64_t kYear = 365ll * 24 * 3600 * 1000;
  SetClock set;
  limits.ttl = Millis(5000);
  auto opened = TapeVault::open(path, StockKeys::of([] {
                                  std::vector<Seed> keys;
                                  keys.push_back(seed_of(10));
                                  return keys;
                                }()),
                                limits, set, random, {.env = disk.env()});
  ASSERT_TRUE(opened);
  vault = std::move(*opened);
  ASSERT_TRUE(take_in(tape(1), corrections(600, 0)));
  set.offset = kYear;
  ASSERT_TRUE(vault->sweep());
  EXPECT_EQ(state(tape(1)), TapeState::kReady) << "a jump forth burns nothing";
  set.offset = -kYear;
  ASSERT_TRUE(take_in(tape(2), corrections(600, 0)));
  set.offset = 0;
  ASSERT_TRUE(vault->sweep());
  EXPECT_EQ(state(tape(2)), TapeState::kReady) << "a tape made while the clock was behind is not old";
  set.steady.advance(Millis(5001));
  ASSERT_TRUE(vault->sweep());
  EXPECT_TRUE(vault->list().empty()) << "in the end both are";
  vault.reset();
}

TEST_F(TapeVaultTest, NoMoreIsTakenInThanTheRateAllows) {
  limits.bytes_per_second = 1'000'000;
  ASSERT_TRUE(open());
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(take_in(tape(1), corrections(250'000, 0)));
  // The vault's clock stands still, so it waits for all of it: at least so long, however busy the machine is.
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(250));
}

TEST_F(TapeVaultTest, CountsWhatIsBurntForWhateverReason) {
  ASSERT_TRUE(open());
  for (unsigned i = 1; i <= 4; ++i) ASSERT_TRUE(take_in(tape(i), corrections(10, i)));
  EXPECT_EQ(vault->burnt(), 0u);
  ASSERT_TRUE(use(claim("used"), tape(1)));
  EXPECT_EQ(vault->burnt(), 1u);
  ASSERT_TRUE(vault->discard(tape(2)));
  ASSERT_TRUE(vault->discard(tape(2)));
  EXPECT_EQ(vault->burnt(), 2u) << "once each";
  ASSERT_TRUE(vault->reserve(claim("ended"), tape(3), kDevice, kDemand));
  ASSERT_TRUE(vault->release(JobId("ended"), 1));
  EXPECT_EQ(vault->burnt(), 3u);
  ASSERT_TRUE(vault->reserve(claim("lost"), tape(4), kDevice, kDemand));
  vault.reset();
  ASSERT_TRUE(open());
  EXPECT_EQ(vault->burnt(), 1u) << "by the restart, of which it counts anew";
}

TEST_F(TapeVaultTest, AReleasedAttemptLosesItsTape) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  ASSERT_TRUE(vault->reserve(claim("j"), tape(1), kDevice, kDemand));
  ASSERT_TRUE(vault->release(JobId("j"), 1));
  EXPECT_EQ(state(tape(1)), TapeState::kBurnt);
  EXPECT_FALSE(vault->burn(claim("j"), tape(1)));
  ASSERT_TRUE(vault->sweep());
  EXPECT_TRUE(vault->list().empty());
}

TEST_F(TapeVaultTest, DemandsAreKept) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(vault->keep_demand(kDemand, as_bytes("demand")));
  ASSERT_TRUE(vault->keep_demand(kDemand, as_bytes("demand")));
  vault.reset();
  ASSERT_TRUE(open());
  auto demand = vault->demand(kDemand);
  ASSERT_TRUE(demand && *demand);
  EXPECT_EQ(as_text(**demand), "demand");
  EXPECT_FALSE(**vault->demand(kDemand) == Bytes{});
  EXPECT_EQ(*vault->demand(kDevice), std::nullopt);
}

TEST_F(TapeVaultTest, DemandsOfWhichThereAreNoTapesGoWhenThereAreTooMany) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(vault->keep_demand(kDemand, as_bytes("of a tape")));
  ASSERT_TRUE(take_in(tape(1), corrections(10, 0)));
  const auto other = [](std::size_t n) {
    Digest digest = digest_of(200);
    digest.bytes[1] = static_cast<std::byte>(n >> 8);
    digest.bytes[2] = static_cast<std::byte>(n);
    return digest;
  };
  for (std::size_t n = 1; n < limits::kDemandsPerNode; ++n)
    ASSERT_TRUE(vault->keep_demand(other(n), as_bytes("x")));
  EXPECT_TRUE(*vault->demand(other(1))) << "as many as there may be";
  vault.reset();
  ASSERT_TRUE(open());
  ASSERT_TRUE(vault->keep_demand(other(0), as_bytes("one more")));
  EXPECT_FALSE(*vault->demand(other(1)));
  EXPECT_TRUE(*vault->demand(other(0)));
  EXPECT_TRUE(*vault->demand(kDemand)) << "there is a tape of it";
  EXPECT_FALSE(vault->keep_demand(other(1), Bytes(limits::kDemandBytesPerNode))) << "too much by itself";
}

/// One tape from its making to its use, then a second attempt at the same tape by another job: at every crash
/// point in turn the power fails. However often it fails, the tape is handed out once at most, and never
/// while it is not ready.
TEST_F(TapeVaultTest, ATapeIsHandedOutOnceAtMostWhereverThePowerFails) {
  std::vector<std::string> labels;
  on_crash_point([&](const std::string& label) { labels.push_back(label); });
  const auto bytes = corrections(TapeIntake::kPieceBytes + 7, 0);
  unsigned handed_out = 0;
  const auto life = [&](const char* job) {
    if (!open()) return;
    if (vault->list().empty()) (void)take_in(tape(1), bytes);
    auto stored = use(claim(job), tape(1));
    if (stored) {
      ++handed_out;
      Bytes out(bytes.size());
      // Whatever is read is the tape; a crash may cut it short.
      const bool whole = (*stored)->reader()->read(out).has_value();
      EXPECT_TRUE(!whole || out == bytes);
    }
  };
  const auto restart = [&] {
    disk.crash();
    vault.reset();
    ASSERT_TRUE(disk.restart());
  };
  life("whole");
  EXPECT_EQ(handed_out, 1u);
  on_crash_point({});
  vault.reset();
  const auto passes = labels.size();
  ASSERT_GE(passes, 16u) << "every transition has points before and after";
  for (std::size_t at = 0; at < passes; ++at) {
    fs::remove_all(path);
    handed_out = 0;
    std::atomic<std::size_t> passed{0};
    std::string where;
    on_crash_point([&](const std::string& label) {
      if (passed++ == at) {
        where = label;
        disk.crash();
      }
    });
    life("first");
    on_crash_point({});
    restart();
    ASSERT_FALSE(where.empty());
    SCOPED_TRACE(where);
    ASSERT_TRUE(open()) << "a crash leaves a store that opens";
    const bool still_there = state(tape(1)) == TapeState::kReady;
    EXPECT_TRUE(!still_there || handed_out == 0);
    vault.reset();
    life("second");
    EXPECT_LE(handed_out, 1u);
    EXPECT_TRUE(handed_out == 1 || !still_there) << "a tape that is ready is not lost";
    vault.reset();
  }
}

}  // namespace
}  // namespace spud::service::stock
