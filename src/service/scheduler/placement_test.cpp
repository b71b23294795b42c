// SPDX-License-Identifier: Apache-2.0
// On which nodes a device is placed, and placed again.
#include "service/scheduler/placement.hpp"

#include "service/scheduler/stock_for_tests.hpp"

namespace spud::service::scheduler {
namespace {

using crypto::Role;

/// Parties a, b, c and d with nodes that a test adds; a dealer at e.
class Placement : public ::testing::Test {
 protected:
  Placement() { add("e", "e-0", Role::kDealer); }

  void add(const std::string& party, const std::string& node, Role role = Role::kCompute, Labels labels = {},
           std::uint32_t slots = 4, std::vector<Protocol> protocols = {}) {
    wire::Announce said{"host:1", "7", false};
    said.facts = {std::move(labels), 2, 1 << 30, std::move(protocols), 1, slots, 0};
    nodes[node] = {who(party, role, node), said};
    hear(node);
  }
  void hear(const std::string& node) {
    const auto& [identity, said] = nodes.at(node);
    EXPECT_TRUE(registry.announce(identity, said, now));
  }
  /// Time in which all nodes but these speak.
  void silence(const std::vector<std::string>& silent, Millis time = Millis(6000)) {
    now += time;
    for (const auto& [node, said] : nodes) {
      if (std::find(silent.begin(), silent.end(), node) == silent.end()) hear(node);
    }
  }
  wire::CreateDevice wish(const std::string& name, const std::vector<std::string>& parties) const {
    wire::CreateDevice wish;
    wish.name = DeviceId(name);
    wish.format = {64, 18};
    for (const auto& party : parties) wish.parties.emplace_back(party);
    return wish;
  }
  /// Its nodes, or the error.
  std::string made(const wire::CreateDevice& wish) {
    auto device = devices.create(ann, wish, registry, now);
    return device ? text(*device) : device.error().message();
  }
  static std::string text(const Device& device) {
    std::string text;
    for (const auto& member : device.compute) text += member.node.str() + " ";
    for (const auto& member : device.dealers) text += "| " + member.node.str();
    return text;
  }

