// SPDX-License-Identifier: Apache-2.0
#include "app/bench/crew.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spud::app::bench {
namespace {

constexpr Millis kPatience{30'000};

Status echo(ControlLine& line) {
  for (;;) {
    SPUD_ASSIGN(auto said, line.receive(net::Deadline::never()));
    said["pid"] = ::getpid();
    SPUD_TRY(line.send(said));
  }
}
Status wait_for_ever(ControlLine& line) {
  SPUD_TRY(line.receive(net::Deadline::never()));
  ::pause();
  return {};
}

TEST(CrewTest, EveryProcessAnswersInTheOrderTheyStarted) {
  Crew crew;
  ASSERT_TRUE(crew.start("a", echo));
  ASSERT_TRUE(crew.start("b", echo));
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(crew.tell({{"round", round}}));
    auto answers = crew.gather(kPatience);
    ASSERT_TRUE(answers) << answers.error().message();
    ASSERT_EQ(answers->size(), 2u);
    EXPECT_EQ((*answers)[1]["round"], round);
    EXPECT_NE((*answers)[0]["pid"], (*answers)[1]["pid"]);
  }
}

TEST(CrewTest, NobodyOutlivesTheCrew) {
  pid_t pid = 0;
  {
    Crew crew;
    ASSERT_TRUE(crew.start("a", echo));
    ASSERT_TRUE(crew.tell(Json::object()));
    pid = (*crew.gather(kPatience))[0]["pid"];
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(CrewTest, AnErrorIsHandedOnWithTheNameOfItsProcess) {
  Crew crew;
  ASSERT_TRUE(crew.start("a", wait_for_ever));
  ASSERT_TRUE(
      crew.start("b", [](ControlLine&) -> Status { return bad_input("no such thing", "file", "one"); }));
  auto answers = crew.gather(kPatience);
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(answers.error().where, "b: file");
  EXPECT_EQ(answers.error().what, "no such thing");
}

TEST(CrewTest, AProcessThatDiesIsNamedWithItsSignal) {
  Crew crew;
  ASSERT_TRUE(crew.start("a", wait_for_ever));
  ASSERT_TRUE(crew.start("b", [](ControlLine&) -> Status {
    ::raise(SIGKILL);
    return {};
  }));
  auto answers = crew.gather(kPatience);
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().where, "b");
  EXPECT_NE(answers.error().what.find("signal 9"), std::string::npos) << answers.error().what;
}

TEST(CrewTest, AProcessThatHangsIsNamedAfterTheDeadline) {
  Crew crew;
  ASSERT_TRUE(crew.start("a", echo));
  ASSERT_TRUE(crew.start("b", wait_for_ever));
  ASSERT_TRUE(crew.tell(Json::object()));
  auto answers = crew.gather(Millis(300));
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(answers.error().where, "b");
}

TEST(CrewTest, ASignalEndsTheWait) {
  const InterruptGuard guard;
  Crew crew;
  ASSERT_TRUE(crew.start("a", wait_for_ever));
  ::raise(SIGTERM);
  auto answers = crew.gather(kPatience);
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace spud::app::bench
