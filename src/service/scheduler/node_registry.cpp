// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/node_registry.hpp"

#include <algorithm>

namespace spud::service::scheduler {

void NodeRegistry::reload(wire::NodeRecord record) {
  auto identity = record.member.identity;
  nodes_[identity] = {std::move(record), false, std::nullopt};
}

Result<std::optional<wire::NodeRecord>> NodeRegistry::announce(const crypto::Identity& caller,
                                                               const wire::Announce& announce, Millis now) {
  if (caller.role != crypto::Role::kCompute && caller.role != crypto::Role::kDealer) {
    return fail(ErrorCode::kDenied, caller.str() + " cannot register", "announce",
                "a compute node or a dealer");
  }
  if (announce.address.empty()) return bad_input("no address", "announce", "host:port");
  wire::NodeRecord record{{caller.party, caller.name, caller.uri(), announce.address},
                          crypto::to_string(caller.role),
                          announce.compiler};
  auto& entry = nodes_[caller.uri()];
  const bool changed = entry.record.member != record.member || entry.record.compiler != record.compiler;
  entry = {std::move(record), announce.draining, now};
  if (!changed) return std::nullopt;
  return entry.record;
}

Status NodeRegistry::takes_work(const Entry& entry, Millis now) const {
  const auto& member = entry.record.member;
  auto absent = [&](std::string what) {
    return fail(ErrorCode::kUnavailable, std::move(what), entry.record.role + " " + member.node.str(), {},
                member.party.str());
  };
  if (!entry.heard) return absent("has not announced itself since the scheduler started");
  if (now - *entry.heard > silence_) {
    return absent("has been silent for " + std::to_string((now - *entry.heard).count()) + " ms");
  }
  if (entry.draining) return absent("is shutting down");
  return {};
}

wire::Nodes NodeRegistry::list(Millis now) const {
  wire::Nodes nodes;
  for (const auto& [identity, entry] : nodes_) {
    nodes.push_back({entry.record.member, entry.record.role, entry.record.compiler, entry.draining,
                     entry.heard ? (now - *entry.heard).count() : -1});
  }
  return nodes;
}

Result<Member> NodeRegistry::choose(const PartyId& party, crypto::Role role, Millis now,
                                    const std::vector<Member>& others) const {
  std::optional<Error> reason;
  for (const auto& [identity, entry] : nodes_) {
    if (entry.record.member.party != party || entry.record.role != crypto::to_string(role)) continue;
    const bool taken = std::any_of(others.begin(), others.end(),
                                   [&, id = identity](const Member& other) { return other.identity == id; });
    if (taken) continue;
    auto able = takes_work(entry, now);
    if (able) return entry.record.member;
    reason = able.error();
  }
  if (reason) return std::unexpected(*reason);
  return fail(ErrorCode::kUnavailable, std::string("no ") + crypto::to_string(role) + " node has registered",
              "party " + party.str(), {}, party.str(), "start one, with this scheduler in its configuration");
}

Result<Member> NodeRegistry::choose_dealer(const std::vector<PartyId>& busy, Millis now) const {
  for (const auto& [identity, entry] : nodes_) {
    const auto& party = entry.record.member.party;
    if (entry.record.role != crypto::to_string(crypto::Role::kDealer)) continue;
    if (std::find(busy.begin(), busy.end(), party) != busy.end()) continue;
    if (takes_work(entry, now)) return entry.record.member;
  }
  return fail(ErrorCode::kUnavailable, "no dealer of a party that does not compute", "device", {}, {},
              "start a dealer at another party; whoever deals must not compute");
}

Result<Member> NodeRegistry::reach(const Member& member, Millis now) const {
  auto found = nodes_.find(member.identity);
  if (found == nodes_.end()) {
    return fail(ErrorCode::kUnavailable, "has never announced itself", "node " + member.node.str(), {},
                member.party.str());
  }
  SPUD_TRY(takes_work(found->second, now));
  return found->second.record.member;
}

Result<Member> NodeRegistry::reach_dealer(const Device& device, Millis now, const std::string& last) const {
  std::vector<const Member*> dealers;
  for (const auto& dealer : device.dealers) dealers.push_back(&dealer);
  std::stable_partition(dealers.begin(), dealers.end(),
                        [&](const Member* dealer) { return dealer->identity != last; });
  std::string reasons;
  for (const auto* dealer : dealers) {
    auto reached = reach(*dealer, now);
    if (reached || dealers.size() == 1) return reached;
    reasons += (reasons.empty() ? "" : "; ") + dealer->node.str() + " " + reached.error().what;
  }
  const std::string where = "device " + device.name.str();
  if (dealers.empty()) return fail(ErrorCode::kUnsupported, "no dealer", where);
  return fail(ErrorCode::kUnavailable, "none of its dealers takes work: " + reasons, where, {},
              device.dealers.front().party.str());
}

void NodeRegistry::locate(Device& device, Millis now) const {
  for (auto* members : {&device.compute, &device.dealers}) {
    for (auto& member : *members) {
      if (auto reached = reach(member, now)) member.address = reached->address;
    }
  }
}

std::string NodeRegistry::compiler(const Member& member) const {
  auto found = nodes_.find(member.identity);
  return found == nodes_.end() ? std::string() : found->second.record.compiler;
}

}  // namespace spud::service::scheduler
