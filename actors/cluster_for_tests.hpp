// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "actors/dealer/actor.hpp"
#include "actors/dealer/serve.hpp"
#include "actors/door/ask.hpp"
#include "actors/door/looks.hpp"
#include "actors/node/actor.hpp"
#include "actors/node/looks.hpp"
#include "actors/node/serve.hpp"
#include "actors/node/share_store.hpp"
#include "actors/scheduler/actor.hpp"
#include "actors/scheduler/serve.hpp"
#include "service/client/jobs.hpp"
#include "system/crypto/random.hpp"

namespace spud::actors {

/// A whole deployment in one process: a scheduler, one or more dealers and compute nodes, each with its own
/// party, certificates and store, over TLS on loopback. Services can be stopped and started on the stores
/// they had.
class TestCluster {
 public:
  static constexpr Millis kSilence{2000};

  explicit TestCluster(unsigned nodes, const std::vector<std::string>& dealers = {"carol"}) : nodes_(nodes) {
    folder_ = std::filesystem::temp_directory_path() /
              ("spud-cluster-" + std::to_string(::getpid()) + "-" + std::to_string(made_++));
    std::filesystem::create_directories(folder_ / "bundles");
    for (const auto* party : {"operator", "carol", "dora", "alice", "bob", "dave"}) add_party(party);
    scheduler_.emplace(*this);
    for (const auto& dealer : dealers) start_dealer(dealer);
    for (unsigned i = 0; i < nodes; ++i) start_node(i);
  }
  ~TestCluster() {
    running_.clear();
    dealers_.clear();
    scheduler_.reset();
    std::filesystem::remove_all(folder_);
  }

  static const char* party(unsigned node) {
    constexpr const char* kParties[] = {"alice", "bob", "dave"};
    return kParties[node];
  }

