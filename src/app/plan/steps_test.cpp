// SPDX-License-Identifier: Apache-2.0
#include "app/plan/steps.hpp"

#include <gmock/gmock.h>

#include "app/plan/report.hpp"
#include "ir/builder.hpp"

namespace spud::app::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ir::Region region_of(std::size_t negations) {
  const ir::ValueInfo scalar{{DType::kF32, {}}, ir::Visibility::kSecret};
  ir::RegionBuilder builder({scalar});
  ir::ValueId last = 0;
  for (std::size_t i = 0; i < negations; ++i) {
    last = builder.add(ops::Opcode::kNegate, {}, {last}, scalar, "neg." + std::to_string(i));
  }
  return std::move(builder).finish({last});
}

/// Three steps, the second of which does nothing.
StepLog log_of_three() {
  StepLog log;
  const auto observer = log.observer();
  observer("lower", region_of(3));
  observer("idle", region_of(3));
  observer("cut", region_of(1));
  return log;
}

TEST(Steps, SayWhatChanged) {
  const StepLog log = log_of_three();
  const auto& steps = log.steps();
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(headline(steps, 0), "lower: 3 instructions");
  EXPECT_EQ(headline(steps, 1), "idle: changes nothing");
  EXPECT_EQ(headline(steps, 2), "cut: from 3 to 1 instructions");
  EXPECT_THAT(names_of(steps), ElementsAre("lower", "idle", "cut"));
}

TEST(Steps, AreAllPrintedThatChangeSomething) {
  auto text = steps_text(log_of_three().steps(), "");
  ASSERT_TRUE(text.has_value());
  EXPECT_THAT(*text, HasSubstr("== 1 lower: 3 instructions\n(%0: f32[] secret)\n%1 = negate %0"));
  EXPECT_THAT(*text, HasSubstr("== 3 cut: from 3 to 1 instructions\n"));
  EXPECT_THAT(*text, Not(HasSubstr("idle")));
}

TEST(Steps, OfOneNameAreShownBeforeAndAfter) {
  auto text = steps_text(log_of_three().steps(), "cut");
  ASSERT_TRUE(text.has_value());
  const auto before = text->find("-- before\n"), old = text->find("neg.2"), after = text->find("-- after\n");
  EXPECT_LT(before, old);
  EXPECT_LT(old, after);
  EXPECT_EQ(text->find("neg.2", after), std::string::npos);
  EXPECT_EQ(*steps_text(log_of_three().steps(), "idle"), "== 2 idle: changes nothing\n");
}

TEST(Steps, OfNoNameAreRefusedWithTheNamesThatExist) {
  auto text = steps_text(log_of_three().steps(), "magic");
  ASSERT_FALSE(text.has_value());
  EXPECT_THAT(text.error().message(), HasSubstr("'magic'"));
  EXPECT_THAT(text.error().message(), HasSubstr("one of lower, idle, cut"));
}

TEST(Lines, WithoutPartnerAreFoundWhateverTheNumbers) {
  EXPECT_THAT(lines_without_partner("%1 = a %0\n%2 = b %1\n%3 = c %2\n", "%1 = a %0\n%2 = c %1\n"),
              ElementsAre(false, true, false));
  EXPECT_THAT(lines_without_partner("a\na\na\n", "a\na\n"), ElementsAre(false, false, true));
  EXPECT_THAT(lines_of("one\n\nlast"), ElementsAre("one", "", "last"));
}

}  // namespace
}  // namespace spud::app::plan
