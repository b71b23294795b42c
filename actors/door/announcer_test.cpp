// SPDX-License-Identifier: Apache-2.0
#include "actors/door/announcer.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "actors/door/front_door.hpp"
#include "system/net/test_parties.hpp"
#include "system/store/scratch_folder.hpp"

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

TEST(Announcer, ASchedulerThatIsNeverReachedStandsInTheLogAndInTheCheck) {
  net::Parties parties;
  ManualClock clock;
  store::ScratchFolder folder;
  const auto file = folder.path() / "log";
  auto log = metrics::Logger::open({metrics::Level::kInfo, metrics::LogFormat::kJson, file}, clock);
  ASSERT_TRUE(log);
  // Nobody has its port any more.
  const auto nowhere = net::Listener::bind({"127.0.0.1", 0}).value().address();
  std::string said;
  {
    Announcer::Options options{nowhere, net::node_of("alice"), "127.0.0.1:1", "1", Millis(1)};
    options.clock = &clock;
    Announcer announcer(std::move(options), parties.context("bob"), *log);
    while (said.empty()) {
      std::this_thread::yield();
      std::ifstream lines(file);
      std::getline(lines, said);
      if (lines.eof()) said.clear();  // is being written
    }
    const auto check = announcer.check();
    EXPECT_EQ(check.name, "scheduler");
    EXPECT_FALSE(check.ok);
    EXPECT_THAT(check.reason, testing::StartsWith("it was not reached yet: "));
    EXPECT_THAT(said, testing::HasSubstr(check.reason.substr(check.reason.find(": ") + 2)));
  }
  EXPECT_THAT(said, testing::HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(said, testing::HasSubstr("\"message\":\"cannot reach the scheduler\""));
  EXPECT_THAT(said, testing::HasSubstr(nowhere.str()));
  std::ifstream lines(file);
  const auto count = std::count(std::istreambuf_iterator<char>(lines), {}, '\n');
  EXPECT_EQ(count, 1) << "time stands still, so it is told once";
}

}  // namespace
}  // namespace spud::actors
