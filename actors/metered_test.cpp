// SPDX-License-Identifier: Apache-2.0
#include "actors/metered.hpp"

#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

#include "actors/interfaces.hpp"

namespace spud::actors {
namespace {

using TestActor = caf::typed_actor<reacts_to<Tick>, replies_to<Drain>::with<Outcome<std::uint64_t>>>;
struct Nothing {};
using Self = MeteredPointer<TestActor, Nothing>;

struct Stage {
  metrics::Registry registry{{"test", "test"}};
  std::promise<void> begun, go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  caf::actor_system_config config;
  Stage() { config.set("scheduler.policy", caf::atom("sharing")); }

  double sample(const std::string& name) const {
    const auto text = registry.text();
    const auto series = "\n" + name + "{actor=\"test\"} ";
    const auto at = text.find(series);
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size()));
  }
  double waiting() const { return sample("spud_mailbox_depth"); }
  double failures() const { return sample("spud_actor_failures_total"); }
};

/// Ticks once it may; the second tick, if it is told so, is one too many.
TestActor::behavior_type worker(Self self, Stage* stage, bool fails) {
  self->meter(stage->registry, "test");
  auto ticks = std::make_shared<int>(0);
  return {[=](Tick) {
            if (++*ticks == 1) stage->begun.set_value();
            stage->may_go_on.wait();
            if (fails && *ticks == 2) throw std::runtime_error("one too many");
          },
          [](Drain) -> Outcome<std::uint64_t> { return std::uint64_t{0}; }};
}

/// Answers once all that was sent before has been taken.
bool answers(caf::actor_system& system, const TestActor& actor) {
  caf::scoped_actor self(system);
  bool answered = false;
  self->request(actor, std::chrono::seconds(30), Drain{})
      .receive([&](const Outcome<std::uint64_t>&) { answered = true; }, [](const caf::error&) {});
  return answered;
}

TEST(Metered, CountsMailThatWaitsWhileTheActorIsBusyAndNoneAfter) {
  Stage stage;
  caf::actor_system system(stage.config);
  auto actor = system.spawn<caf::detached>(worker, &stage, false);
  caf::anon_send(actor, Tick{});
  stage.begun.get_future().wait();
  EXPECT_EQ(stage.waiting(), 0) << "what is worked on does not wait";
  for (int i = 0; i < 6; ++i) caf::anon_send(actor, Tick{});
  EXPECT_EQ(stage.waiting(), 6);
  stage.go_on.set_value();
  EXPECT_TRUE(answers(system, actor));
  EXPECT_EQ(stage.waiting(), 0);
  EXPECT_EQ(stage.failures(), 0);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  system.await_all_actors_done();
  EXPECT_EQ(stage.failures(), 0) << "told to end, it has not failed";
}

TEST(Metered, AnActorThatFailsIsCountedAndItsMailIsForgotten) {
  Stage stage;
  {
    caf::actor_system system(stage.config);
    auto actor = system.spawn<caf::detached>(worker, &stage, true);
    caf::anon_send(actor, Tick{});
    stage.begun.get_future().wait();
    for (int i = 0; i < 4; ++i) caf::anon_send(actor, Tick{});
    EXPECT_EQ(stage.waiting(), 4);
    stage.go_on.set_value();
    EXPECT_FALSE(answers(system, actor));
    system.await_all_actors_done();
  }
  EXPECT_EQ(stage.failures(), 1);
  EXPECT_EQ(stage.waiting(), 0);
}

}  // namespace
}  // namespace spud::actors
