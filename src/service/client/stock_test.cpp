// SPDX-License-Identifier: Apache-2.0
#include "service/client/stock.hpp"

#include <gtest/gtest.h>

namespace spud::service::client {
namespace {

const DeviceId kDevice("demo");

Digest digest_like(const std::string& begin) {
  return *Digest::from_hex(begin + std::string(64 - begin.size(), '0'));
}

wire::StockKind kind(const std::string& plan, const std::string& demand) {
  wire::StockKind kind;
  kind.device = kDevice;
  kind.plan = digest_like(plan);
  kind.demand = digest_like(demand);
  return kind;
}

TEST(FindPlan, ByADigestsBeginning) {
  const wire::StockKinds kinds{kind("aabbcc1", "111111"), kind("aabbcc2", "222222")};
  EXPECT_EQ(find_plan(kinds, kDevice, "aabbcc1")->demand, digest_like("111111"));
  EXPECT_EQ(find_plan(kinds, kDevice, "222222")->plan, digest_like("aabbcc2"));
  EXPECT_EQ(find_plan(kinds, kDevice, digest_like("aabbcc2").hex())->demand, digest_like("222222"));
}

TEST(FindPlan, RefusesWhatFitsSeveralAndSaysWhatTellsThemApart) {
  const wire::StockKinds kinds{kind("aabbcc", "111111"), kind("aabbcc", "222222")};
  auto found = find_plan(kinds, kDevice, "aabbcc");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kConflict);
  EXPECT_NE(found.error().expected.find("222222"), std::string::npos) << found.error().message();
}

TEST(FindPlan, RefusesWhatFitsNoneAndSaysWhatThereIs) {
  const wire::StockKinds kinds{kind("aabbcc", "111111")};
  auto found = find_plan(kinds, kDevice, "ddeeff");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_NE(found.error().expected.find("aabbcc000000"), std::string::npos) << found.error().message();
  EXPECT_EQ(find_plan(kinds, DeviceId("other"), "aabbcc").error().code, ErrorCode::kNotFound);
}

TEST(FindPlan, RefusesWhatIsNoBeginning) {
  const wire::StockKinds kinds{kind("aabbcc", "111111")};
  for (const std::string prefix : {"", "aabbc", "AABBCC", "train.hlo.pb"}) {
    auto found = find_plan(kinds, kDevice, prefix);
    ASSERT_FALSE(found) << prefix;
    EXPECT_EQ(found.error().code, ErrorCode::kBadInput);
  }
}

TEST(Ordered, CountsItsOwnRunsAfterThoseOrderedBefore) {
  auto at_order = kind("aabbcc", "111111");
  at_order.made = 10;
  at_order.made_at_order = 15;  // two of others, then three of ours
  const StockOrder order{at_order, 3};
  auto now = at_order;
  EXPECT_EQ(order.made(now), 0u);
  now.made = 12;
  EXPECT_EQ(order.made(now), 0u);
  now.made = 13;
  EXPECT_EQ(order.made(now), 1u);
  now.made = 99;
  EXPECT_EQ(order.made(now), 3u);
  now.made = 0;
  EXPECT_EQ(order.made(now), 0u) << "dropped and begun anew";
}

TEST(Tapes, AreCountedByStateOfOnePlanAndDevice) {
  const auto device = digest_like("dd"), demand = digest_like("11");
  auto tape = [&](stock::TapeState state, std::int64_t made) {
    stock::StockTape tape;
    tape.device = device;
    tape.demand = demand;
    tape.state = state;
    tape.bytes = 10;
    tape.made_unix_millis = made;
    return tape;
  };
  auto other = tape(stock::TapeState::kReady, 1);
  other.demand = digest_like("22");
  const auto counts =
      count_tapes({tape(stock::TapeState::kReady, 7), tape(stock::TapeState::kReady, 5),
                   tape(stock::TapeState::kReserved, 3), tape(stock::TapeState::kBurnt, 2), other},
                  device, demand);
  EXPECT_EQ(counts, (TapeCounts{2, 1, 1, 40, 5}));
  EXPECT_EQ(count_tapes({}, device, demand), TapeCounts{});
  EXPECT_EQ(together({counts, {3, 0, 0, 1, 4}}), (TapeCounts{3, 1, 1, 41, 4}));
}

}  // namespace
}  // namespace spud::service::client
