// SPDX-License-Identifier: Apache-2.0
// The scheduler's actors and stock, with nodes that only answer: real connections, store and restarts.
#include "service/client/stock.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>

#include <gtest/gtest.h>
#include <unistd.h>

#include "actors/door/ask.hpp"
#include "actors/door/front_door.hpp"
#include "actors/scheduler/actor.hpp"
#include "actors/scheduler/serve.hpp"
#include "system/crypto/random.hpp"

namespace spud::actors {
namespace {

using service::Supply;
using service::stock::StockTape;

const Digest kDemand = service::digest_fields("demand", {});
const Digest kPlan = service::digest_fields("plan", {});
const Digest kProgram = service::digest_fields("program", {});

crypto::Identity who(const std::string& party, crypto::Role role) {
  return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
}

/// What the dummies have been asked, and what they answer.
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  // Under mutex.
  std::map<std::string, std::uint64_t> orders;  ///< numbers of the tapes made, by order
  std::map<std::string, service::stock::StockTapes> ready;
  std::multiset<std::string> discarded;  ///< by node
  std::set<Digest> started;              ///< manifests
  std::string other_plan;                ///< a node that compiles another plan
  std::string full;                      ///< a node that has no room
  bool held = false;                     ///< making takes for ever
  bool closed = false;

  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), condition));
  }
  template <class Change>
  void set(Change change) {
    std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
};

/// A node without anything behind it.
struct DummyNode {
  World& world;
  std::string party;

  template <class Kind>
  wire::NodeAnswer operator()(const Kind&) const {
    return wire::Done{};
  }
  service::Fields manifest() const { return {{"demand", kDemand.hex()}, {"program", kProgram.hex()}}; }
  wire::NodeAnswer operator()(const wire::PrepareStock& asked) const {
    std::lock_guard lock(world.mutex);
    const auto plan = world.other_plan == party ? kDemand : kPlan;
    return service::Fields{{"device digest", digest(asked.device).hex()},
                           {"compiler", "1"},
                           {"plan", plan.hex()},
                           {"demand", kDemand.hex()}};
  }
  wire::NodeAnswer operator()(const wire::MakeTape& asked) const {
    std::unique_lock lock(world.mutex);
    world.changed.wait(lock, [&] { return !world.held || world.closed; });
    if (world.full == party) return Error{ErrorCode::kResource, "no room", "", "", party, ""};
    const auto number = world.orders.try_emplace(asked.order, world.orders.size() + 1).first->second;
    StockTape tape;
    tape.id = {PartyId("carol"), NodeId("carol-0"), 1, number};
    tape.device = digest(asked.device);
    tape.demand = asked.demand;
    tape.state = service::stock::TapeState::kReady;
    world.ready[party].push_back(tape);
    world.changed.notify_all();
    return tape;
  }
  wire::NodeAnswer operator()(const wire::DiscardTape&) const {
    world.set([&] { world.discarded.insert(party); });
    return wire::Done{};
  }
  wire::NodeAnswer operator()(const wire::ListStock&) const {
    std::lock_guard lock(world.mutex);
    return world.ready[party];
  }
  wire::NodeAnswer operator()(const wire::PrepareAttempt&) const { return manifest(); }
  wire::NodeAnswer operator()(const wire::ReserveTape& asked) const {
    auto extended = manifest();
    extended.push_back({"tape", asked.tape.str()});
    return extended;
  }
  wire::NodeAnswer operator()(const wire::StartAttempt& asked) const {
    world.set([&] { world.started.insert(asked.manifest); });
    return wire::Done{};
  }
  wire::NodeAnswer operator()(const wire::AwaitAttempt&) const {
    return wire::AttemptStatus{wire::AttemptState::kDone, {}, {}};
  }

