// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/cluster.hpp"

#include <algorithm>

#include "base/crash_point.hpp"
#include "tests/sim/pki.hpp"

namespace spud::sim {

namespace {

constexpr Millis kTrouble{90'000};
constexpr Millis kPatience{30 * 60'000};
constexpr unsigned kMany = 100;
constexpr std::size_t kJobsPerLook = 200;

service::Member member(const Process& process) {
  const auto& identity = process.identity();
  return {identity.party, identity.name, identity.uri(), "host:1"};
}

const char* const kParties[] = {"alice", "bob", "chloe"};

}  // namespace

Cluster::Cluster(std::uint64_t seed, const Options& options)
    : world_(seed, options.defect, options.trace), jobs_(options.jobs) {
  const auto home = scratch_.path();
  world_.live_in(home.string());
  auto& draws = world_.draws;
  const unsigned parties = draws.chance(0.3) ? 3 : 2;
  // Now and then there is a node that is no part of any device.
  const unsigned nodes = draws.chance(0.3) ? 3 : parties;
  if (jobs_ == 0) jobs_ = static_cast<unsigned>(draws.between(10, 20));
  if (jobs_ > kMany) world_.patience = 1 + static_cast<int>(jobs_ / kJobsPerLook);
  for (unsigned i = 0; i < nodes; ++i) {
    const std::string party = kParties[i];
    const auto identity = identity_of(party, crypto::Role::kCompute, party + "-0");
    nodes_.push_back(std::make_unique<Node>(world_, identity, home, directory_));
    directory_.nodes[identity.uri()] = nodes_.back().get();
    all_.push_back(nodes_.back().get());
  }
  const std::vector<std::string> dealers{"dora", "erin"};
  const std::size_t dealing = draws.chance(0.5) ? 2 : 1;
  for (std::size_t i = 0; i < dealing; ++i) {
    const auto identity = identity_of(dealers[i], crypto::Role::kDealer, dealers[i] + "-0");
    dealers_.push_back(std::make_unique<Dealer>(world_, identity, home, directory_));
    directory_.dealers[identity.uri()] = dealers_.back().get();
    all_.push_back(dealers_.back().get());
  }
  devices_ = devices(parties);
  scheduler_ = std::make_unique<Scheduler>(world_, identity_of("dora", crypto::Role::kScheduler, "scheduler"),
                                           home, directory_, devices_);
  directory_.scheduler = scheduler_.get();
  all_.push_back(scheduler_.get());
  for (const std::string party : kParties) {
    clients_.push_back(std::make_unique<Client>(
        world_, identity_of(party, crypto::Role::kClient, party + "-client"), home, directory_));
    directory_.clients[party] = clients_.back().get();
  }
  on_crash_point([this](const std::string& label) {
    if (!world_.faults || world_.current == nullptr) return;
    world_.tally.points[label];
    if (!world_.draws.chance(world_.weather.crash_at_point)) return;
    ++world_.tally.points[label];
    world_.current->die_here(label);
  });
}

Cluster::~Cluster() {
  on_crash_point({});
  for (auto* process : all_) process->stop();
}

std::vector<Device> Cluster::devices(unsigned parties) {
  const auto layout = [this] { return static_cast<service::Layout>(world_.draws.between(1, 3)); };
  Device device;
  device.name = DeviceId("one");
  device.format = {64, 18};
  device.owner = PartyId("alice");
  device.layout = layout();
  for (const auto& dealer : dealers_) device.dealers.push_back(member(*dealer));
  for (unsigned i = 0; i < parties; ++i) device.compute.push_back(member(*nodes_[i]));
  std::vector<Device> all{device};
  if (world_.draws.chance(0.4)) {
    device.name = DeviceId("two");
    device.layout = layout();
    std::reverse(device.dealers.begin(), device.dealers.end());
    device.compute = {member(*nodes_[1]), member(*nodes_[0])};
    all.push_back(device);
  }
  return all;
}

Outcome Cluster::run() {
  for (auto* process : all_) process->start();
  for (auto& client : clients_) client->start();
  plan_data();
  plan_stock();
  plan_jobs();
  trouble();
  world_.after(kTrouble, [this] { calm_down(); });
  while (world_.now() < kTrouble + kPatience && !(!world_.faults && drained()) && world_.step()) {
  }
  check_jobs();
  check_results();
  check_nodes();
  check_uploads();
  return {world_.oracle.objections(), world_.history(), world_.tally};
}

}  // namespace spud::sim
