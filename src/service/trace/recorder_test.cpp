// SPDX-License-Identifier: Apache-2.0
#include "service/trace/recorder.hpp"

#include <gtest/gtest.h>

#include "service/wire/trace_codec.hpp"

namespace spud::service::trace {
namespace {

class ARecorder : public ::testing::Test {
 protected:
  static Part head() {
    return {made_up(JobId("j")), JobId("j"), 2, PartyId("alice"), "node", NodeId("alice-0")};
  }
  Part part() const { return recorder.parts().front(); }

  ManualClock clock;
  const SpanId parent = span_id(made_up(JobId("j")), "above");
  Recorder recorder{head(), "attempt 2", parent, clock};
};

TEST_F(ARecorder, PutsStepsOneAfterTheOtherUnderTheTop) {
  recorder.step("compile");
  recorder.note({{"foretold_rounds", std::int64_t{7}}});
  clock.advance(Millis(5));
  recorder.step("running");
  clock.advance(Millis(3));
  recorder.close(std::nullopt);
  const auto spans = part().spans;
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0].parent, parent);
  EXPECT_EQ(spans[1].parent, spans[0].id);
  EXPECT_EQ(spans[1].end_micros - spans[1].start_micros, 5000);
  EXPECT_EQ(spans[2].start_micros, spans[1].end_micros);
  EXPECT_EQ(spans[0].end_micros, spans[2].end_micros);
  EXPECT_EQ(spans[1].attributes, (Attributes{{"foretold_rounds", std::int64_t{7}}}));
  EXPECT_EQ(spans[0].start_micros, ManualClock().unix_micros());
}

TEST_F(ARecorder, SaysOfWhatFailedWhyAndThatTheRestGoesOn) {
  const auto asked = recorder.begin("prepare", {{"node", std::string("bob-0")}});
  recorder.step("running");
  clock.advance(Millis(1));
  recorder.end(asked, Error{ErrorCode::kDenied, "a policy forbids it", "", "", "bob", ""});
  EXPECT_EQ(part().spans[2].end_micros, 0) << "it goes on";
  EXPECT_NE(part().spans[1].problem.value().find("a policy forbids it"), std::string::npos);
  recorder.end(asked);
  EXPECT_TRUE(part().spans[1].problem) << "it ended once";
}

TEST_F(ARecorder, IsBounded) {
  for (std::size_t i = 0; i < 2 * kSpansPerPart; ++i) recorder.step("step");
  recorder.note({{"lost", std::int64_t{1}}});
  EXPECT_EQ(part().spans.size(), kSpansPerPart);
  std::vector<InstructionRow> rows(2 * kInstructionsPerPart);
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    rows[i] = {i + 1, 0, "multiply", std::string(1000, 'x'), 1, 10, 20, 1000 + i};
  }
  recorder.instructions(std::move(rows), clock.now_micros());
  const auto kept = part();
  ASSERT_EQ(kept.instructions.size(), kInstructionsPerPart);
  EXPECT_EQ(kept.folded, kInstructionsPerPart + 1);
  EXPECT_EQ(kept.instructions.back().number, 0u);
  EXPECT_EQ(kept.instructions.back().runs, kInstructionsPerPart + 1);
  EXPECT_EQ(kept.instructions.front().number, kInstructionsPerPart + 2) << "the dearest stay";
  EXPECT_LE(kept.instructions.front().origin.size(), kTextBytes);
  EXPECT_LE(wire::encode_parts(recorder.parts()).size(), wire::kBytesPerTrace);
  auto less = recorder.parts();
  wire::fit(less, 64u << 10);
  const auto& few = less.front();
  EXPECT_LT(few.instructions.size(), 200u);
  EXPECT_EQ(few.instructions.back().runs + few.instructions.size() - 1, 2 * kInstructionsPerPart);
  EXPECT_EQ(few.folded, few.instructions.back().runs) << "what was put together before is counted";
}

TEST(TraceTexts, AreCutBetweenCharactersAndHoldNoControl) {
  EXPECT_EQ(short_text("a\nb"), "a b");
  const auto cut = short_text(std::string(kTextBytes - 4, 'x') + "äöü");
  EXPECT_LE(cut.size(), kTextBytes);
  EXPECT_TRUE(cut.ends_with("x…")) << cut;
}

TEST_F(ARecorder, TravelsAsItIs) {
  recorder.step("running");
  recorder.note({{"share", 0.5}, {"tape", std::string("carol/1")}, {"rounds", std::int64_t{3}}});
  recorder.instructions({{1, 0, "dot", "dot.1", 2, 5, 9, 100, 200, 300, 4, 512}}, clock.now_micros());
  Part dealer = head();
  dealer.service = "dealer";
  dealer.heard_of = PartyId("alice");
  recorder.add(dealer);
  recorder.close(Error{ErrorCode::kTimeout, "late", "", "", "", ""});
  const wire::TraceRecord record{recorder.parts(), {PartyId("alice"), PartyId("bob")}, 17};
  const auto read = wire::decode_trace_record(wire::encode(record));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->parts, record.parts);
  EXPECT_EQ(read->readers, record.readers);
  EXPECT_EQ(read->ended_unix_millis, 17);
}

TEST_F(ARecorder, RefusesTimesThatNoClockShows) {
  for (auto micros : {std::int64_t{-1}, kLastMoment + 1}) {
    auto parts = recorder.parts();
    parts.front().spans.front().start_micros = micros;
    EXPECT_FALSE(wire::decode_trace_record(wire::encode(wire::TraceRecord{parts, {}, 0})));
  }
}

TEST(TracePages, PutTogetherAreTheWhole) {
  Bytes whole(2 * wire::kBytesPerTracePage + 5);
  for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = static_cast<std::byte>(i % 251);
  Bytes all;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = wire::page_of(whole, all.size(), 9);
    EXPECT_EQ(page.total, whole.size());
    EXPECT_EQ(page.offset, all.size());
    all.insert(all.end(), page.data.begin(), page.data.end());
  }
  EXPECT_EQ(all, whole);
  EXPECT_TRUE(wire::page_of(whole, 1ull << 40, 9).data.empty());
}

}  // namespace
}  // namespace spud::service::trace
