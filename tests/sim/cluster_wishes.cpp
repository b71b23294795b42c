// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/sim/cluster.hpp"

namespace spud::sim {

namespace {

const char* const kOwners[] = {"alice", "bob"};  // and chloe, where the layout lets her
const char* const kRecipients[] = {"alice", "bob", "chloe"};
constexpr std::uint64_t kUses = 2;
constexpr std::uint64_t kLargest = 1'000'000'000;
constexpr std::uint64_t kWhen = 70'000;  // so long new jobs come
constexpr Millis kPatience{8000};

std::vector<PartyId> holders(const Device& device) {
  std::vector<PartyId> all;
  for (const auto& member : device.compute) all.push_back(member.party);
  std::sort(all.begin(), all.end());
  return all;
}

JobRequest request_for(const std::string& id, const Device& device) {
  JobRequest request;
  request.id = JobId(id);
  request.device = device.name;
  request.device_digest = digest(device);
  request.program = program_digest();
  return request;
}

void add_input(JobPlan& plan, const DatasetPlan& data) {
  plan.request.inputs.push_back({"in" + std::to_string(plan.request.inputs.size()), data.name});
  plan.sum.resize(data.values.size());
  for (std::size_t i = 0; i < plan.sum.size(); ++i) plan.sum[i] += data.values[i];
}

void add_output(JobPlan& plan, const std::string& recipient) {
  plan.request.outputs.push_back({"out" + std::to_string(plan.request.outputs.size()), PartyId(recipient)});
}

}  // namespace

void Cluster::plan_data() {
  auto& draws = world_.draws;
  for (const auto& device : devices_) {
    std::vector<std::string> owners(std::begin(kOwners), std::end(kOwners));
    if (device.layout != service::Layout::kColocated || device.parties() > owners.size())
      owners.emplace_back("chloe");
    const auto known = [&](const std::string& name, const std::string& owner) {
      DatasetPlan plan{DatasetId(name + "-" + device.name.str()), device, {}, {}};
      for (unsigned i = 0; i < 3; ++i)
        plan.values.push_back(static_cast<std::int64_t>(draws.between(0, kLargest)));
      plan.policy = {holders(device), true, {}, {}, 0, 0};
      for (const auto* recipient : kRecipients) plan.policy.recipients.emplace_back(recipient);
      return Known{plan, owner};
    };
    const auto count = draws.between(2, 4);
    for (unsigned i = 0; i < count; ++i)
      data_[device.name].push_back(
          known("d" + std::to_string(i), owners[draws.between(0, owners.size() - 1)]));
    auto own = known("own", "alice");
    own.plan.policy.recipients = {PartyId("alice")};
    auto sealed = known("sealed", "bob");
    sealed.plan.policy.any_program = false;
    sealed.plan.policy.programs = {service::digest_fields("another program", {})};
    auto few = known("few", "bob");
    few.plan.policy.uses = kUses;
    auto brief = known("brief", "alice");
    auto against = known("against", kOwners[draws.between(0, 1)]);
    against.plan.against_layout = true;
    std::vector<Known> special{own, sealed, few, brief};
    // What is kept on a hybrid device may as well be shared.
    if (device.layout != service::Layout::kHybrid) special.push_back(against);
    for (auto& one : special) special_.push_back(one);
    for (const auto& one : data_[device.name]) {
      client(one.owner).after(Millis(draws.between(1, 4000)),
                              [this, one] { client(one.owner).push(one.plan); });
    }
    for (const auto& one : special) {
      client(one.owner).after(Millis(draws.between(1, 30'000)),
                              [this, one] { client(one.owner).push(one.plan); });
    }
    client("alice").after(Millis(draws.between(30'000, 85'000)),
                          [this, name = brief.plan.name] { client("alice").take_back(name); });
  }
}

void Cluster::plan_stock() {
  auto& draws = world_.draws;
  for (const auto& device : devices_) {
    auto& who = client(kOwners[draws.between(0, 1)]);
    const auto runs = static_cast<std::uint32_t>(draws.between(1, 4));
    who.run([&] { who.order(device, runs); });
    if (draws.chance(0.7)) who.run([&] { who.target(device, 2); });
    if (draws.chance(0.1))
      who.after(Millis(draws.between(10'000, 80'000)), [&who, device] { who.drop(device); });
  }
}

JobPlan Cluster::plan_job(const std::string& id, const Device& device) {
  auto& draws = world_.draws;
  JobPlan plan{request_for(id, device), device, {}};
  const auto& data = data_.at(device.name);
  const auto inputs = draws.between(1, 3);
  for (unsigned i = 0; i < inputs; ++i) add_input(plan, data[draws.between(0, data.size() - 1)].plan);
  const auto outputs = draws.between(1, 2);
  for (unsigned i = 0; i < outputs; ++i) add_output(plan, kRecipients[draws.between(0, 2)]);
  return plan;
}

void Cluster::plan_jobs() {
  auto& draws = world_.draws;
  for (unsigned i = 0; i < jobs_; ++i) {
    auto& who = client(kOwners[draws.between(0, 1)]);
    const auto& device = devices_[draws.between(0, devices_.size() - 1)];
    auto plan = plan_job("j" + std::to_string(i), device);
    const auto id = plan.request.id;
    plan.request.supply = draws.chance(0.5)   ? service::Supply::kStock
                          : draws.chance(0.8) ? service::Supply::kAny
                                              : service::Supply::kLive;
    // Thousands of tapes would be another test.
    if (world_.patience > 1) plan.request.supply = service::Supply::kAny;
    const Millis when(draws.between(3000, kWhen));
    plan.request.priority = static_cast<std::int32_t>(draws.between(0, 2)) - 1;
    plan.request.max_attempts = static_cast<std::uint32_t>(draws.between(1, 5));
    if (draws.chance(0.1)) {
      plan.limited = true;
      plan.request.deadline_unix_millis =
          world_.clock.unix_millis() + (when + Millis(draws.between(500, 30'000))).count();
    }
    who.after(when, [&who, plan] { who.want(plan); });
    if (draws.chance(0.1))
      who.after(when + Millis(draws.between(500, 8000)), [&who, id] { who.give_up(id); });
    if (plan.request.supply == service::Supply::kStock && draws.chance(0.5))
      who.after(when, [&who, device] { who.order(device, 1); });
    if (draws.chance(0.2))  // impatient
      who.after(when + Millis(draws.between(1, 3000)), [&who, id] { who.submit(id); });
    if (!draws.chance(0.3)) continue;
    auto& other = client(kRecipients[draws.between(0, 2)]);
    if (&other != &who)
      other.after(when + Millis(draws.between(100, 20'000)), [&other, plan] { other.intrude(plan); });
  }
  unsigned number = 0;
  for (const auto& device : devices_) {
    plan_forbidden(device, number);
    plan_against_layout(device, number++);
  }
}

const Cluster::Known* Cluster::find_special(const std::string& name, const Device& device) const {
  const auto found = std::find_if(special_.begin(), special_.end(), [&](const Known& known) {
    return known.plan.name == DatasetId(name + "-" + device.name.str());
  });
  return found == special_.end() ? nullptr : &*found;
}

/// Jobs that read what is not where the layout has it, beside what is; and data that is said to be kept by
/// another party's node.
void Cluster::plan_against_layout(const Device& device, unsigned number) {
  auto& draws = world_.draws;
  if (const auto* against = find_special("against", device)) {
    JobPlan plan{request_for("no-layout" + std::to_string(number), device), device, {}};
    add_input(plan, data_.at(device.name).front().plan);
    add_input(plan, against->plan);
    add_output(plan, "alice");
    plan.forbidden = true;
    client("alice").after(Millis(draws.between(30'000, kWhen)), [this, plan] { client("alice").want(plan); });
  }
  if (!draws.chance(0.5)) return;
  auto plan = find_special("sealed", device)->plan;
  plan.name = DatasetId("misplaced-" + device.name.str());
  client("bob").after(Millis(draws.between(5000, kWhen)), [this, plan] { client("bob").misplace(plan); });
}

/// Jobs that no node may run, and more than a policy allows.
void Cluster::plan_forbidden(const Device& device, unsigned number) {
  auto& draws = world_.draws;
  const auto special = [&](const std::string& name) { return find_special(name, device)->plan; };
  for (const std::string name : {"own", "sealed"}) {
    JobPlan plan{request_for("no-" + name + std::to_string(number), device), device, {}};
    add_input(plan, special(name));
    add_output(plan, "bob");
    plan.forbidden = true;
    client("bob").after(Millis(draws.between(10'000, kWhen)), [this, plan] { client("bob").want(plan); });
  }
  for (unsigned i = 0; i <= kUses; ++i) {
    JobPlan plan{request_for("few" + std::to_string(i) + "-" + std::to_string(number), device), device, {}};
    add_input(plan, special("few"));
    add_output(plan, "bob");
    plan.limited = true;
    client("bob").after(Millis(draws.between(10'000, kWhen)) + kPatience,
                        [this, plan] { client("bob").want(plan); });
  }
}

}  // namespace spud::sim