  const crypto::Identity ann = who("a", Role::kClient, "ann");
  std::map<std::string, std::pair<crypto::Identity, wire::Announce>> nodes;
  Millis now{1000};
  NodeRegistry registry{Millis(5000), Millis(60'000), Millis(1000)};
  DeviceBook devices;
  JobBook jobs;
  StockBook stock;
};

TEST_F(Placement, SpreadsDevicesOverThePartysNodes) {
  for (const auto* node : {"a-0", "a-1", "b-0"}) add(std::string(node).substr(0, 1), node);
  EXPECT_EQ(made(wish("d1", {"a", "b"})), "a-0 b-0 | e-0");
  EXPECT_EQ(made(wish("d2", {"a", "b"})), "a-1 b-0 | e-0");
  EXPECT_EQ(made(wish("d3", {"a", "b"})), "a-0 b-0 | e-0");
}

TEST_F(Placement, CountsDevicesBySlot) {
  add("a", "a-0", Role::kCompute, {}, 2);
  add("a", "a-1", Role::kCompute, {}, 6);
  add("b", "b-0");
  std::string order;
  for (int i = 0; i < 5; ++i) order += made(wish("d" + std::to_string(i), {"a", "b"})).substr(0, 4);
  EXPECT_EQ(order, "a-0 a-1 a-1 a-1 a-0 ") << "a third as many as at the other";
}

TEST_F(Placement, DealersAreTakenByLoadToo) {
  for (const auto* party : {"a", "b"}) add(party, std::string(party) + "-0");
  add("f", "f-0", Role::kDealer);
  EXPECT_EQ(made(wish("d1", {"a", "b"})), "a-0 b-0 | e-0");
  EXPECT_EQ(made(wish("d2", {"a", "b"})), "a-0 b-0 | f-0");
}

TEST_F(Placement, RequiresLabels) {
  add("a", "a-0", Role::kCompute, {{"zone", "us"}});
  add("a", "a-1", Role::kCompute, {{"zone", "eu"}});
  add("b", "b-0", Role::kCompute, {{"zone", "us"}});
  auto eu = wish("d", {"a", "b"});
  eu.labels = {{"zone", "eu"}};
  const auto refused = made(eu);
  EXPECT_NE(refused.find("party b"), std::string::npos) << refused;
  EXPECT_NE(refused.find("has zone=eu"), std::string::npos) << refused;
  add("b", "b-1", Role::kCompute, {{"zone", "eu"}, {"provider", "x"}});
  EXPECT_EQ(made(eu), "a-1 b-1 | e-0");
}

TEST_F(Placement, AsksForNodesThatRunTheProtocol) {
  add("a", "a-0", Role::kCompute, {}, 4, {Protocol::kRef2k});
  add("a", "a-1", Role::kCompute, {}, 4, {Protocol::kSemi2k});
  add("b", "b-0");
  EXPECT_EQ(made(wish("d1", {"a", "b"})), "a-1 b-0 | e-0");
  auto plain = wish("d2", {"a", "b"});
  plain.protocol = Protocol::kRef2k;
  EXPECT_EQ(made(plain), "a-0 b-0 ");
}

TEST_F(Placement, SpreadsOverTheValuesOfALabelWhereItCan) {
  // Taken one after the other, a would have x and leave nothing to b.
  add("a", "a-0", Role::kCompute, {{"zone", "x"}});
  add("a", "a-1", Role::kCompute, {{"zone", "y"}});
  add("b", "b-0", Role::kCompute, {{"zone", "x"}});
  auto apart = wish("d1", {"a", "b"});
  apart.spread = "zone";
  EXPECT_EQ(made(apart), "a-1 b-0 | e-0");
  add("c", "c-0", Role::kCompute, {{"zone", "x"}});
  auto three = wish("d2", {"a", "b", "c"});
  three.spread = "zone";
  EXPECT_EQ(made(three), "a-1 b-0 c-0 | e-0") << "as far as possible";
}

TEST_F(Placement, ChoosesPartiesTooAndLeavesOneToDeal) {
  nodes.clear();
  for (const auto* party : {"a", "b", "c"}) add(party, std::string(party) + "-0");
  add("a", "a-dealer", Role::kDealer);
  registry = NodeRegistry(Millis(5000));
  for (const auto& [node, said] : nodes) hear(node);
  auto two = wish("d1", {});
  two.count = 2;
  EXPECT_EQ(made(two), "b-0 c-0 | a-dealer") << "who deals does not compute";
  EXPECT_EQ(made(two), "b-0 c-0 | a-dealer") << "asked again";
  auto three = wish("d2", {});
  three.count = 3;
  const auto refused = made(three);
  EXPECT_NE(refused.find("2 parties"), std::string::npos) << refused;
  EXPECT_NE(made(wish("d3", {})).find("neither parties nor how many"), std::string::npos);
}

TEST_F(Placement, PartiesOfOneTrustDomainAreOne) {
  add("a", "a-0");
  nodes["b-0"] = {{PartyId("b"), "a.spud", Role::kCompute, NodeId("b-0")}, {"host:1", "7", false}};
  hear("b-0");
  const auto refused = made(wish("d", {"a", "b"}));
  EXPECT_NE(refused.find("trust domain"), std::string::npos) << refused;
  auto any = wish("d", {});
  any.count = 2;
  EXPECT_NE(made(any).find("1 parties in distinct trust domains"), std::string::npos) << made(any);
  add("c", "c-0");
  EXPECT_EQ(made(any), "a-0 c-0 | e-0");
}

class Replacing : public Placement {
 protected:
  Replacing() {
    for (const auto* node : {"a-0", "b-0", "b-1"}) add(std::string(node).substr(0, 1), node);
    device = *devices.create(ann, wish("d", {"a", "b"}), registry, now);
    EXPECT_EQ(text(device), "a-0 b-0 | e-0");
  }
  JobRequest request(const std::string& id) const {
    JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.outputs = {{"out0", PartyId("a")}};
    return request;
  }
  Device device;
};

TEST_F(Replacing, AnAbsentNodeMakesRoomForAnotherOfItsParty) {
  EXPECT_EQ(devices.replace(ann, {device.name, {}}, registry, now).error().code, ErrorCode::kConflict)
      << "nobody is absent";
  silence({"b-0"});
  EXPECT_EQ(devices.replace(who("b", Role::kClient, "ben"), {device.name, {}}, registry, now).error().code,
            ErrorCode::kDenied);
  auto replaced = devices.replace(ann, {device.name, {}}, registry, now);
  ASSERT_TRUE(replaced) << replaced.error().message();
  EXPECT_EQ(text(*replaced), "a-0 b-1 | e-0");
  EXPECT_NE(digest(*replaced), digest(device));
  EXPECT_EQ(replaced->previous, digest(device)) << "what was pushed to that one must be pushed again";
  EXPECT_EQ(digest(*devices.find(device.name)), digest(*replaced));
}

TEST_F(Replacing, ANamedNodeGoesThoughItIsThere) {
  auto replaced = devices.replace(ann, {device.name, NodeId("b-0")}, registry, now);
  ASSERT_TRUE(replaced) << replaced.error().message();
  EXPECT_EQ(text(*replaced), "a-0 b-1 | e-0");
  EXPECT_EQ(devices.replace(ann, {device.name, NodeId("b-0")}, registry, now).error().code,
            ErrorCode::kConflict)
      << "it is no member any more";
  EXPECT_EQ(devices.replace(ann, {device.name, NodeId("a-0")}, registry, now).error().party, "a")
      << "a has no other";
}

TEST_F(Replacing, ADealerIsReplacedByAnotherOfItsParty) {
  add("e", "e-1", Role::kDealer);
  silence({"e-0"});
  auto replaced = devices.replace(ann, {device.name, {}}, registry, now);
  ASSERT_TRUE(replaced) << replaced.error().message();
  EXPECT_EQ(text(*replaced), "a-0 b-0 | e-1");
}

TEST_F(Replacing, JobsOfTheDeviceAsItWasFailAndSayWhatToDo) {
  silence({"b-0"});
  ASSERT_TRUE(jobs.submit(ann, request("j"), device, 1));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  ASSERT_TRUE(devices.replace(ann, {device.name, {}}, registry, now));
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, 3).store, std::vector{JobId("j")});
  const auto& job = *jobs.find(JobId("j"));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.problem->code, ErrorCode::kConflict);
  EXPECT_NE(job.problem->hint.find("push its data again"), std::string::npos) << job.problem->message();
  EXPECT_EQ(jobs.submit(ann, request("j"), *devices.find(device.name), 4).error().code, ErrorCode::kConflict);
}

TEST_F(Replacing, AJobWaitsForAnAbsentNodeUntilThatIsGoneAndThenNamesTheWayOut) {
  for (const auto* id : {"j", "k"}) ASSERT_TRUE(jobs.submit(ann, request(id), device, 1));
  silence({"b-0"}, Millis(59'000));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  for (const auto* id : {"j", "k"}) EXPECT_EQ(jobs.find(JobId(id))->state, JobState::kQueued);
  silence({"b-0"}, Millis(60'001));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  for (const auto* id : {"j", "k"}) {
    const auto& job = *jobs.find(JobId(id));
    ASSERT_EQ(job.state, JobState::kFailed) << job.waiting;
    EXPECT_NE(job.problem->what.find("gone"), std::string::npos) << job.problem->message();
    EXPECT_EQ(job.problem->party, "b");
    EXPECT_NE(job.problem->hint.find("spud device replace"), std::string::npos);
  }
  for (const auto& node : registry.list(now)) EXPECT_EQ(node.gone, node.member.node == NodeId("b-0"));
}

TEST_F(Replacing, AJobThatNeedsADealerFailsOnceAllAreGoneAndOthersDoNot) {
  silence({"e-0"}, Millis(60'001));
  auto stocked = request("stocked");
  stocked.supply = Supply::kStock;
  for (const auto& wanted : {request("live"), stocked}) ASSERT_TRUE(jobs.submit(ann, wanted, device, 1));
  registry.doubt(device, PartyId("b"));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  for (const auto* id : {"live", "stocked"})
    EXPECT_EQ(jobs.find(JobId(id))->state, JobState::kQueued) << "what is in its way may mend";
  hear("b-0");
  const auto started = jobs.schedule(devices, registry, stock, now, 2).start;
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].job, JobId("stocked"));
  EXPECT_EQ(jobs.find(JobId("live"))->state, JobState::kFailed);
  EXPECT_EQ(jobs.find(JobId("live"))->problem->party, "e");
}

TEST_F(Replacing, WhoIsDoubtedByAnAttemptIsNotAbsent) {
  registry.doubt(device, PartyId("b"));
  EXPECT_EQ(devices.replace(ann, {device.name, {}}, registry, now).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(devices.create(ann, wish("another", {"a", "b"}), registry, now));
}

class Slots : public Replacing {
 protected:
  std::string submit(const std::string& id, const Device& device) {
    JobRequest wanted = request(id);
    wanted.device = device.name;
    wanted.device_digest = digest(device);
    EXPECT_TRUE(jobs.submit(ann, wanted, device, ++clock));
    auto started = jobs.schedule(devices, registry, stock, now, clock).start;
    return started.empty() ? jobs.find(JobId(id))->waiting : "started";
  }
  std::int64_t clock = 1;
};

TEST_F(Slots, AreOfANodeWhateverDevicesUseIt) {
  add("a", "a-0", Role::kCompute, {}, 2);
  auto other = *devices.create(ann, wish("other", {"a", "b"}), registry, now);
  ASSERT_EQ(text(other), "a-0 b-1 | e-0");
  EXPECT_EQ(submit("j1", device), "started");
  EXPECT_EQ(submit("j2", other), "started");
  const auto waiting = submit("j3", device);
  EXPECT_NE(waiting.find("node a-0 of party a has 2 of 2 slots in use"), std::string::npos) << waiting;
  jobs.ended({JobId("j2"), 1}, {}, ++clock);
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, clock).start.size(), 1u);
}

TEST_F(Slots, AreNotOverbookedInOneGo) {
  now += Millis(6000);
  for (int i = 0; i < 6; ++i) submit("j" + std::to_string(i), device);
  for (const auto& [node, said] : nodes) hear(node);
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, ++clock).start.size(), kStandardSlots);
}

TEST_F(Replacing, WhoWasAbsentFromAnAttemptIsWaitedForUntilItSpeaks) {
  ASSERT_TRUE(jobs.submit(ann, request("j"), device, 1));
  registry.doubt(device, PartyId("b"));
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  const auto waiting = jobs.find(JobId("j"))->waiting;
  EXPECT_NE(waiting.find("b-0"), std::string::npos) << waiting;
  EXPECT_NE(waiting.find("has not announced itself since"), std::string::npos) << waiting;
  hear("a-0");
  EXPECT_TRUE(jobs.schedule(devices, registry, stock, now, 2).start.empty());
  hear("b-0");
  EXPECT_EQ(jobs.schedule(devices, registry, stock, now, 2).start.size(), 1u);
}

TEST(SchedulerStart, SaysForHowLongItWaitsForNodes) {
  NodeRegistry registry(Millis(5000), NodeRegistry::kGoneAfter, Millis(1000));
  wire::NodeRecord record{
      {PartyId("a"), NodeId("a-0"), "spiffe://a.spud/spud/compute/a-0", "h:1"}, "compute", "7"};
  registry.reload(record);
  auto waiting = registry.reach(record.member, Millis(3000));
  ASSERT_FALSE(waiting);
  EXPECT_NE(waiting.error().what.find("within 3 s"), std::string::npos) << waiting.error().message();
  waiting = registry.reach(record.member, Millis(7000));
  EXPECT_EQ(waiting.error().what, "has not announced itself since the scheduler started");
}

}  // namespace
}  // namespace spud::service::scheduler
