// SPDX-License-Identifier: Apache-2.0
#include "service/stock/tape_ledger.hpp"

#include <gtest/gtest.h>

namespace spud::service::stock {
namespace {

Digest number(unsigned n) {
  Digest digest;
  digest.bytes[0] = static_cast<std::byte>(n);
  return digest;
}

const Digest kDevice = number(1), kDemand = number(2), kManifest = number(3);

TapeId tape(std::uint64_t sequence, std::uint64_t epoch = 1) {
  return {PartyId("carol"), NodeId("dealer"), epoch, sequence};
}

Claim claim(const char* job, std::uint32_t attempt = 1, Digest manifest = kManifest) {
  return {JobId(job), attempt, manifest};
}

void take_in(TapeLedger& ledger, const TapeId& id) {
  ASSERT_TRUE(ledger.begin(id, kDevice, kDemand, 1000));
  ASSERT_TRUE(ledger.made(id, number(9), 64));
  ASSERT_TRUE(ledger.ready(id));
}

ErrorCode code_of(const Result<LedgerChange>& result) {
  return result ? ErrorCode::kInternal : result.error().code;
}

/// What the next process finds when exactly these changes reached the disk.
TapeLedger reloaded(const std::vector<LedgerChange>& changes, std::uint64_t epoch = 1) {
  std::map<TapeId, TapeLine> lines;
  TapeLedger ledger(epoch);
  for (const auto& change : changes) {
    for (const auto& line : change.put) lines[line.tape.id] = line;
    for (const auto& id : change.erase) lines.erase(id);
    for (const auto& [source, mark] : change.marks) ledger.reload(source, mark);
  }
  for (const auto& [id, line] : lines) ledger.reload(line);
  return ledger;
}

TEST(TapeLedger, ATapeIsMadeReservedBurntAndErased) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  EXPECT_EQ(ledger.find(tape(1))->state, TapeState::kReady);
  ASSERT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_EQ(ledger.of(JobId("j"), 1)->id, tape(1));
  ASSERT_TRUE(ledger.burn(claim("j"), tape(1)));
  EXPECT_EQ(code_of(ledger.burn(claim("j"), tape(1))), ErrorCode::kConflict);
  auto erased = ledger.erased(tape(1));
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->erase, std::vector<TapeId>{tape(1)});
  EXPECT_EQ(ledger.find(tape(1)), nullptr);
}

TEST(TapeLedger, EveryChangeNamesTheLineThatMustBeStored) {
  TapeLedger ledger(7);
  auto begun = ledger.begin(tape(5), kDevice, kDemand, 1000);
  ASSERT_TRUE(begun);
  ASSERT_EQ(begun->put.size(), 1u);
  EXPECT_EQ(begun->put[0].tape.state, TapeState::kMaking);
  EXPECT_EQ(begun->put[0].epoch, 7u);
  ASSERT_EQ(begun->marks.size(), 1u) << "the mark goes with the first line";
  EXPECT_EQ(begun->marks[0].second, (wire::TapeMark{1, 5}));
  auto made = ledger.made(tape(5), number(9), 64);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->put[0].tape.bytes, 64u);
  EXPECT_EQ(ledger.ready(tape(5))->put[0].tape.state, TapeState::kReady);
  auto reserved = ledger.reserve(claim("j"), tape(5), kDevice, kDemand);
  ASSERT_TRUE(reserved);
  EXPECT_EQ(reserved->put[0].tape.claim, claim("j"));
  EXPECT_EQ(ledger.burn(claim("j"), tape(5))->put[0].tape.state, TapeState::kBurnt);
}

TEST(TapeLedger, NumbersThatWereUsedOrPassedOverAreRefused) {
  TapeLedger ledger(1);
  take_in(ledger, tape(5));
  for (auto id : {tape(5), tape(4), tape(1)}) {
    EXPECT_EQ(code_of(ledger.begin(id, kDevice, kDemand, 0)), ErrorCode::kPeerFault) << id.str();
  }
  ASSERT_TRUE(ledger.begin(tape(1, 2), kDevice, kDemand, 0)) << "a later epoch of the dealer starts anew";
  EXPECT_EQ(code_of(ledger.begin(tape(6, 1), kDevice, kDemand, 0)), ErrorCode::kPeerFault);
  EXPECT_TRUE(ledger.begin(tape(6), number(8), kDemand, 0)) << "each device has its own order";
  EXPECT_EQ(code_of(ledger.begin(tape(5), number(7), kDemand, 0)), ErrorCode::kPeerFault)
      << "one number is one tape, whatever the device";
}

TEST(TapeLedger, AnErasedTapeDoesNotComeBack) {
  TapeLedger ledger(1);
  std::vector<LedgerChange> log;
  log.push_back(*ledger.begin(tape(1), kDevice, kDemand, 0));
  log.push_back(ledger.discard(tape(1)));
  log.push_back(*ledger.erased(tape(1)));
  auto after = reloaded(log);
  EXPECT_EQ(code_of(after.begin(tape(1), kDevice, kDemand, 0)), ErrorCode::kPeerFault);
}

TEST(TapeLedger, OnlyReadyTapesAreReserved) {
  TapeLedger ledger(1);
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), kDevice, kDemand)), ErrorCode::kNotFound);
  ASSERT_TRUE(ledger.begin(tape(1), kDevice, kDemand, 0));
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), kDevice, kDemand)), ErrorCode::kConflict);
  ASSERT_TRUE(ledger.made(tape(1), number(9), 0));
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), kDevice, kDemand)), ErrorCode::kConflict);
  ASSERT_TRUE(ledger.ready(tape(1)));
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), number(4), kDemand)), ErrorCode::kConflict);
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), kDevice, number(4))), ErrorCode::kConflict);
  EXPECT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
}

