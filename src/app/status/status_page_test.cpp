// SPDX-License-Identifier: Apache-2.0
#include "app/status/status_page.hpp"

#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "app/status/last_view.hpp"
#include "system/metrics/catalogue.hpp"

namespace spud::app {
namespace {

using service::status::Snapshot;
using service::status::WorkView;
using ::testing::HasSubstr;

/// The page's thread looks at it, too.
class SharedClock final : public Clock {
 public:
  Millis now() const override { return Millis(millis_.load()); }
  std::int64_t unix_millis() const override { return 1'700'000'000'000 + millis_; }
  void advance(Millis by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_{0};
};

class StatusPages : public ::testing::Test {
 protected:
  void open(StatusPage::Describe describe) {
    Snapshot service;
    service.role = "node";
    service.name = "alice-0";
    page_.emplace(
        std::move(service), clock_, registry_, [this] { return checks_; }, std::move(describe));
    documents_ = page_->documents();
  }
  nlohmann::json json() { return nlohmann::json::parse(documents_.at("/status.json")().body); }

  SharedClock clock_;
  metrics::Registry registry_{{"1.2.3", "node"}};
  std::vector<metrics::Check> checks_{{"store", true, ""}};
  std::optional<StatusPage> page_;
  metrics::Documents documents_;
};

TEST_F(StatusPages, TheServiceIsAskedOnceASecondHoweverManyLook) {
  int asked = 0;
  open([&](Snapshot&) { ++asked; });
  for (int i = 0; i < 5; ++i) (void)documents_.at("/")();
  EXPECT_EQ(asked, 1);
  clock_.advance(Millis(999));
  (void)json();
  EXPECT_EQ(asked, 1);
  clock_.advance(Millis(1));
  EXPECT_EQ(json()["age_millis"], 0);
  EXPECT_EQ(asked, 2);
}

TEST_F(StatusPages, WhoeverComesWhileItIsAskedSeesWhatWasThereBeforeAndHowOldItIs) {
  std::promise<void> asking, answer;
  int asked = 0;
  open([&](Snapshot& snapshot) {
    snapshot.certificates = {{"answer " + std::to_string(++asked), {0, 1}}};
    if (asked == 1) return;
    asking.set_value();
    answer.get_future().wait();
  });
  EXPECT_EQ(json()["certificates"][0]["name"], "answer 1");
  clock_.advance(Millis(60'000));
  auto slow = std::async(std::launch::async, [&] { return json(); });
  asking.get_future().wait();
  const auto meanwhile = json();
  EXPECT_EQ(meanwhile["certificates"][0]["name"], "answer 1");
  EXPECT_EQ(meanwhile["age_millis"], 60'000);
  EXPECT_THAT(documents_.at("/")().body, HasSubstr("This is as it was 1 min ago"));
  answer.set_value();
  EXPECT_EQ(slow.get()["certificates"][0]["name"], "answer 2");
}

TEST_F(StatusPages, ASnapshotThatFailsLeavesTheOneBefore) {
  bool fails = false;
  open([&](Snapshot& snapshot) {
    if (fails) throw std::bad_alloc();
    snapshot.disks = {{"store", 7, 1}};
  });
  EXPECT_EQ(json()["disks"][0]["free_bytes"], 7);
  fails = true;
  clock_.advance(Millis(5000));
  EXPECT_EQ(json()["disks"][0]["free_bytes"], 7);
  EXPECT_EQ(json()["age_millis"], 5000);
}

TEST_F(StatusPages, PeersAndReadinessAreThere) {
  registry_.gauge(metrics::family::kPeerUp, {"bob"}).set(0);
  registry_.counter(metrics::family::kBytesSent, {"bob", "session"}).add(5);
  registry_.counter(metrics::family::kBytesSent, {"bob", "tape"}).add(7);
  checks_.push_back({"draining", false, "it is shutting down"});
  open([](Snapshot&) {});
  const auto said = json();
  EXPECT_EQ(said["peers"][0]["peer"], "bob");
  EXPECT_EQ(said["peers"][0]["up"], false);
  EXPECT_EQ(said["peers"][0]["sent_bytes"], 12);
  EXPECT_EQ(said["draining"], true);
  EXPECT_EQ(said["ready"], false);
}

// Spawned with an argument: of none CAF binds a reference to nothing, which UBSan refuses.
using Worker = caf::typed_actor<caf::replies_to<actors::Describe>::with<actors::Described<WorkView>>>;

TEST(LastViews, AnActorThatDoesNotAnswerIsShownAsItWas) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(config);
  auto answers = std::make_shared<std::atomic<int>>(1);
  auto worker = system.spawn(
      [](Worker::pointer self, std::shared_ptr<std::atomic<int>> left) -> Worker::behavior_type {
        return {[self, left](actors::Describe) -> caf::result<actors::Described<WorkView>> {
          if ((*left)-- <= 0) return self->make_response_promise<actors::Described<WorkView>>();
          auto view = std::make_shared<WorkView>();
          view->slots = 4;
          return actors::Described<WorkView>(view);
        }};
      },
      answers);
  SharedClock clock;
  LastView<WorkView> last;
  Snapshot snapshot;
  EXPECT_EQ(last.ask(system, worker, clock, snapshot).slots, 4u);
  EXPECT_EQ(snapshot.silence, "");
  clock.advance(Millis(9000));
  EXPECT_EQ(last.ask(system, worker, clock, snapshot).slots, 4u);
  EXPECT_EQ(snapshot.age_millis, 9000);
  EXPECT_EQ(snapshot.silence, "the service did not answer in time");
  EXPECT_TRUE(snapshot.heard);
  caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

TEST(LastViews, AnActorThatNeverAnsweredIsEmpty) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system(config);
  auto gone = system.spawn(
      [](std::shared_ptr<const WorkView> view) -> Worker::behavior_type {
        return {[view](actors::Describe) { return actors::Described<WorkView>(view); }};
      },
      std::make_shared<const WorkView>());
  caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  caf::scoped_actor self(system);
  self->wait_for(gone);
  SharedClock clock;
  LastView<WorkView> last;
  Snapshot snapshot;
  EXPECT_EQ(last.ask(system, gone, clock, snapshot).slots, 0u);
  EXPECT_EQ(snapshot.silence, "the service is shutting down");
  EXPECT_FALSE(snapshot.heard);
}

}  // namespace
}  // namespace spud::app