  void start_node(unsigned i) {
    running_[i] = std::make_unique<Node>(*this, party(i));
    announce(crypto::Role::kCompute, party(i), running_[i]->door->address().str());
  }
  void stop_node(unsigned i) { running_.erase(i); }
  void start_dealer(const std::string& party) {
    dealers_[party] = std::make_unique<Dealer>(*this, party);
    announce(crypto::Role::kDealer, party, dealers_[party]->door->address().str());
  }
  /// As one that is shut down in order: the scheduler has been told.
  void stop_dealer(const std::string& party) {
    announce(crypto::Role::kDealer, party, dealers_.at(party)->door->address().str(), true);
    dealers_.erase(party);
  }
  /// As at SIGTERM: how many attempts run.
  Outcome<std::uint64_t> drain_scheduler() {
    caf::scoped_actor self(scheduler_->system);
    return ask<std::uint64_t>(self, scheduler_->actor, Millis(10'000), Drain{});
  }
  /// One request of the scheduler to a node's supervisor.
  template <class T, class Request>
  Outcome<T> ask_node(unsigned i, const Request& request) {
    auto& node = *running_.at(i);
    caf::scoped_actor self(node.system);
    return ask<T>(self, node.actor, Millis(60'000), identity("operator", crypto::Role::kScheduler), request);
  }
  ShareDesk& desk(unsigned i) { return *running_.at(i)->desk; }
  store::Store& rows(unsigned i) { return *running_.at(i)->store->rows; }
  const PlanCache& plans(unsigned i) { return *running_.at(i)->setup.plans; }
  TapeDesk& tapes(unsigned i) { return running_.at(i)->tapes; }
  service::stock::TapeVault& vault(unsigned i) { return *running_.at(i)->vault; }
  /// Somebody whose authority is in nobody's bundles.
  Result<std::unique_ptr<net::Connection>> connect_to_node_as_stranger(unsigned i) {
    const auto authority = crypto::create_ca(PartyId("mallory"), validity()).value();
    auto trust = crypto::Trust::load(folder_ / "bundles").value();
    EXPECT_TRUE(trust.add({PartyId("mallory"), "mallory.spud", {authority.certificate}}));
    const auto leaf =
        crypto::issue(authority, identity("mallory", crypto::Role::kClient), validity()).value();
    const auto tls = net::TlsContext::make(leaf, std::move(trust)).value();
    return net::Connection::connect(running_.at(i)->door->address(), tls, net::ExpectedPeer::anyone(),
                                    Millis(10'000));
  }
  /// As a node's process, to say what a test wants.
  std::unique_ptr<net::Connection> connect_to_dealer(unsigned node, const std::string& dealer) {
    return net::Connection::connect(dealers_.at(dealer)->door->address(),
                                    context(party(node), crypto::Role::kCompute), net::ExpectedPeer::anyone(),
                                    Millis(10'000))
        .value();
  }
  /// What they publish.
  metrics::Registry& node_metrics(unsigned i) { return running_.at(i)->registry; }
  metrics::Registry& scheduler_metrics() { return scheduler_->registry; }
  metrics::Registry& dealer_metrics(const std::string& party) { return dealers_.at(party)->registry; }

  /// A client of a party, with pins of its own.
  service::client::Client client(const std::string& party) {
    service::ClientContext context;
    context.scheduler = scheduler_->door->address();
    context.scheduler_identity = identity("operator", crypto::Role::kScheduler);
    auto leaf =
        crypto::issue(authorities_.at(party), identity(party, crypto::Role::kClient), validity()).value();
    const auto base = folder_ / (party + "-" + std::to_string(clients_++));
    EXPECT_TRUE(leaf.key.write(base.string() + ".key"));
    EXPECT_TRUE(leaf.certificate.write(base.string() + ".pem"));
    context.tls = {base.string() + ".pem", base.string() + ".key", {folder_ / "bundles"}};
    context.pins = folder_ / (party + "-pins");
    context.retry_for = Millis(1000);
    return service::client::Client::open(context).value();
  }

  /// Makes and pins a device over all nodes, with these dealers or the one that the scheduler finds.
  service::Device make_device(service::client::Client& client, std::vector<PartyId> dealers = {}) {
    wire::CreateDevice request;
    request.name = DeviceId("demo");
    for (unsigned i = 0; i < nodes_; ++i) request.parties.emplace_back(party(i));
    request.dealers = std::move(dealers);
    auto device = client.scheduler<service::Device>(request);
    EXPECT_TRUE(device) << device.error().message();
    EXPECT_TRUE(client.pins()->add(device->name, digest(*device)));
    return *device;
  }

 private:
  static crypto::Validity validity() {
    static const auto now = SystemClock().unix_millis() / 1000;
    return {now - 3600, now + 86'400};
  }
  static crypto::Identity identity(const std::string& party, crypto::Role role) {
    return {PartyId(party), party + ".spud", role, NodeId(party + "-0")};
  }
  void add_party(const std::string& party) {
    auto authority = crypto::create_ca(PartyId(party), validity()).value();
    const crypto::TrustBundle bundle{PartyId(party), party + ".spud", {authority.certificate}};
    EXPECT_TRUE(bundle.write(folder_ / "bundles" / (party + ".pem")));
    authorities_.emplace(party, std::move(authority));
  }
  net::TlsContext context(const std::string& party, crypto::Role role) const {
    auto leaf = crypto::issue(authorities_.at(party), identity(party, role), validity()).value();
    return net::TlsContext::make(leaf, crypto::Trust::load(folder_ / "bundles").value()).value();
  }
  void announce(crypto::Role role, const std::string& party, const std::string& address,
                bool draining = false) {
    caf::scoped_actor self(scheduler_->system);
    auto announced = ask<wire::Heartbeat>(self, scheduler_->actor, Millis(10'000), identity(party, role),
                                          wire::Announce{address, "1", draining});
    EXPECT_TRUE(announced) << announced.error().message();
  }

  struct System {
    System() { config.set("scheduler.policy", caf::atom("sharing")).set("scheduler.max-threads", 2); }
    caf::actor_system_config config;
    SystemClock clock;
    metrics::Registry registry{{"test", "test"}};
    std::shared_ptr<Peers> peers = std::make_shared<Peers>(registry, clock);
  };

  struct Scheduler : System {
    explicit Scheduler(TestCluster& cluster)
        : store(store::Store::open(cluster.folder_ / "scheduler", kSchedulerFamilies).value()),
          setup{cluster.context("operator", crypto::Role::kScheduler),
                *store,
                clock,
                registry,
                {},
                Millis(500),
                Millis(3'600'000),
                kSilence,
                100},
          system(config) {
      setup.peers = peers;
      auto state = std::make_shared<SchedulerState>();
      EXPECT_TRUE(load(*state, setup));
      actor = system.spawn<caf::detached>(scheduler_actor, &setup, state);
      door = FrontDoor::open({"127.0.0.1", 0}, setup.tls, registry, {}, [this](const auto& link) {
               serve_scheduler(system, setup, actor, *link);
             }).value();
    }
    ~Scheduler() {
      door.reset();
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    std::unique_ptr<store::Store> store;
    SchedulerSetup setup;
    caf::actor_system system;
    SchedulerActor actor;
    std::unique_ptr<FrontDoor> door;
  };

  struct Dealer : System {
    Dealer(TestCluster& cluster, const std::string& party)
        : store(store::Store::open(cluster.folder_ / party, kDealerFamilies).value()),
          setup{cluster.context(party, crypto::Role::kDealer),
                *store,
                clock,
                random,
                registry,
                {},
                kSilence,
                1u << 20},
          system(config) {
      setup.peers = peers;
      actor = system.spawn<caf::detached>(
          dealer_actor, &setup,
          std::make_shared<DealerLedger>(load_ledger(*store, setup.tls.self(), clock).value()));
      door = FrontDoor::open({"127.0.0.1", 0}, setup.tls, registry, {}, [this](const auto& link) {
               serve_dealer(system, actor, setup, *link);
             }).value();
    }
    ~Dealer() {
      door.reset();
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    crypto::OsRandom random;
    std::unique_ptr<store::Store> store;
    DealerSetup setup;
    caf::actor_system system;
    DealerActor actor;
    std::unique_ptr<FrontDoor> door;
  };

  struct Node : System {
    Node(TestCluster& cluster, const std::string& party)
        : store(NodeStore::open(cluster.folder_ / party).value()),
          vault(service::stock::TapeVault::open(cluster.folder_ / party / service::stock::kVaultFolder,
                                                service::stock::StockKeys::of(stock_keys()),
                                                {1ull << 30, Millis(0), 0}, clock, random)
                    .value()),
          setup{cluster.context(party, crypto::Role::kCompute), *store,      clock,    random, registry,   {},
                identity("operator", crypto::Role::kScheduler), Millis(200), kSilence, false,  vault.get()},
          tapes(setup),
          desk(std::make_shared<ShareDesk>(setup)),
          system(config) {
      setup.peers = peers;
      looks.push_back(look_at_operations(registry, *setup.operations));
      looks.push_back(look_at_vault(registry, *vault));
      looks.push_back(look_at_stores(registry, {store->rows.get(), &vault->store()}));
      looks.push_back(look_at_tls(registry, setup.tls));
      EXPECT_TRUE(desk->load());
      shares = system.spawn<caf::detached>(share_store, &setup, desk);
      actor = system.spawn(compute_node, &setup, shares);
      door = FrontDoor::open({"127.0.0.1", 0}, setup.tls, registry, {}, [this](const auto& link) {
               NodeDoor way{system, actor, shares, registry, {}, &tapes};
               way.peers = peers.get();
               serve_node(way, link);
             }).value();
    }
    ~Node() {
      caf::anon_send(actor, GiveUp{});
      tapes.close();
      door.reset();
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(shares, caf::exit_reason::user_shutdown);
    }
    crypto::OsRandom random;
    static std::vector<Seed> stock_keys() {
      std::vector<Seed> keys(1);
      return keys;
    }
    std::unique_ptr<NodeStore> store;
    std::unique_ptr<service::stock::TapeVault> vault;
    NodeSetup setup;
    TapeDesk tapes;
    std::shared_ptr<ShareDesk> desk;
    caf::actor_system system;
    ShareStoreActor shares;
    ComputeNodeActor actor;
    std::unique_ptr<FrontDoor> door;
    std::vector<metrics::Registry::Looking> looks;
  };

  static inline unsigned made_ = 0;
  unsigned nodes_;
  unsigned clients_ = 0;
  std::filesystem::path folder_;
  std::map<std::string, crypto::Credential> authorities_;
  std::optional<Scheduler> scheduler_;
  std::map<std::string, std::unique_ptr<Dealer>> dealers_;
  std::map<unsigned, std::unique_ptr<Node>> running_;
};

}  // namespace spud::actors