TEST(TapeLedger, AReservationIsIdempotentByJobAndManifest) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  take_in(ledger, tape(2));
  ASSERT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
  auto again = ledger.reserve(claim("j"), tape(1), kDevice, kDemand);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(code_of(ledger.reserve(claim("j", 1, number(77)), tape(1), kDevice, kDemand)),
            ErrorCode::kConflict)
      << "another manifest";
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(2), kDevice, kDemand)), ErrorCode::kConflict)
      << "a second tape";
  EXPECT_EQ(code_of(ledger.reserve(claim("k"), tape(1), kDevice, kDemand)), ErrorCode::kConflict)
      << "another job";
  ASSERT_TRUE(ledger.burn(claim("j"), tape(1)));
  EXPECT_EQ(code_of(ledger.reserve(claim("j"), tape(1), kDevice, kDemand)), ErrorCode::kConflict)
      << "a late message of the same attempt";
}

TEST(TapeLedger, BurningNeedsTheWholeClaim) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  EXPECT_EQ(code_of(ledger.burn(claim("j"), tape(1))), ErrorCode::kConflict) << "not reserved";
  ASSERT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_EQ(code_of(ledger.burn(claim("j", 2), tape(1))), ErrorCode::kConflict);
  EXPECT_EQ(code_of(ledger.burn(claim("k"), tape(1))), ErrorCode::kConflict);
  EXPECT_EQ(code_of(ledger.burn(claim("j", 1, number(77)), tape(1))), ErrorCode::kConflict);
  EXPECT_TRUE(ledger.burn(claim("j"), tape(1)));
}

TEST(TapeLedger, ALaterAttemptTakesAFreshTapeAndBurnsTheOld) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  take_in(ledger, tape(2));
  ASSERT_TRUE(ledger.reserve(claim("j", 1), tape(1), kDevice, kDemand));
  auto second = ledger.reserve(claim("j", 2), tape(2), kDevice, kDemand);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->put.size(), 2u);
  EXPECT_EQ(ledger.find(tape(1))->state, TapeState::kBurnt);
  EXPECT_EQ(code_of(ledger.burn(claim("j", 1), tape(1))), ErrorCode::kConflict);
}

TEST(TapeLedger, AnAttemptThatIsOverGivesUpWhatItReserved) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  take_in(ledger, tape(2));
  ASSERT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_TRUE(ledger.release(JobId("k"), 1).empty());
  EXPECT_EQ(ledger.release(JobId("j"), 1).put.size(), 1u);
  EXPECT_EQ(ledger.find(tape(1))->state, TapeState::kBurnt);
  EXPECT_TRUE(ledger.release(JobId("j"), 1).empty());
  EXPECT_EQ(ledger.find(tape(2))->state, TapeState::kReady);
}

TEST(TapeLedger, OldTapesExpireAndReservedOnesDoNot) {
  TapeLedger ledger(1);
  take_in(ledger, tape(1));
  take_in(ledger, tape(2));
  ASSERT_TRUE(ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_TRUE(ledger.expire(1000).empty()) << "made at 1000";
  EXPECT_EQ(ledger.expire(1001).put.size(), 1u);
  EXPECT_EQ(ledger.find(tape(2))->state, TapeState::kBurnt);
  EXPECT_EQ(ledger.find(tape(1))->state, TapeState::kReserved);
}

TEST(TapeLedger, WhatIsInDoubtAtARestartIsBurnt) {
  struct Case {
    unsigned changes;
    TapeState found;
  };
  // After so many changes on disk, what the next process makes of the tape.
  for (auto [changes, found] :
       {Case{1, TapeState::kBurnt}, Case{2, TapeState::kBurnt}, Case{3, TapeState::kReady},
        Case{4, TapeState::kBurnt}, Case{5, TapeState::kBurnt}}) {
    TapeLedger ledger(1);
    std::vector<LedgerChange> log;
    log.push_back(*ledger.begin(tape(1), kDevice, kDemand, 0));
    log.push_back(*ledger.made(tape(1), number(9), 64));
    log.push_back(*ledger.ready(tape(1)));
    log.push_back(*ledger.reserve(claim("j"), tape(1), kDevice, kDemand));
    log.push_back(*ledger.burn(claim("j"), tape(1)));
    log.resize(changes);
    auto after = reloaded(log);
    auto recovered = after.recover();
    EXPECT_EQ(after.find(tape(1))->state, found) << changes;
    EXPECT_EQ(recovered.empty(), changes == 3 || changes == 5) << changes;
  }
}

TEST(TapeLedger, ALaterEpochBurnsAllThatAnEarlierOneLeft) {
  TapeLedger ledger(1);
  std::vector<LedgerChange> log;
  log.push_back(*ledger.begin(tape(1), kDevice, kDemand, 0));
  log.push_back(*ledger.made(tape(1), number(9), 64));
  log.push_back(*ledger.ready(tape(1)));
  auto restored = reloaded(log, 2);
  EXPECT_EQ(restored.recover().put.size(), 1u);
  EXPECT_EQ(restored.find(tape(1))->state, TapeState::kBurnt);
}

TEST(TapeLedger, DigestsOfEqualLinesAreEqualAndOthersDiffer) {
  TapeLedger a(1), b(4);
  take_in(a, tape(1));
  take_in(b, tape(1));
  ASSERT_TRUE(a.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_NE(*a.digest(tape(1)), *b.digest(tape(1)));
  ASSERT_TRUE(b.reserve(claim("j"), tape(1), kDevice, kDemand));
  EXPECT_EQ(*a.digest(tape(1)), *b.digest(tape(1))) << "the stores' own epochs are their own affair";
  EXPECT_FALSE(a.digest(tape(2)));
}

}  // namespace
}  // namespace spud::service::stock
