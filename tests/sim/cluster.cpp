// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/cluster.hpp"

#include "base/crash_point.hpp"

namespace spud::sim {

namespace {

constexpr Millis kTrouble{90'000};
constexpr Millis kPatience{30 * 60'000};

crypto::Identity who(const std::string& party, crypto::Role role, const std::string& name) {
  return {PartyId(party), party + ".spud", role, NodeId(name)};
}

service::Member member(const Process& process) {
  const auto& identity = process.identity();
  return {identity.party, identity.name, identity.uri(), "host:1"};
}

const char* const kParties[] = {"alice", "bob", "chloe"};

}  // namespace

Cluster::Cluster(std::uint64_t seed, Defect defect, bool print) : world_(seed, defect, print) {
  const auto home = scratch_.path();
  const unsigned parties = world_.draws.chance(0.3) ? 3 : 2;
  for (unsigned i = 0; i < parties; ++i) {
    const std::string party = kParties[i];
    nodes_.push_back(
        std::make_unique<Node>(world_, who(party, crypto::Role::kCompute, party + "-0"), home, directory_));
    directory_.nodes[nodes_.back()->identity().uri()] = nodes_.back().get();
    all_.push_back(nodes_.back().get());
  }
  dealer_ = std::make_unique<Dealer>(world_, who("dora", crypto::Role::kDealer, "dora-0"), home, directory_);
  directory_.dealers[dealer_->identity().uri()] = dealer_.get();
  all_.push_back(dealer_.get());
  devices_ = devices(parties);
  scheduler_ = std::make_unique<Scheduler>(world_, who("dora", crypto::Role::kScheduler, "scheduler"), home,
                                           directory_, devices_);
  directory_.scheduler = scheduler_.get();
  all_.push_back(scheduler_.get());
  for (const auto* party : {"alice", "bob"}) {
    clients_.push_back(std::make_unique<Client>(
        world_, who(party, crypto::Role::kClient, std::string(party) + "-client"), home, directory_));
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
  Device device;
  device.name = DeviceId("one");
  device.format = {64, 18};
  device.owner = PartyId("alice");
  device.dealers = {member(*dealer_)};
  for (unsigned i = 0; i < parties; ++i) device.compute.push_back(member(*nodes_[i]));
  std::vector<Device> all{device};
  if (world_.draws.chance(0.4)) {
    device.name = DeviceId("two");
    device.compute = {member(*nodes_[1]), member(*nodes_[0])};
    all.push_back(device);
  }
  return all;
}

Outcome Cluster::run() {
  for (auto* process : all_) process->start();
  for (auto& client : clients_) client->start();
  clients_begin();
  trouble();
  world_.after(kTrouble, [this] { calm_down(); });
  while (world_.now() < kTrouble + kPatience && !(!world_.faults && drained()) && world_.step()) {
  }
  auto& oracle = world_.oracle;
  if (oracle.objections().empty() && !drained()) {
    std::string open;
    for (const auto& client : clients_) open += client->open_jobs() + " ";
    oracle.object("the queue does not drain: " + open);
  }
  for (const auto& [client, job] : last_wishes_) {
    if (oracle.objections().empty() && !client->had(job))
      oracle.object("job " + job.str() + " fails in good weather");
  }
  return {oracle.objections(), world_.history(), world_.tally};
}

void Cluster::clients_begin() {
  auto& draws = world_.draws;
  for (const auto& device : devices_) {
    auto* client = clients_[draws.between(0, 1)].get();
    const auto runs = static_cast<std::uint32_t>(draws.between(1, 4));
    client->run([&] { client->order(device, runs); });
    if (draws.chance(0.7)) client->run([&] { client->target(device, 2); });
    if (draws.chance(0.1))
      client->after(Millis(draws.between(10'000, 80'000)), [client, device] { client->drop(device); });
  }
  const auto jobs = draws.between(6, 12);
  for (unsigned i = 0; i < jobs; ++i) {
    auto* client = clients_[draws.between(0, 1)].get();
    const auto& device = devices_[draws.between(0, devices_.size() - 1)];
    JobRequest request;
    request.id = JobId("j" + std::to_string(i));
    request.device = device.name;
    request.device_digest = digest(device);
    request.program = service::digest_fields("program", {});
    request.outputs = {{"out0", PartyId("alice")}};
    request.supply = draws.chance(0.5)   ? service::Supply::kStock
                     : draws.chance(0.8) ? service::Supply::kAny
                                         : service::Supply::kLive;
    const Millis when(draws.between(100, 60'000));
    client->after(when, [client, request] { client->want(request); });
    if (draws.chance(0.1))
      client->after(when + Millis(draws.between(500, 8000)),
                    [client, id = request.id] { client->give_up(id); });
    if (request.supply == service::Supply::kStock && draws.chance(0.5))
      client->after(when, [client, device] { client->order(device, 1); });
    if (draws.chance(0.2))  // impatient
      client->after(when + Millis(draws.between(1, 3000)), [client, id = request.id] { client->submit(id); });
  }
}

std::vector<Process*> Cluster::some() {
  auto& draws = world_.draws;
  switch (draws.between(0, 3)) {
    case 0:
      return all_;
    case 1: {
      std::vector<Process*> nodes;
      for (auto& node : nodes_) nodes.push_back(node.get());
      return nodes;
    }
    default:
      return {all_[draws.between(0, all_.size() - 1)]};
  }
}

void Cluster::crash(const std::vector<Process*>& who) {
  if (who.size() > 1) ++world_.tally.power_failures;
  for (auto* process : who) process->crash(who.size() > 1 ? "with others" : "alone");
}

void Cluster::back_up(const std::vector<Process*>& who) {
  for (auto* process : who) process->stop();
  for (auto* process : who) {
    if (process->up()) continue;
    process->back_up();
    process->start_soon();
  }
}

void Cluster::restore(const std::vector<Process*>& who) {
  for (auto* process : who) {
    if (!process->has_backup()) continue;
    process->crash("for good");
    process->stop();
    process->restore();
    process->start_soon();
  }
}

void Cluster::trouble() {
  auto& draws = world_.draws;
  world_.after(Millis(draws.between(2000, 12'000)), [this] {
    if (!world_.faults) return;
    const auto who = some();
    const auto what = world_.draws.between(0, 9);
    if (what < 4) {
      crash(who);
    } else if (what < 7) {
      back_up(who);
    } else {
      restore(who);
    }
    trouble();
  });
}

void Cluster::calm_down() {
  world_.note("the weather is good from here on");
  world_.faults = false;
  world_.hostile = false;
  for (auto* process : all_) process->start_soon();
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const auto& device = devices_[i];
    auto* client = clients_.front().get();
    client->after(Millis(20'000), [this, client, device, i] {
      client->target(device, 2);
      client->order(device, 1);
      for (auto supply : {service::Supply::kStock, service::Supply::kLive}) {
        JobRequest request;
        request.id = JobId("last" + std::to_string(i) + service::to_string(supply));
        request.device = device.name;
        request.device_digest = digest(device);
        request.program = service::digest_fields("program", {});
        request.outputs = {{"out0", PartyId("alice")}};
        request.supply = supply;
        last_wishes_.emplace_back(client, request.id);
        client->want(request);
      }
    });
  }
}

bool Cluster::drained() const {
  return !last_wishes_.empty() && std::all_of(clients_.begin(), clients_.end(),
                                              [](const auto& client) { return client->satisfied(); });
}

}  // namespace spud::sim
