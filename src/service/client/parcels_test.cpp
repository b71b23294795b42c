// SPDX-License-Identifier: Apache-2.0
#include "service/client/parcels.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "io/split.hpp"
#include "system/crypto/random.hpp"
#include "system/crypto/sha256.hpp"

namespace spud::service::client {
namespace {

Member member(const std::string& party) {
  return {PartyId(party), NodeId(party + "-0"), "spiffe://" + party, "host:1"};
}

Device device(Layout layout) {
  Device device;
  device.name = DeviceId("d");
  device.layout = layout;
  device.format = {64, 18};
  device.owner = PartyId("alice");
  device.compute = {member("alice"), member("bob"), member("chloe")};
  device.dealers = {member("dora")};
  return device;
}

const crypto::Identity kBen{PartyId("bob"), "bob.spud", crypto::Role::kClient, NodeId("ben")};

PushOrder order() {
  Literal values(TensorType{DType::kS64, {3}});
  std::ranges::copy(std::vector<std::int64_t>{1234567, 2345678, 3456789},
                    values.writable<std::int64_t>().begin());
  return {DatasetId("ages"), values, std::nullopt, {{PartyId("bob")}, true, {}, {PartyId("bob")}, 0, 0}};
}

Result<Parcels> packed(Layout layout, std::uint64_t seed) {
  crypto::SeededRandom random(seed);
  const auto to = device(layout);
  SPUD_ASSIGN(const auto keeper, keeper_of(to, kBen.party));
  return pack(order(), to, keeper, kBen, UploadId("u1"), random);
}

TEST(Parcels, TheLayoutSaysWhoKeepsWhat) {
  const PartyId bob("bob"), erin("erin");
  EXPECT_FALSE(keeper_of(device(Layout::kOutsourcing), bob)->has_value());
  EXPECT_EQ(keeper_of(device(Layout::kColocated), bob)->value(), Rank{1});
  EXPECT_EQ(keeper_of(device(Layout::kHybrid), bob)->value(), Rank{1});
  EXPECT_FALSE(keeper_of(device(Layout::kOutsourcing), erin)->has_value());
  EXPECT_FALSE(keeper_of(device(Layout::kHybrid), erin)->has_value());
  EXPECT_EQ(keeper_of(device(Layout::kColocated), erin).error().code, ErrorCode::kDenied);
}

TEST(Parcels, SharesComeTogetherAgain) {
  auto parcels = packed(Layout::kOutsourcing, 1);
  ASSERT_TRUE(parcels) << parcels.error().message();
  const auto& statement = parcels->statement;
  std::vector<alu::StoredShare> shares;
  for (unsigned i = 0; i < 3; ++i) {
    const auto view = parcels->data[i].view();
    const bool seeded = parcels->seeded(Rank{i});
    EXPECT_EQ(seeded, i < 2);
    if (seeded) {
      const Seed seed(std::span<const std::byte, Seed::kBytes>(view.data(), Seed::kBytes));
      shares.push_back(io::expand_share(seed, statement.type, statement.format));
    } else {
      shares.push_back({statement.type, statement.format, Bytes(view.begin(), view.end())});
    }
    EXPECT_EQ(io::share_digest(shares.back()), statement.shares[i]);
  }
  EXPECT_TRUE(std::ranges::equal(io::reconstruct(shares)->bytes(), order().values.bytes()));
}

TEST(Parcels, PrivateDataIsItsKeepersAlone) {
  auto parcels = packed(Layout::kColocated, 1);
  ASSERT_TRUE(parcels) << parcels.error().message();
  EXPECT_EQ(parcels->statement.keeper, Rank{1});
  for (unsigned i = 0; i < 3; ++i) {
    const auto view = parcels->data[i].view();
    EXPECT_FALSE(parcels->seeded(Rank{i}));
    EXPECT_EQ(view.size(), bytes_at(parcels->statement, Rank{i}));
    EXPECT_EQ(crypto::sha256(view), parcels->statement.shares[i]);
  }
  EXPECT_TRUE(parcels->data[0].view().empty() && parcels->data[2].view().empty());
  EXPECT_TRUE(std::ranges::equal(parcels->data[1].view().subspan(kSaltBytes), order().values.bytes()));
}

TEST(Parcels, TheSameDataPushedTwiceHasTwoDigests) {
  const auto one = packed(Layout::kHybrid, 1), two = packed(Layout::kHybrid, 2);
  EXPECT_NE(one->statement.shares[1], two->statement.shares[1]);
}

TEST(Parcels, WhatDoesNotFitTheDeviceIsRefusedAlsoWhereItIsKept) {
  auto large = order();
  large.values = Literal::scalar(DType::kF64, 1e300);
  crypto::SeededRandom random(1);
  const auto to = device(Layout::kColocated);
  EXPECT_FALSE(pack(large, to, Rank{1}, kBen, UploadId("u1"), random));
}

}  // namespace
}  // namespace spud::service::client
