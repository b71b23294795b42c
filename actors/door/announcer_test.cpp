// SPDX-License-Identifier: Apache-2.0
#include "actors/door/announcer.hpp"

#include <gtest/gtest.h>

#include "actors/door/front_door.hpp"
#include "system/net/test_parties.hpp"

namespace spud::actors {
namespace {

namespace wire = service::wire;

TEST(Announcer, SaysThatItTakesNoMoreWorkHoweverSoonItEnds) {
  net::Parties parties;
  const auto scheduler = parties.context("alice");
  metrics::Registry registry({"test", "test"});
  std::mutex mutex;
  std::vector<wire::Announce> heard;
  auto door = FrontDoor::open({"127.0.0.1", 0}, scheduler, registry, {}, [&](const auto& connection) {
    while (auto frame = connection->receive({}, net::kPatience)) {
      auto request = wire::decode_scheduler_request(frame->header);
      ASSERT_TRUE(request) << request.error().message();
      {
        std::lock_guard lock(mutex);
        heard.push_back(std::get<wire::Announce>(*request));
      }
      ASSERT_TRUE(connection->send(wire::encode(wire::SchedulerAnswer(wire::Heartbeat{1})), net::kPatience));
    }
  });
  ASSERT_TRUE(door);
  for (int turn = 0; turn < 20; ++turn) {
    {
      Announcer announcer({(*door)->address(), net::node_of("alice"), "127.0.0.1:1", "1", Millis(3'600'000)},
                          parties.context("bob"), {});
      announcer.drain();
    }
    std::lock_guard lock(mutex);
    ASSERT_FALSE(heard.empty());
    EXPECT_TRUE(heard.back().draining) << "turn " << turn;
    heard.clear();
  }
}

}  // namespace
}  // namespace spud::actors
