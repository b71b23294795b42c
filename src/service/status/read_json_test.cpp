// SPDX-License-Identifier: Apache-2.0
#include "service/status/read_json.hpp"

#include <gtest/gtest.h>

#include "service/status/json.hpp"
#include "service/status/snapshot_for_tests.hpp"

namespace spud::service::status {
namespace {

using Json = nlohmann::ordered_json;

Snapshot test_dealer_snapshot() {
  auto snapshot = test_snapshot();
  snapshot.role = "dealer";
  snapshot.view = DealerView{1, 2, 3, 4, 5, 6, 7ull << 40};
  return snapshot;
}

std::vector<Snapshot> snapshots() {
  std::vector all{test_snapshot(), test_node_snapshot(), test_dealer_snapshot()};
  all[0].silence = "it did not answer";
  all[0].age_millis = 5000;
  all[0].draining = true;
  all[0].peers.push_back({"carol", std::nullopt, std::nullopt, ~std::uint64_t{0}, 0});
  auto bare = all[1];
  std::get<NodeView>(bare.view).tapes.reset();
  std::get<NodeView>(bare.view).work.attempts.rows[0].supply.clear();
  all.push_back(bare);
  return all;
}

TEST(ReadJson, GivesBackWhatEveryServiceWrites) {
  for (const auto& snapshot : snapshots()) {
    const auto written = to_json(snapshot);
    const auto back = read_json(text_of(written));
    ASSERT_TRUE(back) << snapshot.role << ": " << back.error().message();
    EXPECT_EQ(to_json(*back), written);
  }
}

TEST(ReadJson, PassesOverFieldsThatItDoesNotKnow) {
  auto written = to_json(test_snapshot());
  written["more"] = {1, 2};
  written["service"]["more"] = nullptr;
  EXPECT_TRUE(read_json(text_of(written)));
}

TEST(ReadJson, AnotherVersionIsRefused) {
  auto written = to_json(test_snapshot());
  for (const Json& version : {Json(kVersion + 1), Json(0)}) {
    written["version"] = version;
    const auto back = read_json(text_of(written));
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(back.error().expected, "version 1");
  }
}

TEST(ReadJson, WhatIsNoStatusIsRefusedWhateverItIs) {
  for (const auto* text : {"", "ok\n", "<!doctype html>", "[]", "{}", "null", "{\"version\": \"1\"}",
                           "{\"version\": 1}", "{\"version\": 1e300}", "{\"version\": -1}"}) {
    const auto back = read_json(text);
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().code, ErrorCode::kBadInput) << text;
  }
  EXPECT_FALSE(read_json(std::string(1 << 20, '['))) << "however deep";
}

/// All places in a value, by JSON pointer.
void places(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& all) {
  if (!json.is_structured()) all.push_back(at);
  if (json.is_object())
    for (const auto& [name, value] : json.items()) places(value, at / name, all);
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i) places(json[i], at / i, all);
}

TEST(ReadJson, AValueOfAnyOtherKindIsRefusedOrTaken) {
  for (const auto& snapshot : snapshots()) {
    const auto written = to_json(snapshot);
    std::vector<Json::json_pointer> all;
    places(written, Json::json_pointer(), all);
    for (const auto& place : all) {
      for (const Json& other : {Json(nullptr), Json(true), Json("text"), Json(-1), Json(1e300), Json(0.5),
                                Json(~std::uint64_t{0}), Json::array(), Json::object()}) {
        auto changed = written;
        changed[place] = other;
        if (auto back = read_json(text_of(changed))) (void)to_json(*back);
      }
    }
  }
}

TEST(ReadJson, TimesThatCannotBeComputedWithAndStatesThatNobodyKnowsAreRefused) {
  const auto written = to_json(test_snapshot());
  for (const auto& [place, value] : std::vector<std::pair<const char*, Json>>{
           {"/unix_millis", std::numeric_limits<std::int64_t>::max()},
           {"/certificates/0/not_after_unix_seconds", std::numeric_limits<std::int64_t>::min()},
           {"/up_millis", 1.5},
           {"/scheduler/nodes/rows/0/state", "asleep"},
           {"/scheduler/nodes/rows/0/slots", std::uint64_t{1} << 32},
           {"/scheduler/waiting/rows/0/priority", std::int64_t{4'294'967'297}},
           {"/service/role", "client"}}) {
    auto changed = written;
    changed[Json::json_pointer(place)] = value;
    const auto back = read_json(text_of(changed));
    ASSERT_FALSE(back) << place;
    EXPECT_EQ(back.error().code, ErrorCode::kBadInput) << place;
  }
}

}  // namespace
}  // namespace spud::service::status