  void serve(net::Connection& connection) const {
    while (auto frame = connection.receive({}, Millis(60'000))) {
      auto request = wire::decode_node_request(frame->header);
      if (!request) return;
      if (!connection.send(wire::encode(std::visit(*this, *request)), Millis(10'000))) return;
    }
  }
};

class StockActors : public ::testing::Test {
 protected:
  StockActors() {
    folder = std::filesystem::temp_directory_path() / ("spud-stock-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "bundles");
    for (const auto* party : {"operator", "alice", "bob", "carol"}) {
      auto authority = crypto::create_ca(PartyId(party), validity()).value();
      const crypto::TrustBundle bundle{PartyId(party), std::string(party) + ".spud", {authority.certificate}};
      EXPECT_TRUE(bundle.write(folder / "bundles" / (std::string(party) + ".pem")));
      authorities.emplace(party, std::move(authority));
    }
    for (const std::string party : {"alice", "bob"}) {
      const DummyNode node{world, party};
      doors[party] = FrontDoor::open({"127.0.0.1", 0}, context(party, crypto::Role::kCompute), registry, {},
                                     [node](const auto& connection) { node.serve(*connection); })
                         .value();
    }
    scheduler = std::make_unique<Scheduler>(*this);
    announce();
    wire::CreateDevice wish;
    wish.name = DeviceId("d");
    wish.parties = {PartyId("alice"), PartyId("bob")};
    device = told<service::Device>(wish);
  }
  ~StockActors() override {
    world.set([&] { world.closed = true; });
    scheduler.reset();
    doors.clear();
    std::filesystem::remove_all(folder);
  }

  static crypto::Validity validity() {
    static const auto now = SystemClock().unix_millis() / 1000;
    return {now - 3600, now + 86'400};
  }
  net::TlsContext context(const std::string& party, crypto::Role role) const {
    auto leaf = crypto::issue(authorities.at(party), who(party, role), validity()).value();
    return net::TlsContext::make(leaf, crypto::Trust::load(folder / "bundles").value()).value();
  }

  template <class T, class Request>
  Outcome<T> tell(const crypto::Identity& caller, const Request& request) {
    caf::scoped_actor self(scheduler->system);
    return ask<T>(self, scheduler->actor, Millis(30'000), caller, request);
  }
  template <class T, class Request>
  T told(const Request& request) {
    auto answer = tell<T>(who("alice", crypto::Role::kClient), request);
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? *answer : T{};
  }
  void announce() {
    for (const auto& [party, door] : doors) {
      service::stock::StockTapes ready;
      world.set([&, party = party] { ready = world.ready[party]; });
      EXPECT_TRUE(tell<wire::Heartbeat>(who(party, crypto::Role::kCompute),
                                        wire::Announce{door->address().str(), "1", false, true, ready}));
    }
    EXPECT_TRUE(
        tell<wire::Heartbeat>(who("carol", crypto::Role::kDealer), wire::Announce{"host:1", "", false}));
  }
  void restart() {
    scheduler.reset();
    scheduler = std::make_unique<Scheduler>(*this);
  }
  wire::MakeStock order(std::uint32_t runs) {
    return {device.name, digest(device), runs, wire::StockProgram{kProgram, {}},
            "order-" + std::to_string(++orders)};
  }
  wire::StockKind kind() { return told<wire::StockKinds>(wire::ListStockKinds{}).at(0); }
  /// A sample of /metrics; nullopt if there is no such series.
  std::string of_plan() const {
    return "{device=\"" + device.name.str() + "\",plan=\"" + kPlan.brief() + "\"}";
  }
  std::optional<double> sample(const std::string& series) const {
    const auto text = registry.text();
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) return std::nullopt;
    return std::stod(text.substr(at + series.size() + 2));
  }
  void wait_for_made(std::uint64_t number) {
    world.wait([&] { return world.ready["alice"].size() >= number && world.ready["bob"].size() >= number; });
    const auto end = clock.now() + Millis(30'000);
    while (kind().made < number) ASSERT_LT(clock.now(), end);
  }
  service::Job submit(const std::string& id) {
    service::JobRequest request;
    request.id = JobId(id);
    request.device = device.name;
    request.device_digest = digest(device);
    request.program = kProgram;
    request.outputs = {{"out0", PartyId("alice")}};
    request.supply = Supply::kStock;
    return told<service::Job>(wire::SubmitJob{request});
  }
  service::Job show(const std::string& id, std::uint32_t wait = 0) {
    return told<service::Job>(wire::ShowJob{JobId(id), wait});
  }

  /// A client over a connection of its own.
  service::client::Client client(const FrontDoor& door) const {
    auto leaf =
        crypto::issue(authorities.at("alice"), who("alice", crypto::Role::kClient), validity()).value();
    const auto base = folder / "client";
    EXPECT_TRUE(leaf.key.write(base.string() + ".key"));
    EXPECT_TRUE(leaf.certificate.write(base.string() + ".pem"));
    service::ClientContext context;
    context.scheduler = door.address();
    context.scheduler_identity = who("operator", crypto::Role::kScheduler);
    context.tls = {base.string() + ".pem", base.string() + ".key", {folder / "bundles"}};
    context.pins = folder / "pins";
    return service::client::Client::open(context).value();
  }
  std::unique_ptr<FrontDoor> open_door() {
    return FrontDoor::open({"127.0.0.1", 0}, scheduler->setup.tls, registry, {},
                           [this](const auto& connection) {
                             serve_scheduler(scheduler->system, scheduler->setup, scheduler->actor,
                                             *connection);
                           })
        .value();
  }

  struct Scheduler {
    explicit Scheduler(StockActors& test)
        : store(store::Store::open(test.folder / "scheduler", kSchedulerFamilies).value()),
          setup{test.context("operator", crypto::Role::kScheduler),
                *store,
                test.clock,
                test.registry,
                {},
                Millis(500),
                Millis(3'600'000),
                Millis(10'000),
                100},
          system(config) {
      auto state = std::make_shared<SchedulerState>();
      EXPECT_TRUE(load(*state, setup));
      actor = system.spawn<caf::detached>(scheduler_actor, &setup, state);
    }
    ~Scheduler() { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); }
    std::unique_ptr<store::Store> store;
    SchedulerSetup setup;
    /// As in production: see app::actor_config.
    struct Config : caf::actor_system_config {
      Config() { set("scheduler.policy", caf::atom("sharing")).set("scheduler.max-threads", 2); }
    } config;
    caf::actor_system system;
    SchedulerActor actor;
  };

  unsigned orders = 0;
  crypto::OsRandom random;
  SystemClock clock;
  metrics::Registry registry{{"test", "test"}};
  World world;
  std::filesystem::path folder;
  std::map<std::string, crypto::Credential> authorities;
  std::map<std::string, std::unique_ptr<FrontDoor>> doors;
  std::unique_ptr<Scheduler> scheduler;
  service::Device device;
};

TEST_F(StockActors, WhatIsOrderedIsMade) {
  auto ordered = told<wire::StockKind>(order(2));
  EXPECT_EQ(ordered.demand, kDemand);
  EXPECT_EQ(ordered.plan, kPlan);
  EXPECT_EQ(ordered.ordered, 2u);
  wait_for_made(2);
  EXPECT_EQ(kind().ready, 2u);
  EXPECT_EQ(kind().ordered, 0u);
  told<wire::StockKind>(wire::TargetStock{device.name, kDemand, 3});
  wait_for_made(3);
  EXPECT_NE(registry.text().find("spud_stock_made_total 3"), std::string::npos);
  EXPECT_NE(registry.text().find("spud_stock_target" + of_plan() + " 3"), std::string::npos);
}

TEST_F(StockActors, OrdersGoOnAfterARestartThatDoesNotWaitForATape) {
  world.set([&] { world.held = true; });
  told<wire::StockKind>(order(2));
  told<wire::StockKind>(wire::TargetStock{device.name, kDemand, 1});
  EXPECT_TRUE(kind().making);
  restart();
  EXPECT_EQ(kind().ordered, 2u);
  EXPECT_EQ(kind().target, 1u);
  EXPECT_TRUE(kind().problem) << "nodes have not announced themselves yet";
  world.set([&] { world.held = false; });
  announce();
  wait_for_made(2);
  EXPECT_EQ(kind().ordered, 0u);
}

TEST_F(StockActors, ARepeatedOrderIsOneOrderAlsoAfterARestart) {
  const auto two = order(2);
  auto first = told<wire::StockKind>(two);
  EXPECT_EQ(first.made_at_order, 2u);
  wait_for_made(2);
  auto repeated = told<wire::StockKind>(two);
  EXPECT_EQ(repeated.made, 2u);
  EXPECT_EQ(repeated.made_at_order, 2u) << "a client that waits for it is done";
  restart();
  repeated = told<wire::StockKind>(two);
  EXPECT_EQ(repeated.ordered, 0u);
  auto other = two;
  other.runs = 3;
  EXPECT_EQ(tell<wire::StockKind>(who("alice", crypto::Role::kClient), other).error().code,
            ErrorCode::kConflict);
}

TEST_F(StockActors, AnOrderThatIsRepeatedWhileItIsCompiledIsOneOrder) {
  world.set([&] { world.held = true; });
  const auto two = order(2);
  const auto caller = who("alice", crypto::Role::kClient);
  caf::scoped_actor first(scheduler->system), second(scheduler->system);
  auto a = first->request(scheduler->actor, std::chrono::seconds(30), caller, two);
  auto b = second->request(scheduler->actor, std::chrono::seconds(30), caller, two);
  for (auto* asked : {&a, &b}) {
    asked->receive(
        [](const Outcome<wire::StockKind>& kind) {
          ASSERT_TRUE(kind) << kind.error().message();
          EXPECT_EQ(kind->ordered, 2u);
        },
        [](const caf::error& error) { FAIL() << to_string(error); });
  }
}

TEST_F(StockActors, NodesThatCompileDifferentlyGetNoStock) {
  world.set([&] { world.other_plan = "bob"; });
  auto refused = tell<wire::StockKind>(who("alice", crypto::Role::kClient), order(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().party, "bob");
  EXPECT_NE(refused.error().what.find("differs in plan"), std::string::npos) << refused.error().message();
  auto stranger = tell<wire::StockKind>(who("carol", crypto::Role::kClient), order(2));
  EXPECT_EQ(stranger.error().code, ErrorCode::kDenied);
}

TEST_F(StockActors, AJobWaitsForATapeAndStartsWithTheManifestThatNamesIt) {
  submit("j1");
  const auto end = clock.now() + Millis(30'000);
  while (!show("j1").demand || show("j1").state != service::JobState::kQueued) {
    ASSERT_LT(clock.now(), end);
    ASSERT_FALSE(service::has_ended(show("j1").state));
  }
  world.set([&] { EXPECT_TRUE(world.started.empty()) << "nothing ran"; });
  told<wire::StockKind>(order(1));
  while (!service::has_ended(show("j1", 1000).state)) ASSERT_LT(clock.now(), end);
  const auto job = show("j1");
  ASSERT_EQ(job.state, service::JobState::kDone) << job.attempts.back().problem->message();
  ASSERT_TRUE(job.attempts.back().tape);
  auto extended = DummyNode{world, "alice"}.manifest();
  extended.push_back({"tape", job.attempts.back().tape->str()});
  world.set([&] { EXPECT_EQ(world.started, std::set{service::digest_fields("manifest", extended)}); });

  // The nodes still report it, but it has been given away, for this and every later scheduler.
  announce();
  EXPECT_EQ(kind().ready, 0u);
  restart();
  announce();
  EXPECT_EQ(kind().ready, 0u);
}

TEST_F(StockActors, AClientOrdersWatchesAndSeesWhatNodesHave) {
  namespace client = service::client;
  auto door = open_door();
  auto alice = this->client(*door);
  auto order = client::order_stock(alice, device, wire::StockProgram{kProgram, {}}, 3, random);
  ASSERT_TRUE(order) << order.error().message();
  std::vector<std::uint32_t> seen;
  auto made = client::watch_stock(
      alice, *order, [&](std::uint32_t done) { seen.push_back(done); }, [] {});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->ready, 3u);
  EXPECT_EQ(seen.back(), 3u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(client::find_plan(alice, device.name, kPlan.brief())->demand, kDemand);

  doors.erase("bob");
  auto located = alice.show_device(device.name);
  ASSERT_TRUE(located);
  const auto nodes = client::ask_nodes(alice, *located);
  ASSERT_EQ(nodes.size(), 2u);
  ASSERT_TRUE(nodes[0].tapes);
  EXPECT_EQ(client::count_tapes(*nodes[0].tapes, digest(device), kDemand).ready, 3u);
  ASSERT_FALSE(nodes[1].tapes);
  EXPECT_EQ(nodes[1].tapes.error().party, "bob");
}

TEST_F(StockActors, AClientLearnsWhyATapeCouldNotBeMade) {
  namespace client = service::client;
  world.set([&] { world.full = "bob"; });
  auto door = open_door();
  auto alice = this->client(*door);
  auto order = client::order_stock(alice, device, wire::StockProgram{kProgram, {}}, 2, random);
  ASSERT_TRUE(order) << order.error().message();
  auto made = client::watch_stock(
      alice, *order, [](std::uint32_t) {}, [] {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().party, "bob");
  EXPECT_EQ(made.error().code, ErrorCode::kResource);
  EXPECT_EQ(kind().ordered, 2u) << "the scheduler goes on trying";
  EXPECT_GE(sample("spud_stock_failed_total"), 1);
  world.set([&] { world.full.clear(); });
  auto again = client::order_stock(alice, device, kDemand, 1, random);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(client::watch_stock(
      alice, *again, [](std::uint32_t) {}, [] {}));
}

TEST_F(StockActors, WhatIsMissingFromATargetLagsUntilItIsThere) {
  const std::string lag = "spud_stock_lag_seconds" + of_plan();
  told<wire::StockKind>(order(1));
  wait_for_made(1);
  EXPECT_EQ(sample(lag), 0);
  world.set([&] { world.held = true; });
  told<wire::StockKind>(wire::TargetStock{device.name, kDemand, 2});
  const auto end = clock.now() + Millis(30'000);
  while (sample(lag) <= 0.0) ASSERT_LT(clock.now(), end);
  world.set([&] { world.held = false; });
  wait_for_made(2);
  EXPECT_EQ(sample(lag), 0);
}

TEST_F(StockActors, DroppingTellsTheNodes) {
  const std::string ready = "spud_stock_ready" + of_plan();
  told<wire::StockKind>(order(1));
  wait_for_made(1);
  EXPECT_EQ(sample(ready), 1);
  told<wire::Dropped>(wire::DropStock{device.name, kDemand});
  EXPECT_EQ(sample(ready), std::nullopt) << "of what is gone there is no series";
  world.wait([&] { return world.discarded == std::multiset<std::string>{"alice", "bob"}; });
  EXPECT_TRUE(told<wire::StockKinds>(wire::ListStockKinds{}).empty());
  restart();
  EXPECT_TRUE(told<wire::StockKinds>(wire::ListStockKinds{}).empty());
}

}  // namespace
}  // namespace spud::actors
