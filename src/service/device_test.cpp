// SPDX-License-Identifier: Apache-2.0
#include "service/device.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace spud::service {
namespace {

Member member(const std::string& party, const std::string& role, const std::string& node = "0") {
  return {PartyId(party), NodeId(party + "-" + node),
          "spiffe://" + party + ".spud/spud/" + role + "/" + party + "-" + node, "h:1"};
}

Device device(std::vector<Member> dealers) {
  Device device;
  device.name = DeviceId("d");
  device.compute = {member("alice", "compute"), member("bob", "compute")};
  device.dealers = std::move(dealers);
  device.owner = PartyId("alice");
  return device;
}
const Member kCarol = member("carol", "dealer"), kDora = member("dora", "dealer");

constexpr Layout kLayouts[] = {Layout::kOutsourcing, Layout::kColocated, Layout::kHybrid};

TEST(Layouts, AreKnownByTheirNames) {
  for (auto layout : kLayouts) {
    auto read = layout_from_string(to_string(layout));
    ASSERT_TRUE(read) << to_string(layout);
    EXPECT_EQ(*read, layout);
  }
  EXPECT_STREQ(to_string(Layout::kColocated), "colocated");
  EXPECT_EQ(layout_from_string("collocated").error().code, ErrorCode::kBadInput);
}

TEST(Layouts, KeepTheSameRulesOfMembers) {
  for (auto layout : kLayouts) {
    auto good = device({kCarol});
    good.layout = layout;
    EXPECT_TRUE(verify(good)) << to_string(layout);
    auto twice = good;
    twice.compute[1] = member("alice", "compute", "1");
    EXPECT_EQ(verify(twice).error().code, ErrorCode::kDenied) << to_string(layout);
    auto computing = good;
    computing.dealers = {member("bob", "dealer")};
    EXPECT_EQ(verify(computing).error().code, ErrorCode::kDenied) << to_string(layout);
  }
}

TEST(Layouts, AreInTheDigest) {
  std::set<Digest> digests;
  for (auto layout : kLayouts) {
    auto one = device({kCarol});
    one.layout = layout;
    digests.insert(digest(one));
  }
  EXPECT_EQ(digests.size(), 3u);
}

TEST(Dealers, OneIsDescribedAsWhenThereCouldBeNoMore) {
  const auto fields = describe(device({kCarol}));
  const Fields last(fields.end() - 3, fields.end());
  EXPECT_EQ(last[0].name, "dealer party");
  EXPECT_EQ(last[1].name, "dealer node");
  EXPECT_EQ(last[2].name, "dealer identity");
  EXPECT_EQ(fields.size(), 15u);
}

TEST(Dealers, ADigestCoversAllOfThemAndTheirOrder) {
  const auto one = digest(device({kCarol})), two = digest(device({kCarol, kDora}));
  EXPECT_NE(one, two);
  EXPECT_NE(two, digest(device({kDora, kCarol})));
  auto moved = device({kCarol, kDora});
  moved.dealers[1].address = "h:2";
  EXPECT_EQ(digest(moved), two);
}

TEST(Dealers, NoneComputesAndNoneIsNamedTwice) {
  EXPECT_TRUE(verify(device({kCarol, kDora})));
  EXPECT_TRUE(verify(device({kCarol, member("carol", "dealer", "1")}))) << "two nodes of one party";
  EXPECT_EQ(verify(device({kCarol, member("bob", "dealer")})).error().code, ErrorCode::kDenied);
  EXPECT_EQ(verify(device({kCarol, kDora, kCarol})).error().code, ErrorCode::kBadInput);
  auto alike = kCarol;
  alike.identity += "x";
  EXPECT_EQ(verify(device({kCarol, alike})).error().code, ErrorCode::kBadInput)
      << "their tapes could not be told apart";
  EXPECT_EQ(verify(device({})).error().code, ErrorCode::kBadInput);
}

TEST(Dealers, AreFourAtMost) {
  std::vector<Member> dealers;
  for (std::size_t i = 0; i < limits::kDealersPerDevice; ++i) {
    dealers.push_back(member("d" + std::to_string(i), "dealer"));
  }
  EXPECT_TRUE(verify(device(dealers)));
  dealers.push_back(kCarol);
  EXPECT_EQ(verify(device(dealers)).error().code, ErrorCode::kBadInput);
}

TEST(Dealers, AreFoundByIdentityAndTheFirstByNone) {
  const auto both = device({kCarol, kDora});
  EXPECT_EQ(both.dealer("")->party, PartyId("carol"));
  EXPECT_EQ(both.dealer(kDora.identity)->party, PartyId("dora"));
  EXPECT_EQ(both.dealer("spiffe://eve.spud/spud/dealer/eve-0"), nullptr);
  EXPECT_EQ(device({}).dealer(""), nullptr);
}

}  // namespace
}  // namespace spud::service
